"""What lines earn, after what the same people were given before: overlaps, sessions, cases and caps.

Caps are computed in logging order: before a line come the lines that are approved, and those logged earlier. What is
held or rejected is not counted.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation, ParticipationState
from points_bank.clock import PeriodKind, period_of
from points_bank.columns import table_of
from points_bank.rules.points import Award, CaseOutcome, Earlier, Service, points_for
from points_bank.rules.rule_set import RuleSet, ServiceRole
from points_bank.transaction import Transaction

LINE, ACTIVITY = table_of(Participation), table_of(Activity)

AFTER_ALL = 2**62
"""The activity id that stands for a sheet not yet logged: everything logged comes before it."""

APPROVED = (ParticipationState.UNDER_NOTICE, ParticipationState.FROZEN, ParticipationState.SETTLED)
COUNTS_AS_SERVICE = (*APPROVED, ParticipationState.LOGGED, ParticipationState.HELD)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A line to be reckoned: who served, when, for how long, and in what case."""

    member_id: int
    started_at: datetime
    minutes: int
    is_lead: bool
    case_reference: str | None
    case_outcome: CaseOutcome | None
    followed_up_on: date | None

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.minutes)


class Session(msgspec.Struct, frozen=True):
    """What the lines of one activity have in common."""

    activity_id: int
    branch_id: int
    role: ServiceRole
    service_on: date


_IS_BEFORE = sa.or_(
    LINE.c.state.in_(APPROVED),
    sa.and_(LINE.c.state == ParticipationState.LOGGED, LINE.c.activity_id < sa.bindparam("activity_id")),
)
_IS_ON_DAY = LINE.c.service_on == sa.bindparam("service_on")
_OF_MEMBERS = LINE.c.member_id.in_(sa.bindparam("member_ids", expanding=True))
_IS_OTHER = LINE.c.activity_id != sa.bindparam("activity_id")
_GIVEN = (
    sa.select(
        LINE.c.member_id,
        sa.func.sum(sa.case((_IS_ON_DAY, LINE.c.points), else_=0)).label("day_points"),
        sa.func.sum(LINE.c.points).label("month_points"),
        sa.func.sum(
            sa.case((sa.and_(_IS_ON_DAY, LINE.c.role == sa.bindparam("role"), LINE.c.rule_points > 0), 1), else_=0)
        ).label("day_sessions"),
    )
    .where(
        _OF_MEMBERS,
        LINE.c.service_on >= sa.bindparam("month_from"),
        LINE.c.service_on < sa.bindparam("month_until"),
        _IS_BEFORE,
        _IS_OTHER,
    )
    .group_by(LINE.c.member_id)
)
_CASES = (
    sa.select(LINE.c.case_reference, LINE.c.member_id)
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(
        LINE.c.case_reference.in_(sa.bindparam("case_references", expanding=True)),
        ACTIVITY.c.branch_id == sa.bindparam("branch_id"),
        LINE.c.rule_points > 0,
        _IS_BEFORE,
        # Where a single line is reckoned again, the others of its sheet are mediators of the case like any others.
        sa.or_(_IS_OTHER, sa.not_(_OF_MEMBERS)),
    )
)
_OTHER_SERVICE = (
    sa.select(LINE.c.member_id, LINE.c.started_at, LINE.c.ended_at)
    .where(
        _OF_MEMBERS,
        LINE.c.service_on >= sa.bindparam("from_on"),
        LINE.c.service_on <= sa.bindparam("until_on"),
        LINE.c.state.in_(COUNTS_AS_SERVICE),
        _IS_OTHER,
    )
    .order_by(LINE.c.member_id, LINE.c.started_at)
)


def reckon(tx: Transaction, rules: RuleSet, session: Session, drafts: Sequence[Draft]) -> list[Award]:
    """The award of each line, in the order given. Two lines of one case are two of its mediators."""
    return award_each(rules, session, drafts, _given_before(tx, session, drafts), _cases_before(tx, session, drafts))


def award_each(
    rules: RuleSet, session: Session, drafts: Sequence[Draft], given: Mapping[int, Any], cases: "Cases"
) -> list[Award]:
    """`reckon` after what was given before: by member `day_points`, `month_points` and `day_sessions`, and the cases.

    The cases grow with what the lines are awarded.
    """
    awards = []
    for draft in drafts:
        row = given.get(draft.member_id)
        earlier = Earlier(
            day_points=row.day_points if row else 0,
            month_points=row.month_points if row else 0,
            day_sessions=row.day_sessions if row else 0,
            case_mediators=cases.mediators(draft),
            case_already_counted=cases.counted(draft),
        )
        awards.append(points_for(rules, service_of(session, draft), earlier))
        if draft.case_reference:
            cases.add(draft, awards[-1].arithmetic.rule_points)
    return awards


def service_of(session: Session, draft: Draft) -> Service:
    return Service(
        role=session.role,
        minutes=draft.minutes,
        served_on=session.service_on,
        is_lead=draft.is_lead,
        outcome=draft.case_outcome,
        followed_up_on=draft.followed_up_on,
    )


def overlaps(tx: Transaction, session: Session, drafts: Sequence[Draft]) -> dict[int, int]:
    """By member, how many minutes of their line they also served elsewhere; members without any are left out."""
    day = timedelta(days=1)
    rows = tx.all(
        _OTHER_SERVICE,
        member_ids=[draft.member_id for draft in drafts],
        from_on=session.service_on - day,
        until_on=session.service_on + day,
        activity_id=session.activity_id,
    )
    others: dict[int, list[tuple[datetime, datetime]]] = {}
    for row in rows:
        others.setdefault(row.member_id, []).append((row.started_at, row.ended_at))
    found = {draft.member_id: minutes_shared(draft, others.get(draft.member_id, ())) for draft in drafts}
    return {member_id: minutes for member_id, minutes in found.items() if minutes}


def minutes_shared(draft: Draft, others: Iterable[tuple[datetime, datetime]]) -> int:
    """Minutes of a line that lie in any of the other spans, which come in order of their start; none counted twice."""
    shared, reached = timedelta(), draft.started_at
    for started_at, ended_at in others:
        start, end = max(started_at, reached), min(ended_at, draft.ended_at)
        if end > start:
            shared += end - start
            reached = end
    return int(shared.total_seconds()) // 60


def _given_before(tx: Transaction, session: Session, drafts: Sequence[Draft]) -> dict[int, Any]:
    month = period_of(session.service_on, PeriodKind.MONTH)
    rows = tx.all(
        _GIVEN,
        member_ids=[draft.member_id for draft in drafts],
        service_on=session.service_on,
        month_from=month.first_on,
        month_until=month.until,
        role=session.role,
        activity_id=session.activity_id,
    )
    return {row.member_id: row for row in rows}


@dataclass
class Cases:
    """Who of a branch already was given points for which case, growing line by line."""

    members: dict[str, Counter[int]] = field(default_factory=dict)

    def mediators(self, draft: Draft) -> int:
        """How many other people were given points for the line's case."""
        return sum(1 for member_id in self._of(draft) if member_id != draft.member_id)

    def counted(self, draft: Draft) -> bool:
        return draft.member_id in self._of(draft)

    def add(self, draft: Draft, rule_points: int) -> None:
        if draft.case_reference and rule_points > 0:
            self.members.setdefault(draft.case_reference, Counter())[draft.member_id] += 1

    def _of(self, draft: Draft) -> Collection[int]:
        return self.members.get(draft.case_reference, ()) if draft.case_reference else ()


def _cases_before(tx: Transaction, session: Session, drafts: Sequence[Draft]) -> Cases:
    references = sorted({draft.case_reference for draft in drafts if draft.case_reference})
    members: dict[str, Counter[int]] = {reference: Counter() for reference in references}
    rows = tx.all(
        _CASES,
        case_references=references,
        branch_id=session.branch_id,
        activity_id=session.activity_id,
        member_ids=[draft.member_id for draft in drafts],
    ) if references else ()  # fmt: skip
    for row in rows:
        members[row.case_reference][row.member_id] += 1
    return Cases(members)
