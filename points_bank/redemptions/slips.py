"""Slips: one redemption as it is told at the desk, and the last ones of the day."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import Forbidden, NotFound
from points_bank.ledger.accounts import spendable_points
from points_bank.members.finding import member_seen
from points_bank.members.proxies import proxies_of
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.redemptions.register import LineKind, Names, RegisterLine, line_of
from points_bank.rewards.desks import DeskLine, desk_seen
from points_bank.transaction import Transaction

REDEMPTION = table_of(Redemption)


class Slip(msgspec.Struct, frozen=True):
    """A redemption as its line in the register, which a reservation is not yet.

    `expires_at` is set for what was reserved; `ending_reason` for what was cancelled with one. `spendable_points` is
    what the member can spend now, None for who may not read their passbook: a slip outlasts the day of a visit.
    `line.balance_points` is what was left right after it. `proxies` are those who may collect what is reserved, with
    their names.
    """

    desk: DeskLine
    line: RegisterLine
    expires_at: datetime | None
    ending_reason: str | None
    spendable_points: int | None
    proxies: list[tuple[int, str]]


_LINES = sa.select(
    sa.func.coalesce(REDEMPTION.c.collected_at, REDEMPTION.c.ordered_at).label("at"),
    sa.literal(LineKind.EXCHANGE.value).label("kind"),
    REDEMPTION.c.id,
    REDEMPTION.c.desk_id,
    REDEMPTION.c.state,
    REDEMPTION.c.member_id,
    REDEMPTION.c.amount_points,
    REDEMPTION.c.balance_points.label("balance"),
    sa.func.coalesce(REDEMPTION.c.collected_by, REDEMPTION.c.ordered_by).label("who"),
    REDEMPTION.c.proxy_id,
    REDEMPTION.c.expires_at,
    REDEMPTION.c.ending_reason,
)
_ONE = _LINES.where(*given(REDEMPTION, "id"))
_OF_DAY = sa.and_(
    REDEMPTION.c.desk_id == sa.bindparam("at_desk_id"),
    REDEMPTION.c.collected_at >= sa.bindparam("from_at"),
    REDEMPTION.c.collected_at < sa.bindparam("until_at"),
)
_LAST = (
    _LINES.where(_OF_DAY, REDEMPTION.c.state == RedemptionState.COLLECTED)
    .order_by(REDEMPTION.c.collected_at.desc(), REDEMPTION.c.id.desc())
    .limit(sa.bindparam("most"))
)
_SERVED = sa.select(sa.func.count()).select_from(REDEMPTION).where(_OF_DAY)


def slip_of(tx: Transaction, redemption_id: int, *, by: Actor) -> Slip:
    """The slip of a redemption at a desk whose register the actor reads. Refuses `not_found`."""
    row = tx.maybe(_ONE, id=redemption_id)
    if row is None:
        raise NotFound
    desk = desk_seen(tx, row.desk_id, by=by)
    by.require(Task.READ_REGISTER, desk.branch_path)
    line = line_of(row, Names(tx, [row]))
    proxies = _proxies(tx, row.member_id, by) if row.state is RedemptionState.RESERVED else []
    return Slip(desk, line, row.expires_at, row.ending_reason, _spendable(tx, row.member_id, by), proxies)


def last_exchanges(tx: Transaction, desk: DeskLine, *, most: int) -> list[RegisterLine]:
    """What was handed over at a desk today and was not undone, the last first."""
    rows = tx.all(_LAST, **_day_at(tx, desk), most=most)
    names = Names(tx, rows)
    return [line_of(row, names) for row in rows]


def served_today(tx: Transaction, desk: DeskLine) -> int:
    """How many exchanges a desk has seen today, those that were undone included."""
    served: int = tx.scalar(_SERVED, **_day_at(tx, desk))
    return served


def _spendable(tx: Transaction, member_id: int, by: Actor) -> int | None:
    try:
        member_seen(tx, member_id, task=Task.READ_PASSBOOKS, by=by)
    except (Forbidden, NotFound):
        return None
    return spendable_points(tx, member_id)


def _proxies(tx: Transaction, member_id: int, by: Actor) -> list[tuple[int, str]]:
    """Whom a member authorised; of who comes from elsewhere with a code alone, nothing is told."""
    try:
        proxies = proxies_of(tx, member_id, task=Task.SERVE, by=by)
    except (Forbidden, NotFound):
        return []
    return [(each.id, each.name or "") for each in proxies if each.is_in_force]


def _day_at(tx: Transaction, desk: DeskLine) -> dict[str, object]:
    tomorrow = tx.today + timedelta(days=1)
    return {
        "at_desk_id": desk.id, "from_at": start_of_day(tx.today, tx.zone), "until_at": start_of_day(tomorrow, tx.zone)
    }  # fmt: skip
