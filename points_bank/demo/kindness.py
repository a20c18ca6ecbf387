"""Points that are given: to the help pool, from it to somebody in need, and from one member to another."""

from datetime import date

from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.people import Resident
from points_bank.gifts.donating import HELP_POOL, donate, donate_own
from points_bank.gifts.granting import approve_grant, propose_grant

DONATED_POINTS, GRANTED_POINTS, GIVEN_POINTS, PASSED_ON_POINTS = 50, 40, 30, 20


class Kindness:
    """The deeds of those who have enough."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self._grant_id = 0
        self.deeds: Deeds = {
            50: [self.donate_at_the_desk, self.donate_from_a_phone],
            35: [self.propose_a_grant],
            34: [self.grant],
            20: [self.give_to_the_sample],
            11: [self.pass_on_to_a_neighbour],
            4: [self.propose_another_grant],
        }

    async def donate_at_the_desk(self, on: date) -> None:
        giver = await self._here.saver(on, 0)
        by = self._here.community_of(giver).clerk
        await self._write(donate, giver.id, points=DONATED_POINTS, to=HELP_POOL, by=by)

    async def donate_from_a_phone(self, on: date) -> None:
        giver = await self._here.saver(on, 0)
        await self._write(donate_own, points=DONATED_POINTS, to=HELP_POOL, by=giver.actor)

    async def propose_a_grant(self, on: date) -> None:
        resident = self._here.somebody(0)
        self._grant_id = await self._propose(resident, self._here.reasons.after_surgery)
        self._here.examples.granted_member_id = resident.id

    async def grant(self, on: date) -> None:
        await self._write(approve_grant, self._grant_id, by=self._here.communities[0].approver)

    async def propose_another_grant(self, on: date) -> None:
        """One that waits for the second person."""
        grant_id = await self._propose(self._here.somebody(0), self._here.reasons.in_need)
        self._here.examples.proposed_grant_id = grant_id

    async def give_to_the_sample(self, on: date) -> None:
        giver = await self._here.saver(on, 0)
        await self._write(donate_own, points=GIVEN_POINTS, to=self._here.sample.card_no, by=giver.actor)

    async def pass_on_to_a_neighbour(self, on: date) -> None:
        neighbour = self._here.rng.choice(self._here.people(0))
        await self._write(donate_own, points=PASSED_ON_POINTS, to=neighbour.card_no, by=self._here.sample.actor)

    async def _propose(self, resident: Resident, reason: str) -> int:
        community = self._here.community_of(resident)
        grant = await self._write(
            propose_grant, branch_id=community.branch.id, member_id=resident.id, points=GRANTED_POINTS,
            reason=reason, by=community.recorder,
        )  # fmt: skip
        return grant.id
