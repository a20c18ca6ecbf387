"""Tables of members, where they belong, their cards and consents."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, is_one_of, key, one_of, refers_to
from points_bank.encryption import Encrypted


class CardState(StrEnum):
    ACTIVE = "active"
    LOST = "lost"
    REPLACED = "replaced"


class Purpose(StrEnum):
    """What a member can agree to, each by itself."""

    RECORDS = "records"
    BOARDS = "boards"
    HOUSEHOLD = "household"
    PHOTO = "photo"


class Member(SQLModel, table=True):
    """A volunteer with a passbook. A phone is encrypted, and found by hashes of it and of its last four digits."""

    __table_args__ = (
        sa.Index("ix_member_phone_tail_hash", "phone_tail_hash"),
        sa.Index("ix_member_phone_hash", "phone_hash"),
        sa.Index("ix_member_name", "name", "born_on"),
        sa.Index("ix_member_name_initials", "name_initials"),
        sa.Index(
            "ix_member_closed_at",
            "closed_at",
            sqlite_where=sa.text("closed_at IS NOT NULL AND erased_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NOT NULL AND erased_at IS NULL"),
        ),
        check("guardian", "(guardian_name IS NULL) = (guardian_consented_on IS NULL)"),
        check("closing", "(closed_at IS NULL) = (closing_reason IS NULL)"),
        check("erasure", "erased_at IS NULL OR (closed_at IS NOT NULL AND phone IS NULL AND born_on IS NULL)"),
    )

    id: int | None = key()
    name: str = Field(max_length=40)
    name_initials: str = Field(max_length=40)
    branch_id: int = refers_to("branch.id", index=True)
    phone: bytes | None = Field(default=None, sa_type=Encrypted)
    phone_tail_hash: bytes | None = Field(default=None, sa_type=sa.LargeBinary(8))
    phone_hash: bytes | None = Field(default=None, sa_type=sa.LargeBinary(32))
    born_on: date | None = None
    is_party_member: bool = False
    guardian_name: str | None = Field(default=None, max_length=40)
    guardian_consented_on: date | None = None
    pin_hash: str | None = Field(default=None, max_length=200)
    pin_serial: int = 0
    registered_at: datetime = instant()
    closed_at: datetime | None = instant(optional=True)
    closing_reason: str | None = Field(default=None, max_length=200)
    erased_at: datetime | None = instant(optional=True)


class Home(SQLModel, table=True):
    """The branch a member belongs to from a date on, until the next row's date. The first row has always held."""

    __table_args__ = (sa.Index("ix_home_branch_id", "branch_id", "from_on"),)

    member_id: int = Field(primary_key=True, foreign_key="member.id")
    from_on: date = Field(primary_key=True)
    branch_id: int = refers_to("branch.id")


class Card(SQLModel, table=True):
    """A numbered card. A member has at most one active card."""

    __table_args__ = (
        is_one_of("state", CardState),
        sa.Index(
            "uq_card_active",
            "member_id",
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        ),
    )

    id: int | None = key()
    card_no: str = Field(max_length=16, unique=True)
    member_id: int = refers_to("member.id", index=True)
    state: CardState = one_of(CardState)
    issued_at: datetime = instant()
    ended_at: datetime | None = instant(optional=True)


class Consent(SQLModel, table=True):
    """A consent for one purpose, from when it was given until it was withdrawn."""

    __table_args__ = (
        is_one_of("purpose", Purpose),
        sa.Index(
            "uq_consent_in_force",
            "member_id",
            "purpose",
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    purpose: Purpose = one_of(Purpose)
    given_at: datetime = instant()
    withdrawn_at: datetime | None = instant(optional=True)


class Household(SQLModel, table=True):
    """People who live together. `label` is what the branch calls them (`3-201`), and may be left out."""

    __table_args__ = (sa.Index("ix_household_branch_id", "branch_id", "label"),)

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    label: str | None = Field(default=None, max_length=80)
    created_at: datetime = instant()


class HouseholdMember(SQLModel, table=True):
    """A member of a household, from when they joined until they left. One household at a time."""

    __tablename__ = "household_member"
    __table_args__ = (
        check("times", "left_at IS NULL OR left_at >= joined_at"),
        sa.Index(
            "uq_household_member_present",
            "member_id",
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        ),
        sa.Index("ix_household_member_household_id", "household_id"),
    )

    id: int | None = key()
    household_id: int = refers_to("household.id")
    member_id: int = refers_to("member.id")
    joined_at: datetime = instant()
    left_at: datetime | None = instant(optional=True)


class Proxy(SQLModel, table=True):
    """Who may collect one order for a member, authorised on paper. The name is erased some time after the end.

    `until_on` is the last day on which it holds; `ended_at` is set where it was ended before.
    """

    __table_args__ = (
        check("dates", "until_on >= authorised_on"),
        check("limit", "limit_points > 0"),
        sa.Index("ix_proxy_member_id", "member_id"),
        sa.Index(
            "ix_proxy_until_on",
            "until_on",
            sqlite_where=sa.text("name IS NOT NULL"),
            postgresql_where=sa.text("name IS NOT NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    name: str | None = Field(default=None, max_length=40)
    paper_reference: str = Field(max_length=80)
    authorised_on: date
    until_on: date
    limit_points: int
    registered_at: datetime = instant()
    ended_at: datetime | None = instant(optional=True)


class Visit(SQLModel, table=True):
    """A member of another branch whose full card number was shown to staff, who may serve them on that day."""

    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    visited_on: date = Field(index=True)


class MemberMerger(SQLModel, table=True):
    """Two members who were one person: `member_id` was closed, and leads to who keeps the passbook.

    `into_member_id` is whom a person merged it into, `leads_to_id` whom that one leads to by now, itself if nobody.
    """

    __tablename__ = "member_merger"
    __table_args__ = (check("two_members", "member_id <> into_member_id AND member_id <> leads_to_id"),)

    member_id: int = Field(primary_key=True, foreign_key="member.id")
    into_member_id: int = refers_to("member.id")
    leads_to_id: int = refers_to("member.id", index=True)
    reason: str = Field(max_length=200)
    merged_by: str = Field(max_length=40)
    merged_at: datetime = instant()
