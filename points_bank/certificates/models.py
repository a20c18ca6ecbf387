"""Tables of certificates and of who asked for one."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, key, refers_to


class Certificate(SQLModel, table=True):
    """What a member had served when it was issued. Of it only the revocation is ever written later.

    `services` holds [participation id, minutes] of each activity. From `valid_at` on, after the publicity inside the
    branch, it is valid.
    """

    __table_args__ = (
        check("minutes", "service_minutes > 0"),
        check("stars", "stars BETWEEN 0 AND 5"),
        check("publicity", "valid_at > issued_at"),
        check("revocation", "(revoked_at IS NULL) = (revocation_reason IS NULL)"),
        sa.Index("ix_certificate_member_id", "member_id", "id"),
        sa.Index("ix_certificate_branch_id", "branch_id", "valid_at"),
    )

    id: int | None = key()
    number: str = Field(max_length=24, unique=True)
    member_id: int = refers_to("member.id")
    branch_id: int = refers_to("branch.id")
    service_minutes: int
    stars: int
    services: list[Any] = Field(sa_type=sa.JSON)
    issued_by_id: int = refers_to("staff.id")
    issued_at: datetime = instant()
    valid_at: datetime = instant()
    revoked_by_id: int | None = refers_to("staff.id", optional=True)
    revoked_at: datetime | None = instant(optional=True)
    revocation_reason: str | None = Field(default=None, max_length=200)


class CertificateRequest(SQLModel, table=True):
    """A member asked for a certificate; `certificate_id` is the one that was issued upon it."""

    __tablename__ = "certificate_request"
    __table_args__ = (
        sa.Index(
            "uq_certificate_request_open",
            "member_id",
            unique=True,
            sqlite_where=sa.text("certificate_id IS NULL"),
            postgresql_where=sa.text("certificate_id IS NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    asked_at: datetime = instant()
    certificate_id: int | None = refers_to("certificate.id", optional=True)
