"""Tables of closed months. Rows are written once and never changed: a later correction belongs to a later month."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, instant, is_one_of, key, one_of, refers_to
from points_bank.reports.definitions import Figure


class Cut(StrEnum):
    """How service is counted up: all of it, or apart by what it was or where."""

    ALL = "all"
    ROLE = "role"
    THEME = "theme"
    MANAGEMENT_MODE = "management_mode"


class MonthClose(SQLModel, table=True):
    """A closed month (`2026-11`).

    `last_transfer_id` is the last transfer written before the month's end, `ledger_position` the last one written
    before the close: between the two stand those that only belong to the month if they had been due in it.
    `after_transfer_id` and `counted_position` are these two of the month before.
    """

    __tablename__ = "month_close"

    id: int | None = key()
    period: str = Field(max_length=7, unique=True)
    due_at: datetime = instant()
    closed_at: datetime = instant()
    after_transfer_id: int = Field(sa_type=BigInt)
    counted_position: int = Field(sa_type=BigInt)
    last_transfer_id: int = Field(sa_type=BigInt)
    ledger_position: int = Field(sa_type=BigInt)


class ReportFigure(SQLModel, table=True):
    """One figure of a branch's own, without those below it. What is 0 has no row."""

    __tablename__ = "report_figure"
    __table_args__ = (is_one_of("figure", Figure), {"sqlite_with_rowid": False})

    close_id: int = Field(primary_key=True, foreign_key="month_close.id")
    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    figure: Figure = Field(primary_key=True, sa_type=one_of(Figure).sa_type)
    value: int = Field(sa_type=BigInt)


class ReportTally(SQLModel, table=True):
    """Service of a branch and all below it, of those whose `value` in the cut this is; empty where none was given.

    People are counted once in each row, so that rows do not add up to the row above them.
    """

    __tablename__ = "report_tally"
    __table_args__ = (is_one_of("cut", Cut), {"sqlite_with_rowid": False})

    close_id: int = Field(primary_key=True, foreign_key="month_close.id")
    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    cut: Cut = Field(primary_key=True, sa_type=one_of(Cut).sa_type)
    value: str = Field(primary_key=True, max_length=40)
    activities: int
    participations: int
    people: int
    minutes: int = Field(sa_type=BigInt)


class ReportSignature(SQLModel, table=True):
    """Who signed a branch's report of a month, and the hash of what it said."""

    __tablename__ = "report_signature"
    __table_args__ = (sa.UniqueConstraint("close_id", "branch_id"),)

    id: int | None = key()
    close_id: int = refers_to("month_close.id")
    branch_id: int = refers_to("branch.id")
    signed_by_id: int = refers_to("staff.id")
    signed_at: datetime = instant()
    content_hash: str = Field(max_length=64)
