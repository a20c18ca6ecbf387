"""Trying rules: a past month reckoned once more under a draft, to see who would gain and who would lose. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.reckoning import ACTIVITY, APPROVED, LINE, Cases, Draft, Session, award_each
from points_bank.activities.rule_changes import branch_ruled
from points_bank.actor import Actor
from points_bank.branches.models import Branch
from points_bank.branches.tree import below
from points_bank.clock import Period, parse_month
from points_bank.columns import table_of
from points_bank.errors import Invalid, message
from points_bank.members.models import Member
from points_bank.rules.drafts import check_draft
from points_bank.rules.in_force import RULE_SET, rule_set_of
from points_bank.rules.points import CaseOutcome, StepCode
from points_bank.rules.rule_set import RuleSet, ServiceRole
from points_bank.transaction import Transaction

BRANCH, MEMBER = table_of(Branch), table_of(Member)
RULED = BRANCH.alias("ruled")

NO_MONTH = message("A month is needed, such as 2026-11.")
NOT_YET = message("This month has not begun yet.")


class Change(msgspec.Struct, frozen=True):
    """What a member has for the month, and would have had."""

    member_id: int
    points_before: int
    points_after: int


class LineChange(msgspec.Struct, frozen=True):
    """A line that the draft would have awarded otherwise."""

    participation_id: int
    member_id: int
    points_before: int
    points_after: int


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A month under a draft. Who gains most and who loses most comes first; whose points stay is only counted.

    `lines` are those that were reckoned again, `members` the people on them. `otherwise` is how many of these lines
    stand in the books with other points than the rules in force give them in logging order: lines that were approved
    in another order, or whose minutes were corrected while a cap was reached. They are part of the difference.
    """

    month: str
    branch_id: int
    code: str
    version: int
    lines: int
    members: int
    points_before: int
    points_after: int
    gainers: list[Change]
    losers: list[Change]
    changed: list[LineChange]
    otherwise: int


class _Line(msgspec.Struct, frozen=True):
    """A line of the month, with where it was served and whose rules applied there."""

    id: int
    activity_id: int
    member_id: int
    role: ServiceRole
    service_on: date
    started_at: datetime
    minutes: int
    points: int
    rule_points: int
    is_lead: bool
    case_reference: str | None
    case_outcome: CaseOutcome | None
    followed_up_on: date | None
    arithmetic: Mapping[str, Any]
    branch_id: int
    branch_path: str
    rule_set_id: int
    rules_path: str

    @property
    def session(self) -> Session:
        return Session(self.activity_id, self.branch_id, self.role, self.service_on)

    @property
    def draft(self) -> Draft:
        return Draft(
            member_id=self.member_id, started_at=self.started_at, minutes=self.minutes, is_lead=self.is_lead,
            case_reference=self.case_reference, case_outcome=self.case_outcome, followed_up_on=self.followed_up_on,
        )  # fmt: skip

    @property
    def is_carried_over(self) -> bool:
        """Whether its points came with it from before the bank, so that no rules gave them."""
        return any(step["code"] == StepCode.CARRIED_OVER for step in self.arithmetic["steps"])


RulesOf = Callable[[_Line], RuleSet | None]
"""The rules by which a line is reckoned, or None where it keeps its points."""

_IN_MONTH = sa.and_(
    LINE.c.service_on >= sa.bindparam("from_on"),
    LINE.c.service_on < sa.bindparam("until_on"),
    LINE.c.state.in_(APPROVED),
)
_PEOPLE = (
    sa.select(LINE.c.member_id)
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .where(_IN_MONTH, below(BRANCH.c.path))
)
_OWN = [
    name for name in _Line.__struct_fields__ if name not in {"branch_id", "branch_path", "rule_set_id", "rules_path"}
]
_LINES = (
    sa.select(
        *(LINE.c[name] for name in _OWN),
        ACTIVITY.c.branch_id,
        BRANCH.c.path.label("branch_path"),
        ACTIVITY.c.rule_set_id,
        RULED.c.path.label("rules_path"),
    )
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .join(RULE_SET, RULE_SET.c.id == ACTIVITY.c.rule_set_id)
    .join(RULED, RULED.c.id == RULE_SET.c.branch_id)
    .where(_IN_MONTH, LINE.c.member_id.in_(_PEOPLE))
    .order_by(LINE.c.activity_id, LINE.c.id)
)
_NAMES = sa.select(MEMBER.c.id, MEMBER.c.name).where(MEMBER.c.id.in_(sa.bindparam("ids", expanding=True)))
_EARLIER_CASES = (
    sa.select(ACTIVITY.c.branch_id, LINE.c.case_reference, LINE.c.member_id)
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(
        LINE.c.case_reference.in_(sa.bindparam("case_references", expanding=True)),
        LINE.c.service_on < sa.bindparam("from_on"),
        LINE.c.state.in_(APPROVED),
        LINE.c.rule_points > 0,
    )
)


def try_rules(tx: Transaction, *, toml_text: str, month: str, branch_id: int | None = None, by: Actor) -> Trial:
    """Reckon a month again as if a draft had been the rules of a branch (the district by default) from its first day.

    Every approved line of the branch and all below it is reckoned by the code that reckons a sheet, in logging order,
    with the caps of day and month and the sessions of a day. Branches below that have rules of their own keep them,
    and what the same people were given elsewhere counts as it is. Refuses `invalid` what `check_draft` refuses, and
    what is no month or a month to come.
    """
    branch = branch_ruled(tx, branch_id, by=by)
    draft, period = check_draft(toml_text), _month(tx, month)
    dates = {"from_on": period.first_on, "until_on": period.until}
    lines = [_Line(*row) for row in tx.all(_LINES, **dates, path=branch.path)]
    seeds = _seeds(tx, lines, period)

    def is_ruled(line: _Line) -> bool:
        return line.branch_path.startswith(branch.path) and branch.path.startswith(line.rules_path)

    def under_draft(line: _Line) -> RuleSet | None:
        return draft.rule_set if is_ruled(line) else None

    def as_it_was(line: _Line) -> RuleSet | None:
        return rule_set_of(tx, rule_set_id=line.rule_set_id) if is_ruled(line) else None

    ruled = [line for line in lines if is_ruled(line) and not line.is_carried_over]
    after, known = _replay(lines, under_draft, seeds), _replay(lines, as_it_was, seeds)
    changes = _changes_of_members(ruled, after)
    return Trial(
        month=period.name,
        branch_id=branch.id,
        code=draft.rule_set.code,
        version=draft.rule_set.version,
        lines=len(ruled),
        members=len({line.member_id for line in ruled}),
        points_before=sum(line.points for line in ruled),
        points_after=sum(after[line.id] for line in ruled),
        gainers=sorted((each for each in changes if _gain(each) > 0), key=lambda each: (-_gain(each), each.member_id)),
        losers=sorted((each for each in changes if _gain(each) < 0), key=lambda each: (_gain(each), each.member_id)),
        changed=[
            LineChange(line.id, line.member_id, line.points, after[line.id])
            for line in ruled
            if after[line.id] != line.points
        ],
        otherwise=sum(known[line.id] != line.points for line in ruled),
    )


def names_in(tx: Transaction, changes: Sequence[Change]) -> dict[int, str]:
    """The names of those whose points would change, by id; for who may try rules."""
    return {row.id: row.name for row in tx.all(_NAMES, ids=[each.member_id for each in changes])} if changes else {}


@dataclass
class _Given:
    """What was given so far in the replayed month."""

    by_month: Counter[int] = field(default_factory=Counter)
    by_day: Counter[tuple[int, date]] = field(default_factory=Counter)
    sessions: Counter[tuple[int, date, ServiceRole]] = field(default_factory=Counter)

    def before(self, line: _Line) -> "_Before":
        day = (line.member_id, line.service_on)
        return _Before(self.by_day[day], self.by_month[line.member_id], self.sessions[*day, line.role])

    def add(self, line: _Line, points: int, rule_points: int) -> None:
        self.by_month[line.member_id] += points
        self.by_day[line.member_id, line.service_on] += points
        self.sessions[line.member_id, line.service_on, line.role] += rule_points > 0


class _Before(msgspec.Struct, frozen=True):
    day_points: int
    month_points: int
    day_sessions: int


def _replay(lines: Sequence[_Line], rules_of: RulesOf, seeds: Iterable[Any]) -> dict[int, int]:
    """The points of each line when the sheets are entered one after another."""
    given, points = _Given(), {}
    cases: defaultdict[int, Cases] = defaultdict(Cases)
    for row in seeds:
        cases[row.branch_id].members.setdefault(row.case_reference, Counter())[row.member_id] += 1
    for _, sheet in groupby(lines, key=lambda line: line.activity_id):
        for line, line_points, rule_points in _reckoned(list(sheet), rules_of, given, cases):
            given.add(line, line_points, rule_points)
            points[line.id] = line_points
    return points


def _reckoned(
    sheet: list[_Line], rules_of: RulesOf, given: _Given, cases: Mapping[int, Cases]
) -> list[tuple[_Line, int, int]]:
    """The lines of a sheet with their points and what the role's rule gave."""
    session, of_branch = sheet[0].session, cases[sheet[0].branch_id]
    rules = rules_of(sheet[0])
    kept = [line for line in sheet if rules is None or line.is_carried_over]
    for line in kept:
        of_branch.add(line.draft, line.rule_points)
    outcome = [(line, line.points, line.rule_points) for line in kept]
    if rules is not None:
        again = [line for line in sheet if not line.is_carried_over]
        before = {line.member_id: given.before(line) for line in again}
        awards = award_each(rules, session, [line.draft for line in again], before, of_branch)
        outcome += [
            (line, award.points, award.arithmetic.rule_points) for line, award in zip(again, awards, strict=True)
        ]
    return outcome


def _seeds(tx: Transaction, lines: Sequence[_Line], period: Period) -> Sequence[Any]:
    """Who was given points before the month for cases of the month."""
    references = sorted({line.case_reference for line in lines if line.case_reference})
    return tx.all(_EARLIER_CASES, case_references=references, from_on=period.first_on) if references else ()


def _changes_of_members(lines: Iterable[_Line], after: Mapping[int, int]) -> list[Change]:
    had: Counter[int] = Counter()
    would_have: Counter[int] = Counter()
    for line in lines:
        had[line.member_id] += line.points
        would_have[line.member_id] += after[line.id]
    return [Change(member_id, had[member_id], would_have[member_id]) for member_id in had]


def _gain(change: Change) -> int:
    return change.points_after - change.points_before


def _month(tx: Transaction, name: str) -> Period:
    period = parse_month(name)
    if period is None:
        raise Invalid({"month": NO_MONTH})
    if period.first_on > tx.today:
        raise Invalid({"month": NOT_YET})
    return period
