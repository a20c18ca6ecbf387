"""PINs: a slip of paper with six digits, with which a member signs in beside the card number."""

import unicodedata

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Busy, SamePerson
from points_bank.ledger.accounts import lock_account
from points_bank.members.finding import member_seen
from points_bank.members.models import Member
from points_bank.staff.tokens import end_member_tokens
from points_bank.transaction import Transaction

MEMBER = table_of(Member)

PIN_DIGITS = 6


class PinSlip(msgspec.Struct, frozen=True):
    """Which slip of a member it is, counted from 1. The PIN on it is `pin_of`, and is kept nowhere."""

    member_id: int
    serial: int


_SERIAL = sa.select(MEMBER.c.pin_serial).where(*given(MEMBER, "id"))
_SET = (
    sa.update(MEMBER)
    .where(MEMBER.c.id == sa.bindparam("whose"))
    .values(pin_serial=sa.bindparam("serial"), pin_hash=sa.bindparam("new_hash"))
)


def next_pin_slip(tx: Transaction, member_id: int, *, by: Actor) -> PinSlip:
    """The slip that the member would get now; `set_pin` makes it count.

    Refuses `member_closed`, and `same_person` staff who would print their own.
    """
    _owner(tx, member_id, by)
    return PinSlip(member_id, tx.scalar(_SERIAL, id=member_id) + 1)


def pin_of(tx: Transaction, slip: PinSlip) -> str:
    """The PIN on a slip; that of an earlier slip no longer opens anything."""
    return tx.keys.digits("pin", f"{slip.member_id}/{slip.serial}", length=PIN_DIGITS)


def secret_of(member_id: int | None, pin: str) -> str:
    """What is hashed for a PIN as typed: bound to its member, so that equal PINs have nothing in common."""
    return f"member:{member_id} {unicodedata.normalize('NFKC', pin).strip()}"


def set_pin(tx: Transaction, slip: PinSlip, *, pin_hash: str, by: Actor) -> PinSlip:
    """Have the PIN of a slip count from now on; the one before it and all tokens got with it end.

    `pin_hash` is the hash of `secret_of`, made outside the act, because it takes long. Two who print the same slip at
    the same time get the same PIN. Refuses `busy` a slip that a later one has overtaken, and as `next_pin_slip` does.
    """
    _owner(tx, slip.member_id, by)
    lock_account(tx, slip.member_id)
    serial = tx.scalar(_SERIAL, id=slip.member_id)
    if slip.serial < serial:
        raise Busy
    if slip.serial > serial:
        tx.run(_SET, whose=slip.member_id, serial=slip.serial, new_hash=pin_hash)
        end_member_tokens(tx, slip.member_id)
        audit.note(tx, by, f"member:{slip.member_id}")
    return slip


def _owner(tx: Transaction, member_id: int, by: Actor) -> None:
    member_seen(tx, member_id, task=Task.ISSUE_CARDS, by=by).require_open()
    if by.member_id == member_id:
        raise SamePerson
