"""A member signs in with card number and PIN, and gets a token of their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import WrongCredentials
from points_bank.members.card_numbers import read_card_no
from points_bank.members.cards_in_force import IS_IN_FORCE
from points_bank.members.models import Card, Member
from points_bank.staff.signing_in import check_tries, remember_try
from points_bank.staff.tokens import issue_member_token
from points_bank.transaction import Transaction

CARD, MEMBER = table_of(Card), table_of(Member)

MEMBER_TOKEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class FoundPin:
    """Whose PIN to compare with; without a member where the card is unknown, lost or closed, or has no PIN."""

    card_no: str
    member_id: int | None
    pin_hash: str | None


_BY_CARD = (
    sa.select(MEMBER.c.id, MEMBER.c.pin_hash)
    .join_from(CARD, MEMBER, MEMBER.c.id == CARD.c.member_id)
    .where(
        *given(CARD, "card_no"),
        IS_IN_FORCE,
        MEMBER.c.closed_at.is_(None),
        MEMBER.c.pin_hash.is_not(None),
    )
)


def find_pin(tx: Transaction, *, card_no: str) -> FoundPin:
    """What to compare a PIN with, outside of any act. Refuses `invalid` a mistyped number, and `too_many_tries`."""
    number = read_card_no(card_no)
    check_tries(tx, _subject(number))
    return _pin(tx, number)


def sign_in_member(tx: Transaction, found: FoundPin, *, is_pin: bool, token_hash: bytes) -> datetime:
    """Make the token good for 30 days; until when. `is_pin` is what came out of the comparison with `found`.

    Refuses `unauthenticated`, which is remembered as a try, and `too_many_tries`; a card lost, a passbook closed or a
    PIN replaced during the comparison is no better than a wrong PIN.
    """
    check_tries(tx, _subject(found.card_no))
    if found.member_id is None or not is_pin or _pin(tx, found.card_no) != found:
        raise WrongCredentials(remember=partial(remember_try, subject=_subject(found.card_no)))
    expires_at = (tx.now + timedelta(days=MEMBER_TOKEN_DAYS)).replace(microsecond=0)
    by = Actor(ActorKind.MEMBER, found.member_id, found.member_id)
    issue_member_token(tx, member_id=found.member_id, token_hash=token_hash, expires_at=expires_at, by=by)
    return expires_at


def _pin(tx: Transaction, card_no: str) -> FoundPin:
    row = tx.maybe(_BY_CARD, card_no=card_no)
    return FoundPin(card_no, None, None) if row is None else FoundPin(card_no, row.id, row.pin_hash)


def _subject(card_no: str) -> str:
    return f"card:{card_no}"
