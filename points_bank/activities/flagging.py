"""Gathering what flags look at, for one sheet or for a list of them, in the same few queries."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from points_bank.activities.flags import Facts, Flag, flags_of
from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.reading import ActivityLine, ParticipationLine
from points_bank.activities.reckoning import ACTIVITY, COUNTS_AS_SERVICE, LINE
from points_bank.actor import Actor, Task
from points_bank.clock import PeriodKind, period_of
from points_bank.rules.in_force import rule_set_of
from points_bank.transaction import Transaction

_POINTS = (
    sa.select(LINE.c.member_id, LINE.c.service_on, sa.func.sum(LINE.c.points).label("points"))
    .where(
        LINE.c.member_id.in_(sa.bindparam("member_ids", expanding=True)),
        LINE.c.service_on >= sa.bindparam("from_on"),
        LINE.c.service_on < sa.bindparam("until"),
        LINE.c.state.in_(COUNTS_AS_SERVICE),
    )
    .group_by(LINE.c.member_id, LINE.c.service_on)
)
_ENTERED = (
    sa.select(ACTIVITY.c.branch_id, ACTIVITY.c.service_on, ACTIVITY.c.recorded_by_id, sa.func.count().label("lines"))
    .join_from(ACTIVITY, LINE, LINE.c.activity_id == ACTIVITY.c.id)
    .where(
        ACTIVITY.c.branch_id.in_(sa.bindparam("branch_ids", expanding=True)),
        ACTIVITY.c.service_on > sa.bindparam("after_on"),
        ACTIVITY.c.service_on <= sa.bindparam("until_on"),
        ACTIVITY.c.state != ActivityState.RETURNED,
    )
    .group_by(ACTIVITY.c.branch_id, ACTIVITY.c.service_on, ACTIVITY.c.recorded_by_id)
)
_SHEETS = (
    sa.select(
        ACTIVITY.c.id, ACTIVITY.c.recorded_by_id, ACTIVITY.c.recorded_at, ACTIVITY.c.started_at, ACTIVITY.c.ended_at
    )
    .where(
        ACTIVITY.c.recorded_by_id.in_(sa.bindparam("recorder_ids", expanding=True)),
        ACTIVITY.c.recorded_at > sa.bindparam("after_at"),
        ACTIVITY.c.recorded_at <= sa.bindparam("until_at"),
    )
    .order_by(ACTIVITY.c.id)
)


def flags_for(
    tx: Transaction,
    activities: Sequence[ActivityLine],
    lines: Mapping[int, Sequence[ParticipationLine]],
    *,
    by: Actor,
) -> dict[int, list[Flag]]:
    """The flags of activities by id, for those who approve or oversee there; what others may not see is left out.

    Who records is not told what would have been noticed.
    """
    shown = [each for each in activities if by.may(Task.READ_DOUBTS, each.branch_path)]
    if not shown:
        return {}
    surroundings = _Surroundings(tx, shown, lines)
    return {each.id: flags_of(surroundings.facts(each), tx.settings.flags) for each in shown}


@dataclass
class _Surroundings:
    """What others served, entered and earned around some activities."""

    tx: Transaction
    activities: Sequence[ActivityLine]
    lines: Mapping[int, Sequence[ParticipationLine]]
    _points: dict[int, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))
    _entered: dict[int, list[tuple[date, int, int]]] = field(default_factory=lambda: defaultdict(list))
    _sheets: dict[int, list[tuple[int, datetime, int]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._read_points()
        self._read_entered()
        self._read_sheets()

    def facts(self, activity: ActivityLine) -> Facts:
        people = self._people(activity)
        rules = rule_set_of(self.tx, rule_set_id=activity.rule_set_id)
        month, zone = period_of(activity.service_on, PeriodKind.MONTH), self.tx.zone
        days = [self._points[line.member_id] for line in people]
        return Facts(
            started_at=activity.started_at.astimezone(zone),
            ended_at=activity.ended_at.astimezone(zone),
            recorded_at=activity.recorded_at.astimezone(zone),
            recorder_id=activity.recorded_by_id,
            headcount=activity.headcount,
            minutes=[line.minutes for line in people],
            day_points=[each[activity.service_on] for each in days],
            month_points=[
                sum(points for on, points in each.items() if month.first_on <= on < month.until) for each in days
            ],
            day_cap_points=rules.day_cap_points,
            month_cap_points=rules.month_cap_points,
            lines_by_recorder=self._lines_by_recorder(activity),
            sheets_in_a_row=self._sheets_in_a_row(activity),
        )

    def _people(self, activity: ActivityLine) -> list[ParticipationLine]:
        return [line for line in self.lines[activity.id] if line.state is not ParticipationState.REJECTED]

    def _lines_by_recorder(self, activity: ActivityLine) -> Counter[int]:
        after_on = activity.service_on - timedelta(days=self.tx.settings.flags.share_days)
        entered: Counter[int] = Counter()
        for on, recorder_id, lines in self._entered[activity.branch_id]:
            if after_on < on <= activity.service_on:
                entered[recorder_id] += lines
        return entered

    def _sheets_in_a_row(self, activity: ActivityLine) -> list[int]:
        after_at = activity.recorded_at - timedelta(seconds=self.tx.settings.flags.fast_seconds)
        return [
            minutes
            for activity_id, at, minutes in self._sheets[activity.recorded_by_id]
            if after_at < at and activity_id <= activity.id
        ]

    def _read_points(self) -> None:
        members = sorted({line.member_id for each in self.activities for line in self.lines[each.id]})
        months = [period_of(each.service_on, PeriodKind.MONTH) for each in self.activities]
        span = {"from_on": min(month.first_on for month in months), "until": max(month.until for month in months)}
        for row in self.tx.all(_POINTS, member_ids=members, **span):
            self._points[row.member_id][row.service_on] += row.points

    def _read_entered(self) -> None:
        served = [each.service_on for each in self.activities]
        after_on = min(served) - timedelta(days=self.tx.settings.flags.share_days)
        branch_ids = sorted({each.branch_id for each in self.activities})
        for row in self.tx.all(_ENTERED, branch_ids=branch_ids, after_on=after_on, until_on=max(served)):
            self._entered[row.branch_id].append((row.service_on, row.recorded_by_id, row.lines))

    def _read_sheets(self) -> None:
        entered = [each.recorded_at for each in self.activities]
        after_at = min(entered) - timedelta(seconds=self.tx.settings.flags.fast_seconds)
        recorder_ids = sorted({each.recorded_by_id for each in self.activities})
        for row in self.tx.all(_SHEETS, recorder_ids=recorder_ids, after_at=after_at, until_at=max(entered)):
            minutes = int((row.ended_at - row.started_at).total_seconds()) // 60
            self._sheets[row.recorded_by_id].append((row.id, row.recorded_at, minutes))
