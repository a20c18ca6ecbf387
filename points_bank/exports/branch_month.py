"""A branch's month line by line: the service that was logged there and below, and what its desks handed over."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation, ParticipationState
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_seen
from points_bank.clock import Period, parse_month, start_of_day
from points_bank.columns import table_of
from points_bank.errors import Invalid, message
from points_bank.members.models import Member
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.rewards.models import Desk, Reward
from points_bank.rules.rule_set import ServiceRole
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

BRANCH, ACTIVITY, LINE, MEMBER = table_of(Branch), table_of(Activity), table_of(Participation), table_of(Member)
REDEMPTION, ITEM, REWARD, DESK = table_of(Redemption), table_of(RedemptionItem), table_of(Reward), table_of(Desk)
RECORDER, DECIDER = table_of(Staff).alias("recorder"), table_of(Staff).alias("decider")

MOST_LINES = 200_000

NOT_A_MONTH = message("A month is needed, such as 2026-11.")
TOO_MANY = message("More than {most} lines; please take a smaller branch.")


class ServiceLine(msgspec.Struct, frozen=True):
    """One person in one activity; `name` is its title, or a mediation's case number."""

    service_on: date
    branch_code: str
    activity_id: int
    role: ServiceRole
    theme: str | None
    name: str
    started_at: datetime
    ended_at: datetime
    member_id: int
    member_name: str
    minutes: int
    points: int
    state: ParticipationState
    recorded_by: str
    decided_by: str | None


class GoodsLine(msgspec.Struct, frozen=True):
    """One kind of goods in an exchange at a desk; `state` is that of the exchange now."""

    collected_at: datetime
    desk_code: str
    redemption_id: int
    member_id: int
    member_name: str
    reward_name: str
    quantity: int
    cost_points: int
    state: RedemptionState


class BranchMonth(msgspec.Struct, frozen=True):
    branch_code: str
    month: str
    service: list[ServiceLine]
    goods: list[GoodsLine]


_MOST = sa.literal(MOST_LINES + 1)
_SERVICE = (
    sa.select(
        LINE.c.service_on,
        BRANCH.c.code,
        ACTIVITY.c.id,
        ACTIVITY.c.role,
        ACTIVITY.c.theme,
        sa.case((LINE.c.case_reference.is_not(None), LINE.c.case_reference), else_=ACTIVITY.c.title).label("name"),
        LINE.c.started_at,
        LINE.c.ended_at,
        LINE.c.member_id,
        MEMBER.c.name.label("member_name"),
        LINE.c.minutes,
        LINE.c.points,
        LINE.c.state,
        RECORDER.c.name.label("recorded_by"),
        DECIDER.c.name.label("decided_by"),
    )
    .join_from(ACTIVITY, BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .join(LINE, LINE.c.activity_id == ACTIVITY.c.id)
    .join(MEMBER, MEMBER.c.id == LINE.c.member_id)
    .join(RECORDER, RECORDER.c.id == ACTIVITY.c.recorded_by_id)
    .outerjoin(DECIDER, DECIDER.c.id == ACTIVITY.c.decided_by_id)
    .where(
        below(BRANCH.c.path),
        ACTIVITY.c.service_on >= sa.bindparam("first_on"),
        ACTIVITY.c.service_on < sa.bindparam("until"),
    )
    .order_by(ACTIVITY.c.service_on, ACTIVITY.c.id, LINE.c.id)
    .limit(_MOST)
)
_GOODS = (
    sa.select(
        REDEMPTION.c.collected_at,
        DESK.c.code,
        REDEMPTION.c.id,
        REDEMPTION.c.member_id,
        MEMBER.c.name.label("member_name"),
        REWARD.c.name.label("reward_name"),
        ITEM.c.quantity,
        ITEM.c.cost_points,
        REDEMPTION.c.state,
    )
    .join_from(DESK, BRANCH, BRANCH.c.id == DESK.c.branch_id)
    .join(REDEMPTION, REDEMPTION.c.desk_id == DESK.c.id)
    .join(MEMBER, MEMBER.c.id == REDEMPTION.c.member_id)
    .join(ITEM, ITEM.c.redemption_id == REDEMPTION.c.id)
    .join(REWARD, REWARD.c.id == ITEM.c.reward_id)
    .where(
        below(BRANCH.c.path),
        REDEMPTION.c.collected_at >= sa.bindparam("first_at"),
        REDEMPTION.c.collected_at < sa.bindparam("until_at"),
    )
    .order_by(REDEMPTION.c.collected_at, REDEMPTION.c.id, REWARD.c.id)
    .limit(_MOST)
)


def export_branch_month(tx: Transaction, branch_id: int, month: str, *, by: Actor) -> BranchMonth:
    """A month of a branch and all below it, by the day of service and the day of handing over.

    Refuses `invalid` what is no month, and a branch with more than `MOST_LINES` lines.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.EXPORT_MONTHS, branch.path)
    period = _month(month)
    service = tx.all(_SERVICE, path=branch.path, first_on=period.first_on, until=period.until)
    first_at, until_at = start_of_day(period.first_on, tx.zone), start_of_day(period.until, tx.zone)
    goods = tx.all(_GOODS, path=branch.path, first_at=first_at, until_at=until_at)
    _refuse_too_many(service, goods)
    return BranchMonth(
        branch.code, month, [ServiceLine(*tuple(row)) for row in service], [GoodsLine(*tuple(row)) for row in goods]
    )


def _month(name: str) -> Period:
    period = parse_month(name)
    if period is None:
        raise Invalid({"month": NOT_A_MONTH})
    return period


def _refuse_too_many(*found: Sequence[Any]) -> None:
    if any(len(rows) > MOST_LINES for rows in found):
        raise Invalid({"month": TOO_MANY}, most=MOST_LINES)
