"""What the API takes and answers about members, households and proxies."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from points_bank.members.models import Purpose
from points_bank.web import Id, Line, Name

PhoneText = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
Purposes = Annotated[list[Purpose], msgspec.Meta(max_length=20)]


class GuardianShape(msgspec.Struct, forbid_unknown_fields=True):
    """Who agreed for a member under 18, and when."""

    name: Name
    consented_on: date


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """A paper form. `phone` is a mobile or a landline as people write it."""

    name: Name
    branch_id: Id
    phone: PhoneText | None = None
    born_on: date | None = None
    is_party_member: bool = False
    guardian: GuardianShape | None = None
    consents: Purposes = []


class MemberChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; null takes it away."""

    name: Name | UnsetType = UNSET
    phone: PhoneText | UnsetType | None = UNSET
    born_on: date | UnsetType | None = UNSET
    is_party_member: bool | UnsetType = UNSET
    guardian: GuardianShape | UnsetType | None = UNSET


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """`on` is today or at most 31 days back: from 00:00 of that day the member belongs to the branch."""

    branch_id: Id
    on: date


class MemberShape(msgspec.Struct):
    """`card_no` is the active card's, null when it was lost; `phone` is masked; `consents` are those in force."""

    id: int
    name: str
    branch_id: int
    card_no: str | None
    phone: str | None
    phone_tail: str | None
    born_on: date | None
    is_party_member: bool
    guardian: GuardianShape | None
    consents: list[Purpose]
    consents_given_at: dict[Purpose, datetime]
    registered_at: datetime
    closed_at: datetime | None


class VisitorShape(msgspec.Struct):
    """All that is told of a member of another branch, found by the whole card number."""

    id: int
    name: str
    card_no: str
    branch_id: int


class PinShape(msgspec.Struct):
    """Six digits, to be printed and handed over."""

    pin: str


class CardAndPin(msgspec.Struct, forbid_unknown_fields=True):
    card_no: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class TokenShape(msgspec.Struct):
    """To be sent as `Authorization: Bearer TOKEN` to the routes below `/me`."""

    token: str
    expires_at: datetime


class NewHousehold(msgspec.Struct, forbid_unknown_fields=True):
    """Who lives together. `label` is what the branch calls them; it may be left out."""

    branch_id: Id
    label: Line | None = None
    member_ids: Annotated[list[Id], msgspec.Meta(max_length=100)] = []


class NewResident(msgspec.Struct, forbid_unknown_fields=True):
    member_id: Id


class NewProxy(msgspec.Struct, forbid_unknown_fields=True):
    """A paper by which a member lets somebody collect one order of at most `limit_points`, until the end of a day.

    `paper_reference` says where the paper is kept.
    """

    name: Name
    authorised_on: date
    until_on: date
    limit_points: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    paper_reference: Line


class ProxyShape(msgspec.Struct):
    """`name` is null once it is erased; `is_in_force` says whether the dates allow its use today."""

    id: int
    member_id: int
    name: str | None
    paper_reference: str
    authorised_on: date
    until_on: date
    limit_points: int
    ended_at: datetime | None
    is_in_force: bool


class ResidentShape(msgspec.Struct):
    member_id: int
    joined_at: datetime


class HouseholdShape(msgspec.Struct):
    """`residents` are those who live there now, in the order in which they joined."""

    id: int
    branch_id: int
    label: str | None
    residents: list[ResidentShape]
