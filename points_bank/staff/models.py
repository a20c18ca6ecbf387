"""Tables of staff, their rights, tokens, and tries to sign in."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.actor import Role
from points_bank.columns import check, instant, is_one_of, key, one_of, refers_to


class Staff(SQLModel, table=True):
    """A person who operates the bank; `member_id` names the volunteer that the same person is.

    `password_set_by` is who else set their password last, as the books name them; NULL before revision 0013.
    """

    id: int | None = key()
    login: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=40)
    password_hash: str = Field(max_length=200)
    member_id: int | None = refers_to("member.id", index=True, optional=True)
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(optional=True)
    password_set_by: str | None = Field(default=None, max_length=40)


class StaffRight(SQLModel, table=True):
    """A role over a branch and all below it, from 00:00 of `from_on` to 24:00 of `until_on`."""

    __tablename__ = "staff_right"
    __table_args__ = (is_one_of("role", Role), check("dates", "until_on IS NULL OR until_on >= from_on"))

    id: int | None = key()
    staff_id: int = refers_to("staff.id", index=True)
    role: Role = one_of(Role)
    branch_id: int = refers_to("branch.id")
    from_on: date
    until_on: date | None = None
    granted_by: str = Field(max_length=40)
    created_at: datetime = instant()
    withdrawn_at: datetime | None = instant(optional=True)


class Token(SQLModel, table=True):
    """An opaque token of staff or of a member. Only its SHA-256 is kept; the token itself is shown once.

    `scopes` are the tasks that it is for; NULL where it is for all that its holder may do.
    """

    __table_args__ = (check("owner", "(staff_id IS NULL) <> (member_id IS NULL)"),)

    id: int | None = key()
    token_hash: bytes = Field(sa_type=sa.LargeBinary(32), unique=True)
    staff_id: int | None = refers_to("staff.id", index=True, optional=True)
    member_id: int | None = refers_to("member.id", index=True, optional=True)
    created_at: datetime = instant()
    expires_at: datetime = instant(index=True)
    revoked_at: datetime | None = instant(optional=True)
    scopes: list[str] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))


class Session(SQLModel, table=True):
    """A browser that somebody signed in with. `device` is what the browser calls itself, shortened."""

    __table_args__ = (sa.UniqueConstraint("token_id"),)

    id: int | None = key()
    token_id: int = refers_to("token.id")
    device: str = Field(max_length=80)


class Preference(SQLModel, table=True):
    """How somebody likes pages: `owner` is `staff:5` or `member:7`. Large means the mode for elderly people."""

    owner: str = Field(primary_key=True, max_length=40)
    language: str = Field(max_length=8)
    is_large: bool = False


class KnownAddress(SQLModel, table=True):
    """That somebody signed in rightly to an account from an address, last `signed_in_at`: a keyed hash of both."""

    __tablename__ = "known_address"

    id: int | None = key()
    subject_hash: bytes = Field(sa_type=sa.LargeBinary(32), unique=True)
    signed_in_at: datetime = instant(index=True)


class SignInTry(SQLModel, table=True):
    """A wrong password or PIN, by a keyed hash of what was tried (a login, a card number)."""

    __tablename__ = "sign_in_try"
    __table_args__ = (sa.Index("ix_sign_in_try_subject_hash", "subject_hash", "tried_at"),)

    id: int | None = key()
    subject_hash: bytes = Field(sa_type=sa.LargeBinary(32))
    tried_at: datetime = instant(index=True)
