"""Tables of leaderboards and their published editions."""

from datetime import date, datetime, time
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.clock import PeriodKind
from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to
from points_bank.rules.rule_set import ServiceRole


class Measure(StrEnum):
    POINTS = "points"
    MINUTES = "minutes"
    SESSIONS = "sessions"


class Population(StrEnum):
    EVERYONE = "everyone"
    RESIDENTS = "residents"
    PARTY_MEMBERS = "party_members"


class EditionState(StrEnum):
    PROVISIONAL = "provisional"
    FINAL = "final"


class Leaderboard(SQLModel, table=True):
    """A board and its schedule. `next_period_on` is the first day of the next period to publish, at `next_due_at`."""

    __table_args__ = (
        is_one_of("period", PeriodKind),
        is_one_of("measure", Measure),
        is_one_of("role", ServiceRole),
        is_one_of("population", Population),
        check("top", "top BETWEEN 1 AND 1000"),
        check("publish_day", "publish_day BETWEEN 1 AND CASE period WHEN 'week' THEN 7 ELSE 28 END"),
        check("objection", "objection_working_days BETWEEN 0 AND 60"),
        sa.Index("ix_leaderboard_next_due_at", "next_due_at"),
    )

    id: int | None = key()
    branch_id: int = refers_to("branch.id", index=True)
    name: str = Field(max_length=80)
    period: PeriodKind = one_of(PeriodKind)
    measure: Measure = one_of(Measure)
    role: ServiceRole | None = one_of(ServiceRole, optional=True)
    population: Population = one_of(Population)
    top: int
    publish_day: int
    publish_time: time
    objection_working_days: int
    next_period_on: date
    next_due_at: datetime = instant()
    created_at: datetime = instant()


class Edition(SQLModel, table=True):
    """What a board published of one period, once."""

    __table_args__ = (
        is_one_of("state", EditionState),
        sa.UniqueConstraint("board_id", "period"),
        check("finality", "(state = 'final') = (finalised_at IS NOT NULL)"),
        sa.Index("ix_edition_finalises_at", "state", "finalises_at"),
    )

    id: int | None = key()
    board_id: int = refers_to("leaderboard.id")
    period: str = Field(max_length=8)
    state: EditionState = one_of(EditionState)
    due_at: datetime = instant()
    published_at: datetime = instant()
    finalises_at: datetime = instant()
    finalised_at: datetime | None = instant(optional=True)
    ledger_position: int = Field(sa_type=BigInt)
    content_hash: str = Field(max_length=64)
    participants: int


class Standing(SQLModel, table=True):
    """One member's value in an edition. Ranks and names are worked out when it is read."""

    __table_args__ = (sa.Index("ix_standing_value", "edition_id", "value"), {"sqlite_with_rowid": False})

    edition_id: int = Field(primary_key=True, foreign_key="edition.id", sa_type=BigInt)
    member_id: int = Field(primary_key=True, foreign_key="member.id", sa_type=BigInt)
    value: int = Field(sa_type=BigInt)
