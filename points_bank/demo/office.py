"""What happens at the office now and then: cards, moves, consents, closings, corrections, reservations, stock."""

from datetime import date

from points_bank.activities.correction import approve_correction, propose_correction
from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.people import Resident
from points_bank.demo.sheets import ApprovedLine
from points_bank.members.cards import issue_card, report_loss
from points_bank.members.consents import withdraw_consent
from points_bank.members.models import Purpose
from points_bank.members.moving import move_member
from points_bank.passbook.closing import close_passbook
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.reservation import collect_reservation, reservation_code

CORRECTABLE_POINTS, CORRECTED_MINUTES = 30, 60
OVERSPENT_POINTS = 15


class Office:
    """The deeds of everyday."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self._reserved: list[tuple[Resident, Ordered]] = []
        self.deeds: Deeds = {
            200: [self.close_a_passbook],
            150: [self.move_somebody],
            120: [self.replace_a_card],
            100: [self.withdraw_a_consent],
            60: [self.award_what_was_missed],
            45: [self.reserve_something],  # nobody comes for it, so that it runs out
            25: [self.reserve_something],
            24: [self.take_back_what_was_too_much],
            21: [self.collect_a_reservation],
            18: [self.reserve_something],
            12: [self.overspend],
            9: [self.overspend],
            8: [self.reserve_something],
            7: [self.lose_a_card],
            6: [self.reserve_something],
            5: [self.cancel_a_reservation],
            4: [self.reserve_from_a_phone],
            2: [self.propose_a_correction],
        }

    async def close_a_passbook(self, on: date) -> None:
        resident = self._here.somebody()
        by = self._here.community_of(resident).recorder
        await self._write(close_passbook, resident.id, reason=self._here.reasons.closing, by=by)
        resident.is_here = False

    async def move_somebody(self, on: date) -> None:
        resident = self._here.somebody()
        old = self._here.community_of(resident)
        new = next(each for each in self._here.communities if each != old)
        branch_id = self._here.rng.choice(new.estates).id
        await self._write(move_member, resident.id, branch_id=branch_id, on=on, by=old.recorder)
        resident.community = new.branch.code

    async def replace_a_card(self, on: date) -> None:
        resident = self._here.somebody()
        by = self._here.community_of(resident).recorder
        await self._write(report_loss, resident.id, by=by)
        resident.card_no = (await self._write(issue_card, resident.id, by=by)).card_no

    async def lose_a_card(self, on: date) -> None:
        resident = self._here.somebody()
        await self._write(report_loss, resident.id, by=self._here.community_of(resident).clerk)
        resident.card_no = ""

    async def withdraw_a_consent(self, on: date) -> None:
        agreed = [each for each in self._here.people() if Purpose.BOARDS in each.person.consents]
        resident = self._here.rng.choice([each for each in agreed if each.person.eagerness > 0])
        await self._write(withdraw_consent, resident.id, Purpose.BOARDS, by=resident.actor)

    async def award_what_was_missed(self, on: date) -> None:
        """Somebody stayed longer than was entered: 150 minutes became 60."""
        lines = [line for line in self._here.settled(on, 1) if line.minutes == CORRECTED_MINUTES]
        await self._correct(self._here.rng.choice(lines), 2 * CORRECTED_MINUTES, self._here.reasons.too_short)

    async def take_back_what_was_too_much(self, on: date) -> None:
        line = self._here.rng.choice(self._here.settled(on, CORRECTABLE_POINTS))
        await self._correct(line, CORRECTED_MINUTES, self._here.reasons.too_long)

    async def overspend(self, on: date) -> None:
        """Somebody exchanges nearly all they have, and then a line turns out to be wrong: the balance is below 0."""
        lines, counter = self._here.settled(on, OVERSPENT_POINTS), self._here.counter
        purses = await counter.full_purses((each for each in self._here.residents if not each.has_part), on)
        purses.sort(key=lambda each: (each.resident.person.is_core, each.spendable_points))
        for purse in purses:
            goods, cost_points = await counter.most_for(purse)
            own = [line for line in lines if line.member_id == purse.resident.id]
            too_much = [line for line in own if line.points > purse.spendable_points - cost_points]
            if too_much:
                await counter.redeem(purse.resident, goods, on)
                await self._correct(too_much[0], 0, self._here.reasons.not_there)
                return

    async def propose_a_correction(self, on: date) -> None:
        """One that waits for the second person."""
        line = self._here.rng.choice(self._here.settled(on, CORRECTABLE_POINTS))
        await self._propose(line, CORRECTED_MINUTES, self._here.reasons.too_long)

    async def reserve_something(self, on: date) -> None:
        resident = await self._here.saver(on)
        self._reserved.append((resident, await self._here.counter.reserve(resident, on)))

    async def reserve_from_a_phone(self, on: date) -> None:
        await self._here.counter.reserve(self._here.sample, on, by_phone=True)

    async def collect_a_reservation(self, on: date) -> None:
        resident, ordered = self._reserved.pop()
        code = await self._here.database.read(reservation_code, ordered.id)
        by = self._here.community_of(resident).clerk
        await self._write(collect_reservation, ordered.id, desk_id=ordered.desk_id, code=code, by=by)

    async def cancel_a_reservation(self, on: date) -> None:
        resident, ordered = self._reserved.pop()
        by = self._here.community_of(resident).clerk
        await self._write(cancel_redemption, ordered.id, reason=self._here.reasons.cancelled, by=by)

    async def _correct(self, line: ApprovedLine, minutes: int, reason: str) -> None:
        await self._propose(line, minutes, reason)
        await self._write(approve_correction, line.id, by=self._here.district.communities[line.community].approver)

    async def _propose(self, line: ApprovedLine, minutes: int, reason: str) -> None:
        self._here.doubt(line)
        by = self._here.district.communities[line.community].recorder
        await self._write(propose_correction, line.id, minutes=minutes, reason=reason, by=by)
