"""Who and what the deeds of the year have to do with, how somebody is found for one, and what to look at afterwards."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import msgspec

from points_bank.database import Database
from points_bank.demo.counter import Counter
from points_bank.demo.district import Community, District
from points_bank.demo.people import Resident
from points_bank.demo.plan import Reasons
from points_bank.demo.sheets import ApprovedLine, Logbook
from points_bank.rules.rule_set import ServiceRole

SETTLED_FOR_SURE = timedelta(days=30)
"""No notice lasts that long, whatever the holidays."""
UNDER_NOTICE_FOR_SURE = timedelta(days=2)
"""A sheet that is entered at once is approved on the next day; three full working days are longer than this."""

Deed = Callable[[date], Coroutine[None, None, None]]
Deeds = Mapping[int, Sequence[Deed]]
"""What is done in the afternoon, by how many days before the end."""


@dataclass(slots=True)
class Examples:
    """One of each thing there is to see, by its id (a certificate by its number); 0 until it has come about.

    The reviewed, objected and called-back things are activities and participations; `told_waiting_id` is a place in a
    waiting list whose owner was told that the goods are there, `open_waiting_id` one of somebody who still waits.
    """

    open_objection_line_id: int = 0
    upheld_objection_line_id: int = 0
    dismissed_objection_line_id: int = 0
    flagged_activity_id: int = 0
    open_review_id: int = 0
    decided_review_id: int = 0
    suspended_member_id: int = 0
    proposed_suspension_member_id: int = 0
    granted_member_id: int = 0
    proposed_grant_id: int = 0
    merged_member_id: int = 0
    twin_member_id: int = 0
    household_id: int = 0
    pooled_redemption_id: int = 0
    proxy_redemption_id: int = 0
    refunded_redemption_id: int = 0
    proposed_write_off_id: int = 0
    confirmed_write_off_id: int = 0
    told_waiting_id: int = 0
    open_waiting_id: int = 0
    extension_order_id: int = 0
    reinstated_member_id: int = 0
    certificate_no: str = ""
    announced_certificate_no: str = ""
    revoked_certificate_no: str = ""


class Neighbourhood(msgspec.Struct, frozen=True):
    """The district with its people, its desks and its sheets. Of those in `doubted` a line was put in question."""

    database: Database
    district: District
    reasons: Reasons
    rng: Random
    residents: list[Resident]
    logbook: Logbook
    counter: Counter
    last_on: date
    examples: Examples = msgspec.field(default_factory=Examples)
    doubted: set[int] = msgspec.field(default_factory=set)

    @property
    def communities(self) -> Sequence[Community]:
        return list(self.district.communities.values())

    @property
    def sample(self) -> Resident:
        """The member that is shown."""
        return next(each for each in self.residents if each.person.is_sample)

    def community_of(self, resident: Resident) -> Community:
        return self.counter.community(resident)

    def resident(self, member_id: int) -> Resident:
        return next(each for each in self.residents if each.id == member_id)

    def people(self, place: int | None = None) -> list[Resident]:
        """Who is here and grown up, with a card, and has no part yet; of that community, counted from 0."""
        return [each for each in self._everybody(place) if not each.person.is_core]

    def somebody(self, place: int | None = None, *, serves: bool = False) -> Resident:
        """One of these people by chance, who now has a part; one who takes part in activities, if asked for."""
        chosen = self.rng.choice([each for each in self.people(place) if each.person.eagerness > 0 or not serves])
        chosen.has_part = True
        return chosen

    async def saver(self, on: date, place: int | None = None) -> Resident:
        """One of these people who has enough to exchange; rather one who does not take something every month.

        Where nobody has, it is one of the few who give most of the time, or somebody of the other community.
        """
        purses = await self.counter.full_purses(self._everybody(place), on)
        purses = purses or await self.counter.full_purses(self._everybody(), on)
        ordinary = [each for each in purses if not each.resident.person.is_core]
        hoarders = [each for each in ordinary if not each.resident.person.is_spender]
        return self.rng.choice(hoarders or ordinary or purses).resident

    def settled(self, on: date, least_points: int) -> list[ApprovedLine]:
        """Settled lines of service with so many points, of people who are here and of whom none was doubted."""
        return [
            line
            for line in self._undoubted(self.residents)
            if line.role is ServiceRole.SERVICE and line.points >= least_points and on - line.on >= SETTLED_FOR_SURE
        ]

    def under_notice(self, on: date, place: int) -> list[ApprovedLine]:
        """Lines that are under notice in a community, of ordinary people of whom none was doubted."""
        code = self.communities[place].branch.code
        return [
            line
            for line in self._undoubted(self.people())
            if line.community == code and on - line.on <= UNDER_NOTICE_FOR_SURE
        ]

    def doubt(self, line: ApprovedLine) -> ApprovedLine:
        """Put a line in question, so that no other line of that person is."""
        self.doubted.add(line.member_id)
        return line

    def _everybody(self, place: int | None = None) -> list[Resident]:
        """These people, and the few who give most of the time."""
        code = None if place is None else self.communities[place].branch.code
        return [
            each
            for each in self.residents
            if each.is_here
            and each.card_no
            and not (each.has_part or each.person.is_sample or each.person.is_twin or each.person.is_child)
            and code in {None, each.community}
        ]

    def _undoubted(self, residents: Collection[Resident]) -> list[ApprovedLine]:
        asked = {each.id for each in residents if each.is_here and not each.person.is_sample} - self.doubted
        return [line for line in self.logbook.approved if line.member_id in asked]
