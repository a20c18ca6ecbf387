"""The table of looks."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import UTCDateTime, check, instant, is_one_of, key, one_of, refers_to


class View(StrEnum):
    """What of a person was seen."""

    RECORD = "record"
    PASSBOOK = "passbook"
    CARD = "card"
    HOUSEHOLD = "household"
    DESK = "desk"
    DATA_FILE = "data_file"


class Lookup(SQLModel, table=True):
    """To how many people's names and numbers searches led a member of staff in an hour; kept for two days."""

    __table_args__ = (check("people", "people > 0"),)

    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    hour_at: datetime = Field(primary_key=True, sa_type=UTCDateTime, index=True)
    people: int


class Look(SQLModel, table=True):
    """How often somebody saw something of a person on a day of the district. Kept as long as the settings say."""

    __table_args__ = (
        sa.UniqueConstraint("staff_id", "member_id", "looked_on", "view"),
        is_one_of("view", View),
        check("times", "times > 0"),
        check("order", "first_at <= last_at"),
        sa.Index("ix_look_member", "member_id", "id"),
    )

    id: int | None = key()
    staff_id: int = refers_to("staff.id")
    member_id: int = refers_to("member.id")
    view: View = one_of(View)
    looked_on: date = Field(index=True)
    first_at: datetime = instant()
    last_at: datetime = instant()
    times: int
