"""Tables of the organisation tree and its calendar."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, is_one_of, key, one_of, refers_to


class BranchKind(StrEnum):
    """From the district down; a branch lies below one of an earlier kind."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    ESTATE = "estate"
    BUILDING = "building"
    HUB_HOUSEHOLD = "hub_household"


class ManagementMode(StrEnum):
    UNIT_RUN = "unit_run"
    SELF_RUN = "self_run"
    COMPANY_RUN = "company_run"
    COMMUNITY_RUN = "community_run"


class Branch(SQLModel, table=True):
    """`path` holds the ids from the district down to this branch, as `/1/4/9/`: what lies below starts with it."""

    __table_args__ = (
        is_one_of("kind", BranchKind),
        is_one_of("management_mode", ManagementMode),
        check("dates", "valid_until_on IS NULL OR valid_from_on IS NULL OR valid_until_on >= valid_from_on"),
    )

    id: int | None = key()
    code: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=80)
    kind: BranchKind = one_of(BranchKind)
    parent_id: int | None = refers_to("branch.id", index=True, optional=True)
    path: str = Field(max_length=200, unique=True)
    management_mode: ManagementMode | None = one_of(ManagementMode, optional=True)
    valid_from_on: date | None = None
    valid_until_on: date | None = None
    created_at: datetime = instant()


class CalendarYear(SQLModel, table=True):
    """A year for which the district's holidays are known."""

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(max_length=80)
    loaded_at: datetime = instant()


class CalendarDay(SQLModel, table=True):
    """A date that is not what its weekday says: a holiday, or a weekend that is worked."""

    __tablename__ = "calendar_day"
    __table_args__ = (sa.Index("ix_calendar_day_year", "year"),)

    on_date: date = Field(primary_key=True)
    year: int = Field(foreign_key="calendar_year.year")
    is_working: bool
    name: str = Field(max_length=80)
