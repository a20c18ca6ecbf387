"""The register: what a desk handed over on a day, and what was undone, in order, with clerk and balance after."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.tree import check_dates
from points_bank.clock import start_of_day
from points_bank.columns import table_of
from points_bank.ledger.models import Transfer, TransferKind
from points_bank.members.models import Card, CardState, Member, Proxy
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionPayment, RedemptionState
from points_bank.redemptions.payments import OWN_REFERENCE
from points_bank.rewards.desks import desk_seen
from points_bank.rewards.models import Reward
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

REDEMPTION, ITEM, REWARD = table_of(Redemption), table_of(RedemptionItem), table_of(Reward)
PAYMENT, PROXY = table_of(RedemptionPayment), table_of(Proxy)
MEMBER, CARD, STAFF, TRANSFER = table_of(Member), table_of(Card), table_of(Staff), table_of(Transfer)


class LineKind(StrEnum):
    EXCHANGE = "exchange"
    CANCELLATION = "cancellation"


class RegisterItem(msgspec.Struct, frozen=True):
    reward_id: int
    name: str
    quantity: int
    cost_points: int


class RegisterPayer(msgspec.Struct, frozen=True):
    member_id: int
    name: str
    points: int


class RegisterLine(msgspec.Struct, frozen=True):
    """A line of the register. `clerk_name` is null where a member cancelled an own reservation.

    `payers` are those who paid together, none where the member paid alone. `proxy_id` and `proxy_name` are of who
    collected it for the member; the name is null once it is erased.

    `state` is that of the redemption now: an exchange undone later says so. `card_tail` is null where the member has
    no card at present.
    """

    at: datetime
    kind: LineKind
    redemption_id: int
    state: RedemptionState
    member_id: int
    member_name: str
    card_tail: str | None
    items: list[RegisterItem]
    amount_points: int
    balance_points: int
    clerk_name: str | None
    payers: list[RegisterPayer]
    proxy_id: int | None
    proxy_name: str | None


def _lines(kind: LineKind, at: sa.Column[Any], who: sa.Column[Any], balance: sa.ColumnElement[int]) -> sa.Select[Any]:
    """Redemptions of a desk with that instant on the day."""
    return sa.select(
        at.label("at"),
        sa.literal(kind.value).label("kind"),
        REDEMPTION.c.id,
        REDEMPTION.c.state,
        REDEMPTION.c.member_id,
        REDEMPTION.c.amount_points,
        balance.label("balance"),
        who.label("who"),
        REDEMPTION.c.proxy_id,
    ).where(
        REDEMPTION.c.desk_id == sa.bindparam("at_desk_id"),
        at >= sa.bindparam("from_at", type_=at.type),
        at < sa.bindparam("until_at", type_=at.type),
    )


_BALANCE_AFTER_RETURN = (
    sa.select(TRANSFER.c.credit_balance_points)
    .where(
        TRANSFER.c.kind.in_((TransferKind.RELEASE, TransferKind.REFUND)),
        TRANSFER.c.reference == OWN_REFERENCE,
    )
    .correlate(REDEMPTION)
    .scalar_subquery()
)
_EXCHANGES = _lines(
    LineKind.EXCHANGE, REDEMPTION.c.collected_at, REDEMPTION.c.collected_by, REDEMPTION.c.balance_points
)
_CANCELLATIONS = _lines(
    LineKind.CANCELLATION,
    REDEMPTION.c.ended_at,
    REDEMPTION.c.ended_by,
    # Who ordered what others paid had nothing to get back.
    sa.func.coalesce(_BALANCE_AFTER_RETURN, REDEMPTION.c.balance_points),
).where(REDEMPTION.c.state == RedemptionState.CANCELLED)
_OF_DAY = (
    sa.union_all(_EXCHANGES, _CANCELLATIONS)
    .order_by(sa.text("at"), sa.text("kind DESC"), sa.text("id"))
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("skipped"))
)
_ITEMS = (
    sa.select(ITEM.c.redemption_id, ITEM.c.reward_id, REWARD.c.name, ITEM.c.quantity, ITEM.c.cost_points)
    .join_from(ITEM, REWARD, REWARD.c.id == ITEM.c.reward_id)
    .where(ITEM.c.redemption_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(ITEM.c.redemption_id, ITEM.c.reward_id)
)
_PAYERS = (
    sa.select(PAYMENT.c.redemption_id, PAYMENT.c.member_id, PAYMENT.c.points)
    .where(PAYMENT.c.redemption_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(PAYMENT.c.redemption_id, PAYMENT.c.member_id)
)
_PROXY_NAMES = sa.select(PROXY.c.id, PROXY.c.name).where(PROXY.c.id.in_(sa.bindparam("ids", expanding=True)))
_MEMBER_NAMES = sa.select(MEMBER.c.id, MEMBER.c.name).where(MEMBER.c.id.in_(sa.bindparam("ids", expanding=True)))
_STAFF_NAMES = sa.select(STAFF.c.id, STAFF.c.name).where(STAFF.c.id.in_(sa.bindparam("ids", expanding=True)))
_CARDS = sa.select(CARD.c.member_id, CARD.c.card_no).where(
    CARD.c.member_id.in_(sa.bindparam("ids", expanding=True)), CARD.c.state == CardState.ACTIVE
)


def register_of(
    tx: Transaction, desk_id: int, *, on: date | None = None, skipped: int = 0, limit: int, by: Actor
) -> list[RegisterLine]:
    """The lines of a desk's day, today by default, the first `skipped` left out.

    An exchange stands on the day on which the goods were handed over, a cancellation on its own day. What was only
    reserved or ran out is no line. Refuses `invalid` a day in no living memory or far ahead.
    """
    desk = desk_seen(tx, desk_id, by=by)
    by.require(Task.READ_REGISTER, desk.branch_path)
    day = on or tx.today
    check_dates(on=day, until=None)
    rows = tx.all(
        _OF_DAY,
        at_desk_id=desk_id,
        from_at=start_of_day(day, tx.zone),
        until_at=start_of_day(day + timedelta(days=1), tx.zone),
        skipped=skipped,
        most=limit,
    )
    names = Names(tx, rows)
    return [line_of(row, names) for row in rows]


class Names:
    """What the lines' ids stand for, read at once."""

    def __init__(self, tx: Transaction, rows: Sequence[Any]) -> None:
        ids = sorted({row.id for row in rows})
        payments: Sequence[Any] = tx.all(_PAYERS, ids=ids) if ids else []
        members = {row.member_id for row in [*rows, *payments]}
        clerks = {int(row.who.removeprefix("staff:")) for row in rows if row.who.startswith("staff:")}
        self.members = _pairs(tx, _MEMBER_NAMES, members)
        self.cards = _pairs(tx, _CARDS, members)
        self.clerks = {f"staff:{staff_id}": name for staff_id, name in _pairs(tx, _STAFF_NAMES, clerks).items()}
        self.proxies = _pairs(tx, _PROXY_NAMES, {row.proxy_id for row in rows if row.proxy_id})
        self.payers: dict[int, list[RegisterPayer]] = {}
        for each in payments:
            payer = RegisterPayer(each.member_id, self.members[each.member_id], each.points)
            self.payers.setdefault(each.redemption_id, []).append(payer)
        self.items: dict[int, list[RegisterItem]] = {}
        for item in tx.all(_ITEMS, ids=ids) if ids else []:
            shown = RegisterItem(item.reward_id, item.name, item.quantity, item.cost_points)
            self.items.setdefault(item.redemption_id, []).append(shown)

    def card_tail(self, member_id: int) -> str | None:
        """The last four digits of the card that somebody has at present."""
        card_no = self.cards.get(member_id)
        return card_no and card_no[-4:]


def _pairs(tx: Transaction, statement: sa.Select[Any], ids: Collection[int]) -> dict[int, str]:
    """Names by id; an empty list of ids asks nothing."""
    rows: Sequence[Any] = tx.all(statement, ids=sorted(ids)) if ids else []
    return {row[0]: row[1] for row in rows}


def line_of(row: Any, names: Names) -> RegisterLine:
    """A line of a row with `at`, `kind`, `id`, `state`, `member_id`, `amount_points`, `balance`, `who`, `proxy_id`."""
    return RegisterLine(
        at=row.at,
        kind=LineKind(row.kind),
        redemption_id=row.id,
        state=row.state,
        member_id=row.member_id,
        member_name=names.members[row.member_id],
        card_tail=names.card_tail(row.member_id),
        items=names.items[row.id],
        amount_points=row.amount_points,
        balance_points=row.balance,
        clerk_name=names.clerks.get(row.who),
        payers=names.payers.get(row.id, []),
        proxy_id=row.proxy_id,
        proxy_name=names.proxies.get(row.proxy_id),
    )
