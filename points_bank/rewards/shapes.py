"""What is asked and answered about desks, rewards, stock and sponsors."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from points_bank.rewards.models import StockMovementKind, WriteOffState
from points_bank.rewards.opening_days import Shift
from points_bank.rewards.stock import LARGEST_QUANTITY
from points_bank.web import Code, Id, Reason, ThingName

Cost = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_QUANTITY)]


class OpeningShape(msgspec.Struct, forbid_unknown_fields=True):
    """Days of the month (31 is its last day) and of the week (1 is Monday), and hours such as `["09:00", "11:30"]`.

    With the shift `next_working_day` a day on which the district does not work is put off to the next one that is. That
    holds where days of the month are named and nothing is said.
    """

    hours: Annotated[list[tuple[ClockTime, ClockTime]], msgspec.Meta(min_length=1, max_length=6)]
    days_of_month: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=31)]], msgspec.Meta(max_length=31)] = []
    weekdays: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=7)]], msgspec.Meta(max_length=7)] = []
    shift: Shift | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.shift is UNSET:
            self.shift = Shift.NEXT_WORKING_DAY if self.days_of_month else Shift.NONE


class NewDesk(msgspec.Struct, forbid_unknown_fields=True):
    """A desk without opening days is always open."""

    code: Code
    name: ThingName
    branch_id: Id
    opening: OpeningShape | None = None


class DeskChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; null as the opening means always open."""

    name: ThingName | UnsetType = UNSET
    opening: OpeningShape | UnsetType | None = UNSET


class DeskShape(msgspec.Struct):
    id: int
    code: str
    name: str
    branch_id: int
    opening: OpeningShape | None = None


class OpeningDayShape(msgspec.Struct):
    """`put_off_from` is the day it was meant for, where a holiday lies on that."""

    on: date
    hours: list[tuple[str, str]]
    put_off_from: date | None


class OpeningDaysShape(msgspec.Struct):
    """The next days on which a desk opens; none, and `is_always_open`, where it has no opening days."""

    is_always_open: bool
    items: list[OpeningDayShape]


class NewReward(msgspec.Struct, forbid_unknown_fields=True):
    """Offered in its branch and all below it; by default in the branch that the caller administers."""

    name: ThingName
    cost_points: Cost
    branch_id: Id | None = None
    is_offered: bool = True


class RewardChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: ThingName | None = None
    cost_points: Cost | None = None
    is_offered: bool | None = None


class RewardShape(msgspec.Struct):
    id: int
    branch_id: int
    name: str
    cost_points: int
    is_offered: bool


class RewardInStockShape(RewardShape):
    """`remaining` is what the desk asked about has, or all desks of the caller together."""

    remaining: int


class NewMovement(msgspec.Struct, forbid_unknown_fields=True):
    """`counted` tells how many were found; what is damaged or handed back needs a reason.

    `sponsor_id` says who gave what was received.
    """

    desk_id: Id
    kind: Literal["received", "counted", "damaged", "returned"]
    quantity: Quantity
    reason: Reason | None = None
    sponsor_id: Id | None = None


class MovementShape(msgspec.Struct):
    """`quantity` as booked, negative for what went: a count is booked as its difference to the books.

    Damaged goods are off the shelf and need the confirmation of a second person.
    """

    id: int
    kind: StockMovementKind
    quantity: int
    remaining: int
    sponsor_id: int | None
    needs_confirmation: bool


class Rejection(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class WriteOffShape(msgspec.Struct):
    """`id` is that of the stock movement; `proposed_by` and `decided_by` are who signed."""

    id: int
    desk_id: int
    reward_id: int
    quantity: int
    reason: str | None
    state: WriteOffState
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None


class NewSponsor(msgspec.Struct, forbid_unknown_fields=True):
    """Known to its branch and all below it."""

    name: ThingName
    branch_id: Id


class SponsorShape(msgspec.Struct):
    id: int
    name: str
    branch_id: int


class GoodsShape(msgspec.Struct):
    """`opening + received - issued - damaged + counted = left`; `damaged_unconfirmed` are among the damaged.

    `issued` is net of what was given back; `counted` is what counts found, negative for what they missed.
    """

    reward_id: int
    name: str
    opening: int
    received: int
    issued: int
    damaged: int
    damaged_unconfirmed: int
    counted: int
    left: int


class MonthSheetShape(msgspec.Struct):
    """What came of a sponsor's goods in a month, at all desks. It names nobody."""

    sponsor: SponsorShape
    month: str
    goods: list[GoodsShape]
