"""What happens at the office now and then: cards, moves, consents, closings, corrections, stock."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date, timedelta
from random import Random

from points_bank.activities.correction import approve_correction, propose_correction
from points_bank.database import Database
from points_bank.demo.counter import Counter
from points_bank.demo.district import District
from points_bank.demo.people import Resident
from points_bank.demo.plan import Reasons
from points_bank.demo.sheets import ApprovedLine, Logbook
from points_bank.members.cards import issue_card, report_loss
from points_bank.members.consents import withdraw_consent
from points_bank.members.models import Purpose
from points_bank.members.moving import move_member
from points_bank.passbook.closing import close_passbook
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.reservation import collect_reservation, reservation_code
from points_bank.rules.rule_set import ServiceRole

SETTLED_FOR_SURE = timedelta(days=30)
"""No notice lasts that long, whatever the holidays."""
CORRECTABLE_POINTS, CORRECTED_MINUTES = 30, 60
OVERSPENT_POINTS = 15

Deed = Callable[[date], Coroutine[None, None, None]]


BESIDES_DESK_DAYS = 8
"""How many redemptions the office's deeds come to: reservations, and two baskets too full."""


class Office:
    """The deeds of the year by how many days before its end they are done, in the afternoon."""

    def __init__(
        self,
        database: Database,
        district: District,
        reasons: Reasons,
        rng: Random,
        *,
        residents: Sequence[Resident],
        logbook: Logbook,
        counter: Counter,
    ) -> None:
        self._database, self._district, self._reasons, self._rng = database, district, reasons, rng
        self._residents, self._logbook, self._counter = residents, logbook, counter
        self._reserved: list[tuple[Resident, Ordered]] = []
        self._corrected: set[int] = set()
        self.deeds: dict[int, Deed] = {
            200: self.close_a_passbook,
            150: self.move_somebody,
            120: self.replace_a_card,
            100: self.withdraw_a_consent,
            60: self.award_what_was_missed,
            45: self.reserve_something,  # nobody comes for it, so that it runs out
            25: self.reserve_something,
            24: self.take_back_what_was_too_much,
            21: self.collect_a_reservation,
            18: self.reserve_something,
            12: self.overspend,
            9: self.overspend,
            8: self.reserve_something,
            7: self.lose_a_card,
            6: self.reserve_something,
            5: self.cancel_a_reservation,
            4: self.reserve_from_a_phone,
            3: self.count_goods,
            2: self.propose_a_correction,
        }

    async def close_a_passbook(self, on: date) -> None:
        resident = self._somebody()
        by = self._district.communities[resident.community].recorder
        await self._database.write(close_passbook, resident.id, reason=self._reasons.closing, by=by)
        resident.is_here = False

    async def move_somebody(self, on: date) -> None:
        resident = self._somebody()
        old = self._district.communities[resident.community]
        new = next(each for each in self._district.communities.values() if each != old)
        branch_id = self._rng.choice(new.estates).id
        await self._database.write(move_member, resident.id, branch_id=branch_id, on=on, by=old.recorder)
        resident.community = new.branch.code

    async def replace_a_card(self, on: date) -> None:
        resident = self._somebody()
        by = self._district.communities[resident.community].recorder
        await self._database.write(report_loss, resident.id, by=by)
        resident.card_no = (await self._database.write(issue_card, resident.id, by=by)).card_no

    async def lose_a_card(self, on: date) -> None:
        resident = self._somebody()
        by = self._district.communities[resident.community].clerk
        await self._database.write(report_loss, resident.id, by=by)
        resident.card_no = ""

    async def withdraw_a_consent(self, on: date) -> None:
        agreed = [each for each in self._residents if each.is_here and Purpose.BOARDS in each.person.consents]
        resident = self._rng.choice([each for each in agreed if each.person.eagerness > 0])
        await self._database.write(withdraw_consent, resident.id, Purpose.BOARDS, by=resident.actor)

    async def award_what_was_missed(self, on: date) -> None:
        """Somebody stayed longer than was entered: 150 minutes became 60."""
        lines = [line for line in self._correctable(on, 1) if line.minutes == CORRECTED_MINUTES]
        await self._correct(self._rng.choice(lines), 2 * CORRECTED_MINUTES, self._reasons.too_short)

    async def take_back_what_was_too_much(self, on: date) -> None:
        """Somebody left early."""
        line = self._rng.choice(self._correctable(on))
        await self._correct(line, CORRECTED_MINUTES, self._reasons.too_long)

    async def overspend(self, on: date) -> None:
        """Somebody exchanges nearly all they have, and then a line turns out to be wrong: the balance is below 0."""
        lines = self._correctable(on, OVERSPENT_POINTS)
        purses = await self._counter.purses(self._residents, on)
        purses.sort(key=lambda each: (each.resident.person.is_core, each.spendable_points))
        for purse in filter(self._counter.suffices, purses):
            goods, cost_points = await self._counter.most_for(purse)
            own = [line for line in lines if line.member_id == purse.resident.id]
            too_much = [line for line in own if line.points > purse.spendable_points - cost_points]
            if too_much:
                await self._counter.redeem(purse.resident, goods, on)
                await self._correct(too_much[0], 0, self._reasons.not_there)
                return

    async def propose_a_correction(self, on: date) -> None:
        """One that waits for the second person."""
        line = self._rng.choice(self._correctable(on))
        await self._propose(line, CORRECTED_MINUTES, self._reasons.too_long)

    async def reserve_something(self, on: date) -> None:
        resident = await self._reserver(on)
        self._reserved.append((resident, await self._counter.reserve(resident, on)))

    async def reserve_from_a_phone(self, on: date) -> None:
        await self._counter.reserve(await self._reserver(on), on, by_phone=True)

    async def collect_a_reservation(self, on: date) -> None:
        resident, ordered = self._reserved.pop()
        code = await self._database.read(reservation_code, ordered.id)
        by = self._counter.community(resident).clerk
        await self._database.write(collect_reservation, ordered.id, desk_id=ordered.desk_id, code=code, by=by)

    async def cancel_a_reservation(self, on: date) -> None:
        resident, ordered = self._reserved.pop()
        by = self._counter.community(resident).clerk
        await self._database.write(cancel_redemption, ordered.id, reason=self._reasons.cancelled, by=by)

    async def count_goods(self, on: date) -> None:
        await self._counter.count_goods(damaged_reason=self._reasons.damaged, counted_reason=self._reasons.counted)

    def _somebody(self) -> Resident:
        """Grown up, with a card, here, and not one of the few on whom the rest of the year hangs."""
        people = [each for each in self._residents if each.is_here and each.card_no]
        return self._rng.choice([each for each in people if not each.person.is_core and not each.person.is_child])

    async def _reserver(self, on: date) -> Resident:
        """Somebody who has enough; rather not one who takes something every month."""
        purses = [each for each in await self._counter.purses(self._residents, on) if self._counter.suffices(each)]
        hoarders = [each for each in purses if not each.resident.person.is_spender]
        return self._rng.choice(hoarders or purses).resident

    def _correctable(self, on: date, points: int = CORRECTABLE_POINTS) -> list[ApprovedLine]:
        """Settled lines of service with so many points, of people who are here and were not corrected before."""
        here = {each.id for each in self._residents if each.is_here}
        return [
            line
            for line in self._logbook.approved
            if line.role is ServiceRole.SERVICE
            and line.points >= points
            and on - line.on >= SETTLED_FOR_SURE
            and line.member_id in here - self._corrected
        ]

    async def _correct(self, line: ApprovedLine, minutes: int, reason: str) -> None:
        await self._propose(line, minutes, reason)
        await self._database.write(approve_correction, line.id, by=self._district.communities[line.community].approver)

    async def _propose(self, line: ApprovedLine, minutes: int, reason: str) -> None:
        self._corrected.add(line.member_id)
        by = self._district.communities[line.community].recorder
        await self._database.write(propose_correction, line.id, minutes=minutes, reason=reason, by=by)
