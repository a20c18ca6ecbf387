"""What must hold of members: that they have an account, a home and at most one card, and can be found by phone."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.columns import table_of
from points_bank.encryption import LacksKey
from points_bank.keys import NotDecrypted
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.models import AccountKind
from points_bank.members.erasure import ERASED
from points_bank.members.models import Card, CardState, Consent, Home, HouseholdMember, Member
from points_bank.members.phones import found_by, phone_of
from points_bank.members.register import ALWAYS
from points_bank.transaction import Transaction

MEMBER, HOME, CARD, PRESENCE = table_of(Member), table_of(Home), table_of(Card), table_of(HouseholdMember)
CONSENT = table_of(Consent)

_ACCOUNTS = (
    sa.select(MEMBER.c.id, sa.func.count(ACCOUNT.c.id).label("accounts"))
    .outerjoin_from(MEMBER, ACCOUNT, sa.and_(ACCOUNT.c.owner_id == MEMBER.c.id, ACCOUNT.c.kind == AccountKind.MEMBER))
    .group_by(MEMBER.c.id)
    .having(sa.func.count(ACCOUNT.c.id) != 1)
    .order_by(MEMBER.c.id)
)
_FIRST_HOME = HOME.alias("first_home")
_HOMELESS = (
    sa.select(MEMBER.c.id)
    .where(~sa.exists().where(_FIRST_HOME.c.member_id == MEMBER.c.id, _FIRST_HOME.c.from_on == ALWAYS))
    .order_by(MEMBER.c.id)
)
_LATER_HOME = HOME.alias("later_home")
_ELSEWHERE = (
    sa.select(MEMBER.c.id, MEMBER.c.branch_id, HOME.c.branch_id.label("home_id"))
    .join_from(MEMBER, HOME, HOME.c.member_id == MEMBER.c.id)
    .where(
        ~sa.exists().where(_LATER_HOME.c.member_id == MEMBER.c.id, _LATER_HOME.c.from_on > HOME.c.from_on),
        HOME.c.branch_id != MEMBER.c.branch_id,
    )
    .order_by(MEMBER.c.id)
)
_CARDS = (
    sa.select(CARD.c.member_id, sa.func.count().label("cards"))
    .where(CARD.c.state == CardState.ACTIVE)
    .group_by(CARD.c.member_id)
    .having(sa.func.count() > 1)
    .order_by(CARD.c.member_id)
)
_PHONES = (
    sa.select(MEMBER.c.id, MEMBER.c.phone, MEMBER.c.phone_tail_hash, MEMBER.c.phone_hash)
    .where(sa.or_(MEMBER.c.phone.is_not(None), MEMBER.c.phone_tail_hash.is_not(None), MEMBER.c.phone_hash.is_not(None)))
    .order_by(MEMBER.c.id)
)
_GHOSTS = (
    sa.select(MEMBER.c.id, PRESENCE.c.household_id)
    .join_from(PRESENCE, MEMBER, MEMBER.c.id == PRESENCE.c.member_id)
    .where(PRESENCE.c.left_at.is_(None), MEMBER.c.closed_at.is_not(None))
    .order_by(MEMBER.c.id)
)

_ERASED = (
    sa.select(MEMBER.c.id)
    .where(
        MEMBER.c.erased_at.is_not(None),
        sa.or_(
            *(MEMBER.c[name].is_distinct_from(value) for name, value in ERASED.items()),
            sa.exists().where(CARD.c.member_id == MEMBER.c.id, CARD.c.state == CardState.ACTIVE),
            sa.exists().where(CONSENT.c.member_id == MEMBER.c.id, CONSENT.c.withdrawn_at.is_(None)),
        ),
    )
    .order_by(MEMBER.c.id)
)


def wrong_accounts(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_ACCOUNTS):
        yield f"member {row.id}: {row.accounts} accounts instead of 1"


def wrong_homes(tx: Transaction) -> Iterator[str]:
    """Members without a first home, and members who are kept by another branch than that of their latest home."""
    for row in tx.all(_HOMELESS):
        yield f"member {row.id}: no first home"
    for row in tx.all(_ELSEWHERE):
        yield f"member {row.id}: belongs to branch {row.branch_id}, lives in branch {row.home_id}"


def too_many_cards(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_CARDS):
        yield f"member {row.member_id}: {row.cards} active cards"


def unfindable_phones(tx: Transaction) -> Iterator[str]:
    """Phones that cannot be decrypted, or whose hashes are not their own, so that they are not found."""
    for member_id, value, tail_hash, digest in tx.each(_PHONES):
        try:
            phone = phone_of(tx, member_id, value)
        except (LacksKey, NotDecrypted):
            yield f"member {member_id}: the phone cannot be decrypted"
            continue
        if phone is None or {"phone_tail_hash": tail_hash, "phone_hash": digest} != found_by(tx.keys, phone):
            yield f"member {member_id}: a hash of the phone differs"


def closed_residents(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_GHOSTS):
        yield f"member {row.id}: closed, lives in household {row.household_id}"


def half_erased(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_ERASED):
        yield f"member {row.id}: erased, but something of them is left"


CHECKS = (
    Check("every member has one account", wrong_accounts),
    Check("every member has a home", wrong_homes),
    Check("a member has one active card at most", too_many_cards),
    Check("households are of open passbooks", closed_residents),
    Check("phones can be found", unfindable_phones),
    Check("erased members", half_erased),
)
