"""Finding and locking accounts."""

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.ledger.lots import is_past, open_lots, total
from points_bank.ledger.models import Account, AccountKind
from points_bank.transaction import Transaction

ACCOUNT = table_of(Account)


class MemberAccount(msgspec.Struct, frozen=True):
    """A member's account as it stands. The balance is negative where there is a deficit."""

    id: int
    member_id: int
    balance_points: int
    honour_points: int
    service_minutes: int
    activities: int

    @property
    def deficit_points(self) -> int:
        return max(0, -self.balance_points)


_COLUMNS = (
    ACCOUNT.c.id,
    ACCOUNT.c.owner_id,
    ACCOUNT.c.balance_points,
    ACCOUNT.c.honour_points,
    ACCOUNT.c.service_minutes,
    ACCOUNT.c.activities,
)
_ONE = sa.select(*_COLUMNS).where(ACCOUNT.c.kind == AccountKind.MEMBER, *given(ACCOUNT, "owner_id"))
_LOCK_ONE = _ONE.with_for_update()
_LOCK_MANY = (
    sa.select(*_COLUMNS)
    .where(ACCOUNT.c.kind == AccountKind.MEMBER, ACCOUNT.c.owner_id.in_(sa.bindparam("owners", expanding=True)))
    .order_by(ACCOUNT.c.id)
    .with_for_update()
)
_OF_BANK = sa.select(ACCOUNT.c.id).where(*given(ACCOUNT, "kind", "owner_id"))


def account_of(tx: Transaction, member_id: int) -> MemberAccount:
    """A member's account, for reading."""
    return _member_account(tx.one(_ONE, owner_id=member_id))


def lock_account(tx: Transaction, member_id: int) -> MemberAccount:
    """A member's account, which no other act changes until this one ends. Lock before reading what it decides on."""
    return _member_account(tx.one(_LOCK_ONE, owner_id=member_id))


def lock_accounts(tx: Transaction, member_ids: Collection[int]) -> dict[int, MemberAccount]:
    """Lock several members' accounts, always in the same order; by member id."""
    if len(member_ids) == 1:
        return {member_id: lock_account(tx, member_id) for member_id in member_ids}
    rows = tx.all(_LOCK_MANY, owners=sorted(set(member_ids)))
    accounts = {row.owner_id: _member_account(row) for row in rows}
    assert len(accounts) == len(set(member_ids)), "every member has an account"
    return accounts


def lock_members(tx: Transaction, member_ids: Collection[int]) -> None:
    """Lock several members' accounts for an act that decides about these people, but not by what is in the accounts.

    A database where one act at a time writes has nothing to do for it.
    """
    if not tx.writes_alone:
        lock_accounts(tx, member_ids)


def spendable_points(tx: Transaction, member_id: int) -> int:
    """What a member can spend today; negative where there is a deficit."""
    return spendable_of(tx, account_of(tx, member_id))


def spendable_of(tx: Transaction, account: MemberAccount) -> int:
    """`spendable_points` of an account that was read or locked: lots past their date do not count, lapsed or not."""
    return total(lot for lot in open_lots(tx, account.id) if not is_past(lot, tx.today)) - account.deficit_points


def find_bank_account(tx: Transaction, kind: AccountKind, owner_id: int) -> int | None:
    account_id: int | None = tx.scalar(_OF_BANK, kind=kind, owner_id=owner_id)
    return account_id


def _member_account(row: Any) -> MemberAccount:
    return MemberAccount(*row)
