"""What the logbook takes and answers over JSON."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from points_bank.activities.flags import Flag, ToldFlag, told
from points_bank.activities.logbook import LoggedLine
from points_bank.activities.models import ActivityState, CallAnswer, ParticipationState
from points_bank.activities.reading import ActivityLine, ParticipationLine
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.i18n import Language
from points_bank.rules.explanation import explain, explain_cuts
from points_bank.rules.points import Arithmetic, CaseOutcome
from points_bank.rules.rule_set import ServiceRole
from points_bank.web import NO_SPACES, NOT_BLANK, Code, Id, Instant, Line, Reason

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1_440)]
MinutesOrNone = Annotated[int, msgspec.Meta(ge=0, le=1_440)]
Evidence = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=NOT_BLANK)]
Headcount = Annotated[int, msgspec.Meta(ge=0, le=100_000, description="How many people the photo shows.")]
CaseReference = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=NO_SPACES)]
CardNo = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class ParticipationBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    member_id: Id | None = None
    card_no: CardNo | None = None
    minutes: Minutes | None = None
    is_lead: bool = False
    case_reference: CaseReference | None = None
    followed_up_on: date | None = None
    outcome: CaseOutcome | None = None

    def line(self) -> SheetLine:
        return SheetLine(
            member_id=self.member_id or 0,
            card_no=self.card_no,
            minutes=self.minutes,
            is_lead=self.is_lead,
            case_reference=self.case_reference,
            case_outcome=self.outcome,
            followed_up_on=self.followed_up_on,
        )


class ActivityBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    branch_id: Id
    role: ServiceRole
    title: Line
    started_at: Instant
    ended_at: Instant
    participations: list[ParticipationBody]
    theme: Code | None = None
    place: Line | None = None
    evidence: Evidence | None = None
    headcount: Headcount | None = None

    def sheet(self) -> Sheet:
        return Sheet(
            branch_id=self.branch_id,
            role=self.role,
            title=self.title,
            theme=self.theme,
            place=self.place,
            evidence=self.evidence,
            headcount=self.headcount,
            started_at=self.started_at,
            ended_at=self.ended_at,
            lines=[each.line() for each in self.participations],
        )


class TrimBody(msgspec.Struct, forbid_unknown_fields=True):
    started_at: Instant
    ended_at: Instant


class ReasonBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class FollowUpBody(msgspec.Struct, forbid_unknown_fields=True):
    outcome: CaseOutcome
    followed_up_on: date


class CorrectionBody(msgspec.Struct, forbid_unknown_fields=True):
    minutes: MinutesOrNone
    reason: Reason


class ResolutionBody(msgspec.Struct, forbid_unknown_fields=True):
    """`minutes` is what a settled line should have said, where the objection is upheld."""

    upheld: bool
    reason: Reason
    minutes: MinutesOrNone | None = None


class SampleBody(msgspec.Struct, forbid_unknown_fields=True):
    """How many people to call."""

    size: Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class AnswerBody(msgspec.Struct, forbid_unknown_fields=True):
    answer: CallAnswer


class CutOut(msgspec.Struct):
    code: str
    points: int
    explanation: str


class PreviewLineOut(msgspec.Struct, kw_only=True):
    """`cut` says what limits took away, null where none did."""

    member_id: int
    state: ParticipationState
    minutes: int
    points: int
    explanation: str
    cut: list[CutOut] | None
    overlap_minutes: int


class LoggedLineOut(PreviewLineOut, kw_only=True):
    id: int


class LoggedOut(msgspec.Struct):
    id: int
    state: ActivityState
    is_late: bool
    participations: list[LoggedLineOut]


class PreviewOut(msgspec.Struct):
    state: ActivityState
    is_late: bool
    participations: list[PreviewLineOut]


class DecidedOut(msgspec.Struct):
    id: int
    state: ActivityState
    settles_at: datetime | None


class ParticipationOut(msgspec.Struct):
    id: int
    activity_id: int
    member_id: int
    state: ParticipationState
    started_at: datetime
    ended_at: datetime
    minutes: int
    points: int
    explanation: str
    cut: list[CutOut] | None
    overlap_minutes: int
    is_lead: bool
    case_reference: str | None
    outcome: CaseOutcome | None
    followed_up_on: date | None
    reason: str | None
    settled_at: datetime | None
    settles_at: datetime | None


class ActivityOut(msgspec.Struct):
    """`flags` is null for who does not approve or oversee there, and in lists for what does not wait for approval."""

    id: int
    branch_id: int
    role: ServiceRole
    title: str
    theme: str | None
    place: str | None
    evidence: str | None
    headcount: int | None
    started_at: datetime
    ended_at: datetime
    service_on: date
    state: ActivityState
    is_late: bool
    recorded_by_id: int
    recorded_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    reason: str | None
    settles_at: datetime | None
    participations: list[ParticipationOut]
    flags: list[ToldFlag] | None


def preview_line(line: LoggedLine, spoken: Language) -> PreviewLineOut:
    return PreviewLineOut(**_line(line, spoken))


def logged_line(line: LoggedLine, spoken: Language) -> LoggedLineOut:
    assert line.id is not None, "what was entered has an id"
    return LoggedLineOut(id=line.id, **_line(line, spoken))


def _line(line: LoggedLine, spoken: Language) -> dict[str, Any]:
    explanation, cut = _words(line.arithmetic, spoken)
    shared = {name: getattr(line, name) for name in ("member_id", "state", "minutes", "points", "overlap_minutes")}
    return {**shared, "explanation": explanation, "cut": cut}


def _words(kept: dict[str, Any], spoken: Language) -> tuple[str, list[CutOut] | None]:
    """An award's arithmetic, and what cut it, in the caller's language."""
    arithmetic = Arithmetic.from_json(kept)
    cuts = [CutOut(**each) for each in explain_cuts(arithmetic, spoken)]
    return explain(arithmetic, spoken), cuts or None


def participation_out(line: ParticipationLine, spoken: Language) -> ParticipationOut:
    explanation, cut = _words(line.arithmetic, spoken)
    return ParticipationOut(
        id=line.id,
        activity_id=line.activity_id,
        member_id=line.member_id,
        state=line.state,
        started_at=line.started_at,
        ended_at=line.ended_at,
        minutes=line.minutes,
        points=line.points,
        explanation=explanation,
        cut=cut,
        overlap_minutes=line.overlap_minutes,
        is_lead=line.is_lead,
        case_reference=line.case_reference,
        outcome=line.case_outcome,
        followed_up_on=line.followed_up_on,
        reason=line.decision_reason,
        settled_at=line.settled_at,
        settles_at=line.settles_at,
    )


def activity_out(
    activity: ActivityLine, lines: list[ParticipationLine], flags: list[Flag] | None, spoken: Language
) -> ActivityOut:
    shared = {
        name: getattr(activity, name)
        for name in ActivityOut.__struct_fields__
        if name not in {"reason", "participations", "flags"}
    }
    participations = [participation_out(line, spoken) for line in lines]
    return ActivityOut(
        **shared,
        reason=activity.decision_reason,
        participations=participations,
        flags=None if flags is None else [told(flag, spoken) for flag in flags],
    )
