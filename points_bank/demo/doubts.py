"""Objections, calling back, reviews and a suspension: what becomes of a doubt about a line."""

from datetime import date, timedelta

from points_bank.activities.call_backs import draw_sample, record_call
from points_bank.activities.models import CallAnswer
from points_bank.activities.objections import object_to_line, resolve_objection
from points_bank.actor import Actor
from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.sheets import ApprovedLine
from points_bank.reviews.deciding import approve_review_corrections, decide_review
from points_bank.reviews.opening import open_review
from points_bank.suspensions.appeals import appeal_suspension
from points_bank.suspensions.deciding import approve_suspension, propose_suspension

FALSE_LINES = 2
SUSPENDED_DAYS = 90
SAMPLE_SIZE = 5
ANSWERS = (CallAnswer.CONFIRMED, CallAnswer.DENIED, CallAnswer.CONFIRMED, CallAnswer.NOT_REACHED)
"""The last one of the sample has not been called."""


class Doubts:
    """The deeds of those who look twice."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self._objected: ApprovedLine | None = None
        self._false: list[ApprovedLine] = []
        self.deeds: Deeds = {
            34: [self.look_into_a_sheet],
            33: [self.find_lines_false],
            32: [self.take_back_what_was_false],
            31: [self.propose_to_suspend],
            30: [self.suspend],
            29: [self.appeal],
            15: [self.object_to_who_is_not_on_the_photo],
            14: [self.uphold],
            8: [self.object_to_the_minutes],
            7: [self.dismiss],
            3: [self.propose_to_suspend_another],
            1: [self.call_back, self.object_to_a_line, self.open_a_review],
        }

    async def look_into_a_sheet(self, on: date) -> None:
        """Of a sheet of the first community that has settled, some lines are put in question."""
        code, ordinary = self._here.communities[0].branch.code, {each.id for each in self._here.people(0)}
        lines = [line for line in self._here.settled(on, 5) if line.community == code and line.member_id in ordinary]
        latest = max(
            (line.on, line.activity_id)
            for line in lines
            if sum(line.activity_id == each.activity_id for each in lines) >= FALSE_LINES
        )
        self._false = [self._here.doubt(line) for line in lines if line.activity_id == latest[1]][:FALSE_LINES]
        for line in self._false:
            self._here.resident(line.member_id).has_part = True
        self._here.examples.decided_review_id = await self._open(0, latest[1], self._here.reasons.doubted_names)

    async def find_lines_false(self, on: date) -> None:
        await self._write(
            decide_review, self._here.examples.decided_review_id,
            false_participation_ids=[line.id for line in self._false], reason=self._here.reasons.found_false,
            by=self._here.district.secretary,
        )  # fmt: skip

    async def take_back_what_was_false(self, on: date) -> None:
        by = self._here.communities[0].approver
        await self._write(approve_review_corrections, self._here.examples.decided_review_id, by=by)

    async def propose_to_suspend(self, on: date) -> None:
        """Whoever had let others sign; a second person decides on the next day."""
        member_id = self._false[0].member_id
        self._suspension_id = await self._propose(member_id, self._here.district.secretary, on)
        self._here.examples.suspended_member_id = member_id

    async def suspend(self, on: date) -> None:
        member_id = self._here.examples.suspended_member_id
        by = self._here.district.administrator
        await self._write(approve_suspension, member_id, self._suspension_id, by=by)
        self._here.resident(member_id).is_suspended = True

    async def appeal(self, on: date) -> None:
        resident = self._here.resident(self._here.examples.suspended_member_id)
        reason = self._here.reasons.appeal
        await self._write(appeal_suspension, resident.id, self._suspension_id, reason=reason, by=resident.actor)

    async def propose_to_suspend_another(self, on: date) -> None:
        """This one waits for the second person."""
        member_id = self._false[1].member_id
        await self._propose(member_id, self._here.communities[0].approver, on)
        self._here.examples.proposed_suspension_member_id = member_id

    async def object_to_who_is_not_on_the_photo(self, on: date) -> None:
        line = await self._object(on, 0, self._here.reasons.not_on_photo, by=self._here.district.overseer)
        self._here.examples.upheld_objection_line_id = line.id

    async def uphold(self, on: date) -> None:
        await self._resolve(0, upheld=True, reason=self._here.reasons.not_on_photo)

    async def object_to_the_minutes(self, on: date) -> None:
        line = await self._object(on, 0, self._here.reasons.stayed_longer)
        self._here.examples.dismissed_objection_line_id = line.id

    async def dismiss(self, on: date) -> None:
        await self._resolve(0, upheld=False, reason=self._here.reasons.looked_into)

    async def object_to_a_line(self, on: date) -> None:
        """By its own member; it waits, and the line is frozen."""
        line = await self._object(on, 0, self._here.reasons.not_me)
        self._here.examples.open_objection_line_id = line.id

    async def call_back(self, on: date) -> None:
        """Some of the odd sheet that waits are called: one denies having been there."""
        odd = next(each for each in self._here.logbook.waiting if each.session.is_odd)
        by = self._here.communities[0].approver
        sample = await self._write(draw_sample, odd.id, size=SAMPLE_SIZE, by=by)
        for line, answer in zip(sample.lines, ANSWERS, strict=False):
            await self._write(record_call, line.participation_id, answer=answer, by=by)
        self._here.examples.flagged_activity_id = odd.id

    async def open_a_review(self, on: date) -> None:
        """Of what was approved this morning in the second community; nobody has decided it."""
        line = self._here.under_notice(on, 1)[0]
        self._here.examples.open_review_id = await self._open(1, line.activity_id, self._here.reasons.doubted_night)

    async def _object(self, on: date, place: int, reason: str, *, by: Actor | None = None) -> ApprovedLine:
        """Somebody objects to a line that is under notice: the member's own, if it is nobody else."""
        line = self._here.doubt(self._here.rng.choice(self._here.under_notice(on, place)))
        member = self._here.resident(line.member_id)
        await self._write(object_to_line, line.id, reason=reason, by=by or member.actor)
        self._objected = line
        return line

    async def _resolve(self, place: int, *, upheld: bool, reason: str) -> None:
        assert self._objected is not None, "somebody objected the day before"
        by = self._here.communities[place].approver
        await self._write(resolve_objection, self._objected.id, upheld=upheld, reason=reason, by=by)

    async def _open(self, place: int, activity_id: int, reason: str) -> int:
        community = self._here.communities[place]
        opened = await self._write(
            open_review, branch_id=community.branch.id, reason=reason, activity_ids=[activity_id],
            by=community.approver,
        )  # fmt: skip
        return opened.id

    async def _propose(self, member_id: int, by: Actor, on: date) -> int:
        suspension = await self._write(
            propose_suspension, member_id, reason=self._here.reasons.colluded,
            until_on=on + timedelta(days=SUSPENDED_DAYS), review_id=self._here.examples.decided_review_id, by=by,
        )  # fmt: skip
        return suspension.id
