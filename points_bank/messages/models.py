"""The table of the reminders that were told."""

from datetime import date

from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt


class Reminder(SQLModel, table=True):
    """How far a round of reminders has come: it told the owners of the lots of that date up to `last_lot_id`."""

    lapses_on: date = Field(primary_key=True)
    days_before: int = Field(primary_key=True)
    last_lot_id: int = Field(sa_type=BigInt)
