"""Tables of the ledger. It knows accounts and points: no person, no activity, no good.

Only `posting.py` writes them; its neighbours in this folder post through it.
"""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to


class AccountKind(StrEnum):
    """A member's account, and the bank's own: where points come from and where they go."""

    MEMBER = "member"
    ISSUE = "issue"
    HELD = "held"
    REDEEMED = "redeemed"
    LAPSED = "lapsed"
    DONATED = "donated"
    ADJUSTMENT = "adjustment"
    OPENING = "opening"


class TransferKind(StrEnum):
    AWARD = "award"
    REVERSAL = "reversal"
    REDEMPTION = "redemption"
    HOLD = "hold"
    COLLECTION = "collection"
    RELEASE = "release"
    REFUND = "refund"
    LAPSE = "lapse"
    REINSTATEMENT = "reinstatement"
    DONATION = "donation"
    GIFT = "gift"
    GRANT = "grant"
    OPENING = "opening"
    MERGER = "merger"


class Account(SQLModel, table=True):
    """`owner_id` is the member's id, or the branch's for an account of the bank. Only members' store a balance.

    `honour_points`, `service_minutes` and `activities` are a member's lifetime totals; spending never lowers them.
    """

    __table_args__ = (
        is_one_of("kind", AccountKind),
        sa.UniqueConstraint("kind", "owner_id"),
        check("balance", "(kind = 'member') = (balance_points IS NOT NULL)"),
        check("honour", "honour_points >= 0"),
        check("service", "service_minutes >= 0 AND activities >= 0"),
    )

    id: int | None = key()
    kind: AccountKind = one_of(AccountKind)
    owner_id: int = Field(sa_type=BigInt)
    balance_points: int | None = Field(default=None, sa_type=BigInt)
    version: int = Field(default=0, sa_type=BigInt)
    honour_points: int = Field(default=0, sa_type=BigInt)
    service_minutes: int = Field(default=0, sa_type=BigInt)
    activities: int = 0


_OF_MEMBER_FROM = sa.text("debit_balance_points IS NOT NULL")
_OF_MEMBER_TO = sa.text("credit_balance_points IS NOT NULL")


class Transfer(SQLModel, table=True):
    """Points from one account to another. Never updated, never deleted: triggers refuse both.

    `occurred_on` is the day the cause happened, `posted_at` when this row was written. The balances after it stand
    beside the account, for members' accounts only. `reference` names the cause (`participation:12`), once per kind.
    """

    __table_args__ = (
        is_one_of("kind", TransferKind),
        check("amount", "amount_points > 0"),
        check("accounts", "debit_account_id <> credit_account_id"),
        sa.UniqueConstraint("kind", "reference"),
        sa.Index(
            "ix_transfer_debit", "debit_account_id", sqlite_where=_OF_MEMBER_FROM, postgresql_where=_OF_MEMBER_FROM
        ),
        sa.Index("ix_transfer_credit", "credit_account_id", sqlite_where=_OF_MEMBER_TO, postgresql_where=_OF_MEMBER_TO),
        sa.Index(
            "ix_transfer_reverses_id",
            "reverses_id",
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        ),
    )

    id: int | None = key()
    kind: TransferKind = one_of(TransferKind)
    debit_account_id: int = refers_to("account.id")
    credit_account_id: int = refers_to("account.id")
    amount_points: int
    debit_balance_points: int | None = Field(default=None, sa_type=BigInt)
    credit_balance_points: int | None = Field(default=None, sa_type=BigInt)
    occurred_on: date
    posted_at: datetime = instant()
    reference: str = Field(max_length=40)
    reverses_id: int | None = refers_to("transfer.id", optional=True)


class Lot(SQLModel, table=True):
    """A member's points that lapse at 24:00 of the same date. An extension changes the date and keeps the lot."""

    __table_args__ = (
        sa.UniqueConstraint("account_id", "lapses_on", "extension_order"),
        check("remaining", "remaining_points >= 0"),
        sa.Index(
            "ix_lot_lapses_on",
            "lapses_on",
            sqlite_where=sa.text("remaining_points > 0"),
            postgresql_where=sa.text("remaining_points > 0"),
        ),
    )

    id: int | None = key()
    account_id: int = refers_to("account.id")
    lapses_on: date
    extension_order: str = Field(default="", max_length=40)
    remaining_points: int = Field(sa_type=BigInt)


class LotUse(SQLModel, table=True):
    """How many points a transfer put into a lot (positive) or took from it (negative). Never updated, never deleted."""

    __tablename__ = "lot_use"
    __table_args__ = (check("points", "points <> 0"), {"sqlite_with_rowid": False})

    transfer_id: int = Field(primary_key=True, foreign_key="transfer.id", sa_type=BigInt)
    lot_id: int = Field(primary_key=True, foreign_key="lot.id", sa_type=BigInt, index=True)
    points: int


class Seal(SQLModel, table=True):
    """The hash of a day's transfers and of the seal before it. Never updated, never deleted. See `seal.py`."""

    __table_args__ = (check("transfers", "transfers > 0 AND first_transfer_id <= last_transfer_id"),)

    day: date = Field(primary_key=True)
    first_transfer_id: int = refers_to("transfer.id")
    last_transfer_id: int = Field(foreign_key="transfer.id", sa_type=BigInt, unique=True)
    transfers: int
    previous: str = Field(max_length=64, unique=True)
    head: str = Field(max_length=64, unique=True)
    sealed_at: datetime = instant()
