"""The statements that write a month of a big bank: sheets with everybody on them, their awards, visits to desks."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from points_bank.activities.models import Activity, ActivityState, Participation, ParticipationState
from points_bank.actor import SYSTEM
from points_bank.clock import PeriodKind, at_time, period_of
from points_bank.columns import table_of
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.bulk import award_all, spend_all
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.members.models import Member
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.rewards.models import Desk, Stock, StockMovement, StockMovementKind
from points_bank.rules.points import Service, points_for
from points_bank.rules.rule_set import RuleSet, ServiceRole
from points_bank.transaction import Transaction

SHEET = 20
"""How many people stand on a sheet."""
DAYS = 14
MINUTES = (30, 60, 90, 90, 120, 120, 150, 180, 240)
REWARD_POINTS = 100
DAY = timedelta(days=1)

MEMBER, ACTIVITY, LINE = table_of(Member), table_of(Activity), table_of(Participation)
REDEMPTION, ITEM = table_of(Redemption), table_of(RedemptionItem)
DESK, STOCK, MOVEMENT = table_of(Desk), table_of(Stock), table_of(StockMovement)

_SESSION = sa.table(
    "big_session",
    *(sa.column("slot", sa.Integer), sa.column("minutes", sa.Integer), sa.column("points", sa.Integer)),
    *(sa.column("service_on", sa.Date()), sa.column("arithmetic", LINE.c.arithmetic.type)),
    *(sa.column(name, LINE.c.started_at.type) for name in ("started_at", "ended_at")),
)
_MAKE_SESSIONS = sa.text("""
    CREATE TEMPORARY TABLE IF NOT EXISTS big_session (
        slot INTEGER PRIMARY KEY, minutes INTEGER, points INTEGER, service_on DATE, arithmetic JSON,
        started_at DATETIME, ended_at DATETIME
    )
""")
_CLEAR_SESSIONS = sa.delete(_SESSION)
_ADD_SESSIONS = sa.insert(_SESSION)
_LAST_ACTIVITY = sa.select(sa.func.coalesce(sa.func.max(ACTIVITY.c.id), 0))
_LAST_LINE = sa.select(sa.func.coalesce(sa.func.max(LINE.c.id), 0))
_LAST_REDEMPTION = sa.select(sa.func.coalesce(sa.func.max(REDEMPTION.c.id), 0))


def _is_drawn(member_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a member is among so many in a thousand; whoever is drawn with a share is drawn with a larger one."""
    return (member_id * 7919 + sa.bindparam("draw") * 331) % 1000 < sa.bindparam("per_mille")


def _lines() -> sa.Insert:
    present = (
        sa.select(MEMBER.c.id, (sa.func.row_number().over(order_by=MEMBER.c.id) - 1).label("place"))
        .where(_is_drawn(MEMBER.c.id))
        .subquery()
    )
    sheet = present.c.place // SHEET
    columns = {
        "activity_id": sa.bindparam("after_activity_id", type_=sa.Integer) + 1 + sheet,
        "member_id": present.c.id,
        "state": sa.literal(ParticipationState.SETTLED, LINE.c.state.type),
        "role": sa.literal(ServiceRole.SERVICE, LINE.c.role.type),
        **{name: _SESSION.c[name] for name in ("service_on", "started_at", "ended_at", "minutes", "points")},
        "rule_points": _SESSION.c.points,
        "is_lead": sa.false(),
        "arithmetic": _SESSION.c.arithmetic,
        "overlap_minutes": sa.literal(0),
        "settled_at": sa.bindparam("now", type_=LINE.c.settled_at.type),
    }
    rows = sa.select(*columns.values()).join_from(present, _SESSION, _SESSION.c.slot == sheet % (DAYS * len(MINUTES)))
    return sa.insert(LINE).from_select(list(columns), rows.order_by(present.c.id))


def _sheets() -> sa.Insert:
    first = (
        sa.select(LINE.c.activity_id, sa.func.min(LINE.c.member_id).label("member_id"), *(
            sa.func.min(LINE.c[name]).label(name) for name in ("service_on", "started_at", "ended_at")
        ))
        .where(LINE.c.activity_id > sa.bindparam("after_activity_id"))
        .group_by(LINE.c.activity_id)
        .subquery()
    )  # fmt: skip
    now = sa.bindparam("now", type_=ACTIVITY.c.settles_at.type)
    columns = {
        "id": first.c.activity_id,
        "branch_id": MEMBER.c.branch_id,
        "role": sa.literal(ServiceRole.SERVICE, ACTIVITY.c.role.type),
        "title": sa.literal("清扫"),
        "theme": sa.literal("cleaning"),
        **{name: first.c[name] for name in ("service_on", "started_at", "ended_at")},
        "state": sa.literal(ActivityState.SETTLED, ACTIVITY.c.state.type),
        "is_late": sa.false(),
        "rule_set_id": sa.literal(1),
        "recorded_by_id": sa.bindparam("recorder_id", type_=sa.Integer),
        "recorded_at": first.c.ended_at,
        "decided_by_id": sa.bindparam("approver_id", type_=sa.Integer),
        "decided_at": first.c.ended_at,
        "settles_at": now,
    }
    rows = sa.select(*columns.values()).join_from(first, MEMBER, MEMBER.c.id == first.c.member_id)
    return sa.insert(ACTIVITY).from_select(list(columns), rows)


def _redemptions() -> sa.Insert:
    now = sa.bindparam("now", type_=REDEMPTION.c.ordered_at.type)
    columns = {
        "member_id": MEMBER.c.id,
        "desk_id": DESK.c.id,
        "state": sa.literal(RedemptionState.COLLECTED, REDEMPTION.c.state.type),
        "amount_points": sa.literal(REWARD_POINTS),
        "balance_points": ACCOUNT.c.balance_points - REWARD_POINTS,
        "month": sa.bindparam("month", type_=sa.String),
        "wrong_codes": sa.literal(0),
        "is_pooled": sa.false(),
        **dict.fromkeys(("ordered_at", "collected_at"), now),
        **dict.fromkeys(("ordered_by", "collected_by"), sa.literal(SYSTEM.name)),
    }
    rows = (
        sa.select(*columns.values())
        .join_from(MEMBER, ACCOUNT, sa.and_(ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id == MEMBER.c.id))
        .join(DESK, DESK.c.branch_id == MEMBER.c.branch_id)
        .where(_is_drawn(MEMBER.c.id), ACCOUNT.c.balance_points >= REWARD_POINTS)
    )
    return sa.insert(REDEMPTION).from_select(list(columns), rows)


def _goods(kind: StockMovementKind) -> sa.Insert:
    """What the redemptions after some id took from their desks."""
    columns = {
        "desk_id": REDEMPTION.c.desk_id,
        "reward_id": sa.bindparam("reward_id", type_=sa.Integer),
        "kind": sa.literal(kind, MOVEMENT.c.kind.type),
        "quantity": sa.literal(-1),
        "redemption_id": REDEMPTION.c.id,
        "moved_by": sa.literal(SYSTEM.name),
        "moved_at": REDEMPTION.c.ordered_at,
    }
    rows = sa.select(*columns.values()).where(REDEMPTION.c.id > sa.bindparam("after_id"))
    return sa.insert(MOVEMENT).from_select(list(columns), rows)


_ADD_LINES, _ADD_SHEETS, _ADD_REDEMPTIONS, _TAKE_GOODS = (
    _lines(),
    _sheets(),
    _redemptions(),
    _goods(StockMovementKind.REDEEMED),
)
_ADD_ITEMS = sa.insert(ITEM).from_select(
    ["redemption_id", "reward_id", "quantity", "cost_points"],
    sa.select(
        REDEMPTION.c.id, sa.bindparam("reward_id", type_=sa.Integer), sa.literal(1), REDEMPTION.c.amount_points
    ).where(REDEMPTION.c.id > sa.bindparam("after_id")),
)  # fmt: skip
_AWARDS = (
    sa.select(
        LINE.c.member_id,
        ACTIVITY.c.branch_id,
        LINE.c.points,
        LINE.c.minutes,
        sa.literal(1).label("activities"),
        LINE.c.service_on.label("occurred_on"),
        sa.bindparam("lapses_on", type_=sa.Date()).label("lapses_on"),
        (sa.literal("participation:") + sa.cast(LINE.c.id, sa.String)).label("reference"),
    )
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(LINE.c.id > sa.bindparam("after_line_id"))
)
_SPENDINGS = (
    sa.select(
        REDEMPTION.c.member_id,
        DESK.c.branch_id,
        REDEMPTION.c.amount_points.label("points"),
        sa.bindparam("on", type_=sa.Date()).label("occurred_on"),
        (sa.literal("redemption:") + sa.cast(REDEMPTION.c.id, sa.String)).label("reference"),
    )
    .join_from(REDEMPTION, DESK, DESK.c.id == REDEMPTION.c.desk_id)
    .where(REDEMPTION.c.id > sa.bindparam("after_id"))
)
_FILL_SHELVES = (
    sa.insert(MOVEMENT).from_select(
        ["desk_id", "reward_id", "kind", "quantity", "moved_by", "moved_at"],
        sa.select(
            DESK.c.id, sa.bindparam("reward_id", type_=sa.Integer),
            sa.literal(StockMovementKind.RECEIVED, MOVEMENT.c.kind.type), sa.bindparam("quantity", type_=sa.Integer),
            sa.literal(SYSTEM.name), DESK.c.created_at,
        ),
    )
)  # fmt: skip
_COUNT_SHELVES = sa.insert(STOCK).from_select(
    ["desk_id", "reward_id", "remaining_quantity"],
    sa.select(MOVEMENT.c.desk_id, MOVEMENT.c.reward_id, sa.func.sum(MOVEMENT.c.quantity)).group_by(
        MOVEMENT.c.desk_id, MOVEMENT.c.reward_id
    ),
)


def serve(
    tx: Transaction, rules: RuleSet, *, draw: int, per_mille: int, first_on: date, recorder_id: int, approver_id: int
) -> None:
    """Half a month of service by so many in a thousand, settled now."""
    tx.run(_MAKE_SESSIONS)
    tx.run(_CLEAR_SESSIONS)
    tx.many(_ADD_SESSIONS, _sessions(rules, first_on, tx.zone))
    sheets = {"after_activity_id": tx.scalar(_LAST_ACTIVITY), "now": tx.now}
    after_line_id = tx.scalar(_LAST_LINE)
    tx.run(_ADD_LINES, **sheets, draw=draw, per_mille=per_mille)
    tx.run(_ADD_SHEETS, **sheets, recorder_id=recorder_id, approver_id=approver_id)
    award_all(tx, _AWARDS, after_line_id=after_line_id, lapses_on=rules.lapses_on(first_on))


def exchange(tx: Transaction, *, draw: int, per_mille: int, reward_id: int) -> None:
    """So many in a thousand go to the desk of their estate, today, those who have enough."""
    after_id = tx.scalar(_LAST_REDEMPTION)
    month = period_of(tx.today, PeriodKind.MONTH).name
    tx.run(_ADD_REDEMPTIONS, now=tx.now, month=month, draw=draw, per_mille=per_mille)
    tx.run(_ADD_ITEMS, reward_id=reward_id, after_id=after_id)
    tx.run(_TAKE_GOODS, reward_id=reward_id, after_id=after_id)
    spend_all(tx, _SPENDINGS, kind=TransferKind.REDEMPTION, after_id=after_id, on=tx.today)


def count_shelves(tx: Transaction, *, reward_id: int, received: int) -> None:
    """Book what every desk had received at its beginning, and what is left of it."""
    tx.run(_FILL_SHELVES, reward_id=reward_id, quantity=received)
    tx.run(_COUNT_SHELVES)


def _sessions(rules: RuleSet, first_on: date, zone: ZoneInfo) -> list[dict[str, object]]:
    """Something on every day for every length, with what the rules give for it."""
    rows: list[dict[str, object]] = []
    for slot in range(DAYS * len(MINUTES)):
        on, minutes = first_on + slot % DAYS * DAY, MINUTES[slot % len(MINUTES)]
        award = points_for(rules, Service(role=ServiceRole.SERVICE, minutes=minutes, served_on=on))
        start = at_time(on, time(8, 30), zone)
        rows.append(
            {
                "slot": slot,
                "minutes": minutes,
                "points": award.points,
                "service_on": on,
                "arithmetic": award.arithmetic.to_json(),
                "started_at": start,
                "ended_at": start + timedelta(minutes=minutes),
            }
        )
    return rows
