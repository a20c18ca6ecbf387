"""Sheets: who comes to a session, entering it in the evening, and deciding on it the next morning."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

import msgspec

from points_bank.activities.approval import (
    approve_activity,
    reject_activity,
    reject_participation,
    return_activity,
    trim_participation,
)
from points_bank.activities.logbook import LoggedActivity, LoggedLine, log_activity
from points_bank.activities.models import ParticipationState
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import Actor
from points_bank.database import Database
from points_bank.demo.district import Community, District
from points_bank.demo.people import Resident
from points_bank.demo.plan import Words
from points_bank.demo.programme import FOLLOW_UP_DAYS, ODD_HEADCOUNT, Ending, Session
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole

CORE_COMES = {ServiceRole.SERVICE: 0.95, ServiceRole.PUBLICITY: 0.5, ServiceRole.MEDIATION: 0.4}
"""How likely each of the few who give most of the time takes part, by role."""
SAMPLE_COMES = {ServiceRole.SERVICE: 0.5, ServiceRole.PUBLICITY: 0.3, ServiceRole.MEDIATION: 0.0}
"""And the member that is shown, who comes to whatever was lately."""
MINUTES_OF_OTHERS = (60, 60, 75, 90, 90, 120, 120, 150, 180)
EVERY_VISIT, EVERY_SECRETARY = 6, 5
"""Every so many sessions somebody comes from another community; every so many sheets are approved further above."""
OUTCOMES = (CaseOutcome.SETTLED,) * 5 + (CaseOutcome.UNSETTLED, CaseOutcome.REFERRED)


class Case(msgspec.Struct, frozen=True):
    """A mediation case as entered: open, or closed and followed up."""

    reference: str | None = None
    outcome: CaseOutcome | None = None
    followed_up_on: date | None = None


NO_CASE = Case()


class Entered(msgspec.Struct, frozen=True):
    """A sheet that waits for its decision, with what came of entering it."""

    session: Session
    logged: LoggedActivity

    @property
    def id(self) -> int:
        assert self.logged.id is not None, "what was entered has an id"
        return self.logged.id

    @property
    def held(self) -> list[LoggedLine]:
        return [line for line in self.logged.lines if line.state is ParticipationState.HELD]


class ApprovedLine(msgspec.Struct, frozen=True):
    id: int
    activity_id: int
    member_id: int
    community: str
    on: date
    role: ServiceRole
    minutes: int
    points: int


class Logbook:
    """The sheets of the year. `approved` are the lines that went through without being trimmed.

    `waiting` are the sheets that nobody has decided about, in their order.
    """

    def __init__(
        self, database: Database, district: District, words: Words, rng: Random, programme: Sequence[Session]
    ) -> None:
        self._database, self._district, self._words, self._rng = database, district, words, rng
        self._zone = database.settings.zone
        self._to_come: dict[tuple[date, bool], list[Session]] = defaultdict(list)
        for session in programme:
            self._to_come[session.log_on, session.is_odd].append(session)
        self.waiting: list[Entered] = []
        self._people: dict[int, list[Resident]] = {}
        self._cases = 0
        self.approved: list[ApprovedLine] = []

    async def enter(self, on: date, residents: Sequence[Resident], *, at_night: bool = False) -> None:
        """Enter the sheets of an evening, in their order, so that a double overlaps the one before it."""
        sessions = self._to_come.pop((on, at_night), [])
        sheets = [self._sheet(session, residents) for session in sessions]
        logged = await asyncio.gather(*(
            self._database.write(log_activity, sheet, by=self._community(session).recorder)
            for session, sheet in zip(sessions, sheets, strict=True)
        ))  # fmt: skip
        self.waiting += [Entered(*each) for each in zip(sessions, logged, strict=True)]

    async def decide(self) -> None:
        """Approve or turn down, as another person than the recorder, what does not have to wait."""
        due = [each for each in self.waiting if each.session.ending is not Ending.WAITING]
        self.waiting = [each for each in self.waiting if each.session.ending is Ending.WAITING]
        await asyncio.gather(*(self._resolve(each, line) for each in due for line in each.held))
        await asyncio.gather(*(self._decide(each) for each in due))
        for each in due:
            if each.session.ending is Ending.APPROVED:
                self.approved += _approved_lines(each)

    async def _resolve(self, entered: Entered, line: LoggedLine) -> None:
        """Cut a held line to what lies after the other session, or strike it."""
        session, by = entered.session, self._approver(entered)
        assert line.id is not None, "what was entered has an id"
        if session.number % 2:
            reason = self._words.reasons.overlap
            await self._database.write(reject_participation, line.id, reason=reason, by=by)
            return
        free_from = session.started_at(self._zone) + timedelta(minutes=line.overlap_minutes)
        await self._database.write(
            trim_participation, line.id, started_at=free_from, ended_at=session.ended_at(self._zone), by=by
        )

    async def _decide(self, entered: Entered) -> None:
        by = self._approver(entered)
        reasons = self._words.reasons
        if entered.session.ending is Ending.REJECTED:
            await self._database.write(reject_activity, entered.id, reason=reasons.rejected, by=by)
        elif entered.session.ending is Ending.RETURNED:
            await self._database.write(return_activity, entered.id, reason=reasons.returned, by=by)
        else:
            await self._database.write(approve_activity, entered.id, by=by)

    def _approver(self, entered: Entered) -> Actor:
        is_far_above = entered.session.number % EVERY_SECRETARY == 0
        return self._district.secretary if is_far_above else self._community(entered.session).approver

    def _community(self, session: Session) -> Community:
        return self._district.communities[session.community]

    def _sheet(self, session: Session, residents: Sequence[Resident]) -> Sheet:
        people = self._choose(session, residents)
        for resident in people:
            resident.busy_on.add(session.on)
        self._people[session.number] = people
        case = self._case(session)
        return Sheet(
            branch_id=self._rng.choice(self._community(session).estates).id,
            role=session.role,
            title=session.title.title,
            theme=session.title.theme,
            evidence=session.evidence,
            headcount=ODD_HEADCOUNT if session.is_odd else None,
            started_at=session.started_at(self._zone),
            ended_at=session.ended_at(self._zone),
            lines=[self._line(session, each, case, is_first=number == 0) for number, each in enumerate(people)],
        )

    def _choose(self, session: Session, residents: Sequence[Resident]) -> list[Resident]:
        """Who comes, the leader first: a few nearly always, the others the more often the more eager they are."""
        shared = [] if session.doubles is None else self._people[session.doubles][:1]
        free = [each for each in residents if _is_free(each, session) and each.community == session.community]
        if session.role is not ServiceRole.SERVICE:
            free = [each for each in free if not each.person.is_child]
        core = [each for each in free if _is_regular(each) and self._rng.random() < self._how_likely(each, session)]
        others = [each for each in free if not _is_regular(each)]
        others.sort(key=lambda each: self._rng.random() ** (1 / each.person.eagerness), reverse=True)
        return (shared + core + list(self._visitor(session, residents)) + others)[: session.people]

    def _how_likely(self, regular: Resident, session: Session) -> float:
        if session.is_odd or session.ending is Ending.RETURNED:
            return 0
        if regular.person.is_sample:
            return 1 if session.is_recent else SAMPLE_COMES[session.role]
        return CORE_COMES[session.role]

    def _visitor(self, session: Session, residents: Sequence[Resident]) -> Iterator[Resident]:
        """Now and then somebody of another community, who shows a card."""
        if session.role is ServiceRole.SERVICE and session.number % EVERY_VISIT == 0:
            elsewhere = [each for each in residents if each.community != session.community and each.card_no]
            yield from [each for each in elsewhere if each.person.is_core and _is_free(each, session)][:1]

    def _case(self, session: Session) -> Case:
        if session.role is not ServiceRole.MEDIATION:
            return NO_CASE
        self._cases += 1
        reference = f"TJ-{session.on.year}-{self._cases:03}"
        if not session.is_followed_up:
            return Case(reference)
        return Case(reference, self._rng.choice(OUTCOMES), session.on + timedelta(days=FOLLOW_UP_DAYS))

    def _line(self, session: Session, resident: Resident, case: Case, *, is_first: bool) -> SheetLine:
        is_visitor = resident.community != session.community
        is_service = session.role is ServiceRole.SERVICE
        is_whole = session.doubles is not None or session.is_odd
        stays = not is_service or is_first or resident.person.is_core or is_whole
        return SheetLine(
            member_id=0 if is_visitor else resident.id,
            card_no=resident.card_no if is_visitor else None,
            minutes=None if stays else min(session.minutes, self._rng.choice(MINUTES_OF_OTHERS)),
            is_lead=is_service and is_first and not is_whole and not resident.person.is_child,
            case_reference=case.reference,
            case_outcome=case.outcome,
            followed_up_on=case.followed_up_on,
        )


def _is_free(resident: Resident, session: Session) -> bool:
    person = resident.person
    return (
        resident.is_here
        and not resident.is_suspended  # whose late entries would be refused
        and person.eagerness > 0
        and person.registers_on <= session.on
        and session.on not in resident.busy_on
    )


def _is_regular(resident: Resident) -> bool:
    """One of those who come by how often they do, not by how many others come."""
    return resident.person.is_core or resident.person.is_sample


def _approved_lines(entered: Entered) -> list[ApprovedLine]:
    session = entered.session
    return [
        ApprovedLine(
            line.id, entered.id, line.member_id, session.community, session.on, session.role, line.minutes, line.points
        )
        for line in entered.logged.lines
        if line.id is not None and line.state is ParticipationState.LOGGED
    ]
