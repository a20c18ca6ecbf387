"""Donating: a member's points to the help pool of their community, or to another member by the number of their card."""

from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import BalanceBelowZero, GuardianRequired, Invalid, NotFound, SamePerson, message
from points_bank.gifts.models import Donation
from points_bank.gifts.pools import fill, pool_branch
from points_bank.ledger.accounts import lock_accounts, lock_members, spendable_points
from points_bank.ledger.giving import give
from points_bank.ledger.models import TransferKind
from points_bank.ledger.spending import spend
from points_bank.members.finding import MemberLine, is_under_18, member_of, member_seen, owner_of_card
from points_bank.members.models import Member
from points_bank.members.names import masked
from points_bank.outbox import MessageKind, News, tell, tell_each
from points_bank.suspensions.in_force import refuse_suspended
from points_bank.transaction import Transaction

DONATION, BRANCH, MEMBER = table_of(Donation), table_of(Branch), table_of(Member)

HELP_POOL = "help_pool"
LEAST_POINTS = 10
"""The catalogue's "donation to the help pool from 10"."""

TOO_LITTLE = message("Give at least {least} points.")
TO_ONESELF = message("Nobody can give to themselves.")
NEWEST = 2**62


class Donated(msgspec.Struct, frozen=True):
    """What was given, as figures. `branch_id` is whose help pool it went to, null for a gift to a member.

    `spendable_points` is what the giver has left to spend.
    """

    id: int
    member_id: int
    receiver_id: int | None
    branch_id: int | None
    points: int
    spendable_points: int


class OwnDonation(msgspec.Struct, frozen=True):
    """What a member gave; `receiver_name` is masked, None for the help pool."""

    points: int
    receiver_name: str | None


class DonationLine(msgspec.Struct, frozen=True):
    id: int
    member_id: int
    receiver_id: int | None
    branch_id: int | None
    points: int
    given_at: datetime
    given_by: str


_ADD = sa.insert(DONATION).returning(DONATION.c.id)
_RECEIVER = (
    sa.select(MEMBER.c.name)
    .join_from(DONATION, MEMBER, MEMBER.c.id == DONATION.c.receiver_id)
    .where(*given(DONATION, "id"))
)
_OWN = (
    sa.select(DONATION.c.points, MEMBER.c.name)
    .outerjoin_from(DONATION, MEMBER, MEMBER.c.id == DONATION.c.receiver_id)
    .where(*given(DONATION, "id", "member_id"))
)
_LIST = (
    sa.select(*(DONATION.c[name] for name in DonationLine.__struct_fields__))
    .join_from(DONATION, MEMBER, MEMBER.c.id == DONATION.c.member_id)
    .join(BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
    .where(below(BRANCH.c.path), DONATION.c.id < sa.bindparam("before_id"))
    .order_by(DONATION.c.id.desc())
    .limit(sa.bindparam("most"))
)


def donate(tx: Transaction, member_id: int, *, points: int, to: str, by: Actor) -> Donated:
    """Give a member's points at the desk, as they asked: `to` is `help_pool` or another member's card number.

    The member is told, because it was done for them. Refuses `same_person` where the clerk would give or be given;
    else what `donate_own` refuses.
    """
    giver = member_seen(tx, member_id, task=Task.SERVE, by=by)
    donated = _donate(tx, giver, points=points, to=to, by=by)
    figures = {"points": points}
    tell(tx, member_id=giver.id, kind=MessageKind.GAVE_AWAY, about=f"donation:{donated.id}", figures=figures)
    return donated


def donate_own(tx: Transaction, *, points: int, to: str, by: Actor) -> Donated:
    """Give points of the member who asks: `to` is `help_pool` or another member's card number.

    Refuses in this order: `member_closed`, `invalid` for too few points or oneself, `not_found`, `card_lost` and
    `member_closed` for the card, `guardian_required`, `redemption_suspended`, `balance_below_zero`,
    `insufficient_points`.
    """
    assert by.member_id is not None, "a member asks"
    return _donate(tx, member_seen(tx, by.member_id, task=Task.SERVE, by=by), points=points, to=to, by=by)


def donate_to_help_pool(tx: Transaction, *, member_id: int, points: int, by: Actor) -> Donated:
    """Give any number of a member's points to the help pool of their home, also from a closed passbook.

    For acts that have asked already whether `by` may: what a family leaves to the pool, for example. Refuses
    `insufficient_points`.
    """
    giver = member_of(tx, member_id)
    pool = pool_branch(tx, giver.branch_path)
    lock_members(tx, [giver.id])
    donation_id = _keep(tx, giver, receiver_id=None, branch_id=pool.id, points=points, by=by)
    spend(
        tx, member_id=giver.id, kind=TransferKind.DONATION, branch_id=pool.id, points=points, on=tx.today,
        reference=f"donation:{donation_id}",
    )  # fmt: skip
    fill(tx, pool.id, points)
    return Donated(donation_id, giver.id, None, pool.id, points, spendable_points(tx, giver.id))


def donations_of(
    tx: Transaction, *, branch_id: int, before_id: int | None, limit: int, by: Actor
) -> list[DonationLine]:
    """What members of a branch and all below it gave, newest first: who looks after the books sees who gave to whom."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_ADMINISTRATION, branch.path)
    return [DonationLine(*row) for row in tx.all(_LIST, path=branch.path, before_id=before_id or NEWEST, most=limit)]


def receiver_name(tx: Transaction, donation_id: int) -> str | None:
    """The masked name of who was given something, so that a giver sees that it was the right card."""
    name: str | None = tx.scalar(_RECEIVER, id=donation_id)
    return None if name is None else masked(name)


def own_donation(tx: Transaction, donation_id: int, *, by: Actor) -> OwnDonation:
    """What the member who asks gave, and whose card it was. Refuses `not_found`."""
    row = tx.maybe(_OWN, id=donation_id, member_id=by.member_id)
    if row is None:
        raise NotFound
    return OwnDonation(row.points, None if row.name is None else masked(row.name))


def _donate(tx: Transaction, giver: MemberLine, *, points: int, to: str, by: Actor) -> Donated:
    giver.require_open()
    if points < LEAST_POINTS:
        raise Invalid({"points": TOO_LITTLE}, least=LEAST_POINTS)
    receiver = None if to == HELP_POOL else _receiver(tx, giver, to, by)
    _refuse_own(by, giver, receiver)
    if is_under_18(giver.born_on, tx.today) and giver.guardian_consented_on is None:
        raise GuardianRequired
    accounts = lock_accounts(tx, [giver.id] if receiver is None else [giver.id, receiver.id])
    refuse_suspended(tx, giver.id)
    balance = accounts[giver.id].balance_points
    if balance < 0:
        raise BalanceBelowZero(balance_points=balance)
    if receiver is None:
        return donate_to_help_pool(tx, member_id=giver.id, points=points, by=by)
    return _give(tx, giver, receiver, points=points, by=by)


def _receiver(tx: Transaction, giver: MemberLine, card_no: str, by: Actor) -> MemberLine:
    receiver = owner_of_card(tx, card_no, field="to", by=by)
    if receiver.id == giver.id:
        raise Invalid({"to": TO_ONESELF})
    receiver.require_open()
    return receiver


def _refuse_own(by: Actor, giver: MemberLine, receiver: MemberLine | None) -> None:
    """Staff neither give for themselves at the desk nor are given to by their own hand. Refuses `same_person`."""
    if by.staff_id is not None and by.member_id in {giver.id, receiver and receiver.id} - {None}:
        raise SamePerson


def _give(tx: Transaction, giver: MemberLine, receiver: MemberLine, *, points: int, by: Actor) -> Donated:
    donation_id = _keep(tx, giver, receiver_id=receiver.id, branch_id=None, points=points, by=by)
    about = f"donation:{donation_id}"
    given_lots = give(
        tx, giver_id=giver.id, receiver_id=receiver.id, points=points, on=tx.today, reference=about
    ).points_by_date
    tell_each(tx, [received(receiver.id, about, part, lapses_on) for lapses_on, part in sorted(given_lots.items())])
    return Donated(donation_id, giver.id, receiver.id, None, points, spendable_points(tx, giver.id))


def received(member_id: int, about: str, points: int, lapses_on: date) -> News:
    """The message that somebody was given points that lapse on a date."""
    return News(member_id, MessageKind.GIFT_RECEIVED, about, {"points": points, "lapses_on": str(lapses_on)})


def _keep(
    tx: Transaction, giver: MemberLine, *, receiver_id: int | None, branch_id: int | None, points: int, by: Actor
) -> int:
    donation_id: int = tx.scalar(
        _ADD, member_id=giver.id, receiver_id=receiver_id, branch_id=branch_id, points=points, given_at=tx.now,
        given_by=by.name,
    )  # fmt: skip
    whom = f"branch:{branch_id}" if receiver_id is None else f"member:{receiver_id}"
    audit.note(tx, by, f"donation:{donation_id}", f"member:{giver.id}", whom)
    return donation_id
