"""The lines of a passbook: each transfer with what it was for."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Correction, Participation
from points_bank.activities.reading import NAME_OF_SERVICE
from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.errors import message
from points_bank.extensions.models import ExtensionOrder
from points_bank.gifts.models import Donation
from points_bank.ledger.accounts import account_of
from points_bank.ledger.models import TransferKind
from points_bank.ledger.statement import StatementLine, statement
from points_bank.members.finding import member_seen
from points_bank.members.models import Member
from points_bank.members.names import masked
from points_bank.redemptions.models import RedemptionItem
from points_bank.rewards.models import Reward
from points_bank.transaction import Transaction

LINE, ACTIVITY, CORRECTION = table_of(Participation), table_of(Activity), table_of(Correction)
ITEM, REWARD = table_of(RedemptionItem), table_of(Reward)

ORDER, DONATION, MEMBER = table_of(ExtensionOrder), table_of(Donation), table_of(Member)

NEWEST = 2**62

TITLES: Mapping[TransferKind, str] = {
    TransferKind.AWARD: message("{cause}"),
    TransferKind.REVERSAL: message("Correction: {cause}"),
    TransferKind.REDEMPTION: message("Exchanged: {cause}"),
    TransferKind.HOLD: message("Reserved: {cause}"),
    TransferKind.RELEASE: message("Reservation ended: {cause}"),
    TransferKind.REFUND: message("Given back: {cause}"),
    TransferKind.LAPSE: message("Lapsed"),
    TransferKind.REINSTATEMENT: message("Lapsed points given back by order {cause}"),
    TransferKind.DONATION: message("Donated to the help pool"),
    TransferKind.GIFT: message("Given by {cause}"),
    TransferKind.GRANT: message("From the help pool"),
    TransferKind.OPENING: message("Carried over from before"),
    TransferKind.MERGER: message("From the same person's other passbook"),
}
"""What stands before the cause of a line, by kind of transfer."""
GIVEN_AWAY = message("Given to {cause}")
GIVEN_BY_ERASED = message("Given by a member whose details were erased")
GIVEN_TO_ERASED = message("Given to a member whose details were erased")
MERGED_AWAY = message("To the same person's other passbook")


class PassbookLine(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer of a member; `cause` is what it was for, in a few words.

    The activity's title, a mediation's case number, the goods that were exchanged as a list, an order's number, or
    the masked name of who gave or was given; empty where nothing more is known, as of who was erased.
    """

    id: int
    kind: TransferKind
    amount_points: int
    balance_points: int
    occurred_on: date
    posted_at: datetime
    cause: str | list[str]
    reference: str

    @property
    def title(self) -> str:
        """The sentence of the line, in which its cause is named."""
        return title_of(self)


_ACTIVITIES = (
    sa.select(LINE.c.id, NAME_OF_SERVICE.label("title"))
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(LINE.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_CORRECTED = (
    sa.select(CORRECTION.c.id, NAME_OF_SERVICE.label("title"))
    .join_from(CORRECTION, LINE, LINE.c.id == CORRECTION.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(CORRECTION.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_ITEMS = (
    sa.select(ITEM.c.redemption_id.label("id"), REWARD.c.name, ITEM.c.quantity)
    .join_from(ITEM, REWARD, REWARD.c.id == ITEM.c.reward_id)
    .where(ITEM.c.redemption_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(ITEM.c.redemption_id, REWARD.c.id)
)

_ORDERS = sa.select(ORDER.c.id, ORDER.c.order_no.label("title")).where(
    ORDER.c.id.in_(sa.bindparam("ids", expanding=True))
)

_OTHER_ID = sa.case(
    (DONATION.c.member_id == sa.bindparam("member_id"), DONATION.c.receiver_id), else_=DONATION.c.member_id
)
_NEIGHBOURS = (
    sa.select(DONATION.c.id, MEMBER.c.name)
    .join_from(DONATION, MEMBER, MEMBER.c.id == _OTHER_ID)
    .where(DONATION.c.id.in_(sa.bindparam("ids", expanding=True)), MEMBER.c.erased_at.is_(None))
)
CAUSES = (("participation", _ACTIVITIES), ("correction", _CORRECTED), ("extension", _ORDERS))
"""Where the title of a cause is found, by the noun that the ledger's references begin with."""


def title_of(line: PassbookLine) -> str:
    """The sentence of a line, in which its cause is named."""
    is_outgoing = line.amount_points < 0
    if line.kind is TransferKind.MERGER and is_outgoing:
        return MERGED_AWAY
    if line.kind is not TransferKind.GIFT:
        return TITLES[line.kind]
    if is_outgoing:
        return GIVEN_AWAY if line.cause else GIVEN_TO_ERASED
    return TITLES[line.kind] if line.cause else GIVEN_BY_ERASED


def passbook_lines(
    tx: Transaction, member_id: int, *, before_id: int | None, limit: int, by: Actor
) -> list[PassbookLine]:
    """The transfers of a member, newest first, one more than the limit."""
    member_seen(tx, member_id, task=Task.READ_TRANSFERS, by=by)
    lines = statement(tx, account_of(tx, member_id).id, before_id=before_id or NEWEST, most=limit + 1)
    causes = _causes(tx, lines) | _neighbours(tx, member_id, lines)
    return [
        PassbookLine(
            id=line.id,
            kind=line.kind,
            amount_points=line.amount_points,
            balance_points=line.balance_points,
            occurred_on=line.occurred_on,
            posted_at=line.posted_at,
            cause=causes.get(_cause_of(line.reference), ""),
            reference=line.reference,
        )
        for line in lines
    ]


def _causes(tx: Transaction, lines: Iterable[StatementLine]) -> dict[tuple[str, int], str | list[str]]:
    """What the references of the lines are called: `participation`, `correction` and `redemption` by id."""
    ids: dict[str, set[int]] = {}
    for noun, cause_id in (_cause_of(line.reference) for line in lines):
        ids.setdefault(noun, set()).add(cause_id)
    titles: dict[tuple[str, int], str | list[str]] = {}
    goods: dict[tuple[str, int], list[str]] = {}
    for noun, query in CAUSES:
        titles |= {(noun, row.id): row.title for row in _rows(tx, query, ids.get(noun))}
    for row in _rows(tx, _ITEMS, ids.get("redemption")):
        item = row.name if row.quantity == 1 else f"{row.name} × {row.quantity}"
        goods.setdefault(("redemption", row.id), []).append(item)
    return titles | goods


def _neighbours(tx: Transaction, member_id: int, lines: Iterable[StatementLine]) -> dict[tuple[str, int], str]:
    """Who gave to the member or was given, masked, by donation; without those who were erased."""
    ids = {_cause_of(line.reference)[1] for line in lines if line.kind is TransferKind.GIFT}
    rows = tx.all(_NEIGHBOURS, ids=sorted(ids), member_id=member_id) if ids else []
    return {("donation", row.id): masked(row.name) for row in rows}


def _rows(tx: Transaction, query: sa.Select[Any], ids: set[int] | None) -> Iterable[Any]:
    return tx.all(query, ids=sorted(ids)) if ids else ()


def _cause_of(reference: str) -> tuple[str, int]:
    """`correction:5/2` is about correction 5."""
    noun, _, rest = reference.partition(":")
    return noun, int(rest.replace("/", ":").partition(":")[0])
