"""A member signs in with card or phone number and PIN, and gets a token of their own."""

from datetime import datetime, timedelta
from functools import partial

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, WrongCredentials, message
from points_bank.ledger.accounts import lock_members
from points_bank.members.card_numbers import DIGITS, read_card_no
from points_bank.members.cards_in_force import IS_IN_FORCE
from points_bank.members.models import Card, Member
from points_bank.members.phones import normalised, phone_hash
from points_bank.staff.sessions import Preference, open_session, preference_of
from points_bank.staff.tokens import issue_member_token
from points_bank.staff.tries import GuardedAccount, Origin, check_tries, remember_address, remember_try
from points_bank.transaction import Transaction

CARD, MEMBER = table_of(Card), table_of(Member)

MEMBER_TOKEN_DAYS = 30

NEITHER = message("Neither the number of a card (10 digits) nor that of a phone.")


class FoundPin(msgspec.Struct, frozen=True):
    """Whose PIN to compare with; without a member where the number is unknown, lost or closed, or has no PIN, and where
    several people have the same phone, who use their cards."""

    known_by: str
    member_id: int | None
    pin_hash: str | None
    origin: Origin | None = None

    @property
    def account(self) -> GuardedAccount:
        noun = "card" if len(self.known_by) == DIGITS else "phone"
        return GuardedAccount(f"{noun}:{self.known_by}", self.pin_hash)


_IS_OPEN = sa.and_(MEMBER.c.closed_at.is_(None), MEMBER.c.pin_hash.is_not(None))
_BY_CARD = (
    sa.select(MEMBER.c.id, MEMBER.c.pin_hash)
    .join_from(CARD, MEMBER, MEMBER.c.id == CARD.c.member_id)
    .where(*given(CARD, "card_no"), IS_IN_FORCE, _IS_OPEN)
)
_BY_PHONE = sa.select(MEMBER.c.id, MEMBER.c.pin_hash).where(*given(MEMBER, "phone_hash"), _IS_OPEN).limit(2)


def find_pin(tx: Transaction, *, card_no: str, origin: Origin | None = None) -> FoundPin:
    """What to compare a PIN with, outside of any act. Refuses `invalid` a mistyped number, and `too_many_tries`."""
    return _find(tx, read_card_no(card_no), origin)


def find_pin_by_number(tx: Transaction, *, number: str, origin: Origin | None = None) -> FoundPin:
    """`find_pin` by the number of a card or of a phone. Refuses `invalid` what is neither, and `too_many_tries`."""
    try:
        return _find(tx, read_card_no(number, field="number"), origin)
    except Invalid:
        pass
    try:
        return _find(tx, normalised(number), origin)
    except Invalid:
        raise Invalid({"number": NEITHER}) from None


def _find(tx: Transaction, known_by: str, origin: Origin | None) -> FoundPin:
    found = _pin(tx, known_by, origin)
    check_tries(tx, found.account, origin)
    return found


def sign_in_member(tx: Transaction, found: FoundPin, *, is_pin: bool, token_hash: bytes) -> datetime:
    """Make the token good for 30 days; until when. `is_pin` is what came out of the comparison with `found`.

    Refuses `unauthenticated`, which is remembered as a try, and `too_many_tries`; a card lost, a passbook closed or a
    PIN replaced during the comparison is no better than a wrong PIN.
    """
    if found.member_id is not None:
        lock_members(tx, [found.member_id])
    check_tries(tx, found.account, found.origin)
    if found.member_id is None or not is_pin or _pin(tx, found.known_by, found.origin) != found:
        raise WrongCredentials(remember=partial(remember_try, account=found.account, origin=found.origin))
    remember_address(tx, found.account, found.origin)
    expires_at = (tx.now + timedelta(days=MEMBER_TOKEN_DAYS)).replace(microsecond=0)
    by = Actor(ActorKind.MEMBER, found.member_id, found.member_id)
    issue_member_token(tx, member_id=found.member_id, token_hash=token_hash, expires_at=expires_at, by=by)
    return expires_at


def begin_member_session(
    tx: Transaction,
    found: FoundPin,
    *,
    is_pin: bool,
    token_hash: bytes,
    device: str,
    instead_of: bytes | None,
) -> Preference:
    """`sign_in_member` with a browser, whose session before this one ends; how the member likes pages."""
    sign_in_member(tx, found, is_pin=is_pin, token_hash=token_hash)
    open_session(tx, token_hash=token_hash, device=device, instead_of=instead_of)
    assert found.member_id is not None, "signed in"
    return preference_of(tx, Actor(ActorKind.MEMBER, found.member_id, found.member_id))


def _pin(tx: Transaction, known_by: str, origin: Origin | None) -> FoundPin:
    if len(known_by) == DIGITS:
        rows = tx.all(_BY_CARD, card_no=known_by)
    else:
        rows = tx.all(_BY_PHONE, phone_hash=phone_hash(tx.keys, known_by))
    if len(rows) != 1:
        return FoundPin(known_by, None, None, origin)
    return FoundPin(known_by, rows[0].id, rows[0].pin_hash, origin)
