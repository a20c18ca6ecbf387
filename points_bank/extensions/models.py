"""Tables of extension orders and of the lots they were carried out for."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, key, refers_to


class ExtensionOrder(SQLModel, table=True):
    """Lots that lapse on `lapses_on`, of members at home in a branch on `homes_on`, last until `new_lapses_on`.

    `due_at` is when the order is carried out next, null when nothing is left to do; `after_member_id` is how far that
    pass has come, so that it goes on there after a stop.
    """

    __tablename__ = "extension_order"
    __table_args__ = (check("dates", "new_lapses_on > lapses_on"),)

    id: int | None = key()
    order_no: str = Field(max_length=32, unique=True)
    branch_id: int = refers_to("branch.id", index=True)
    lapses_on: date
    new_lapses_on: date
    homes_on: date
    reason: str = Field(max_length=200)
    given_at: datetime = instant()
    given_by: str = Field(max_length=40)
    due_at: datetime | None = instant(optional=True)
    after_member_id: int = Field(default=0, sa_type=BigInt)


class ExtendedLot(SQLModel, table=True):
    """A lot whose date an order changed: what it held then, `reinstated_points` of it having lapsed before.

    Never updated, never deleted.
    """

    __tablename__ = "extended_lot"
    __table_args__ = (check("points", "remaining_points >= 0 AND reinstated_points >= 0"), {"sqlite_with_rowid": False})

    order_id: int = Field(primary_key=True, foreign_key="extension_order.id", sa_type=BigInt)
    lot_id: int = Field(primary_key=True, foreign_key="lot.id", sa_type=BigInt, index=True)
    member_id: int = refers_to("member.id")
    remaining_points: int = Field(sa_type=BigInt)
    reinstated_points: int = Field(sa_type=BigInt)
    extended_at: datetime = instant()
