"""The table of rule sets. A row is a version of one branch's rules, and is never changed or deleted."""

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, key, refers_to


class RuleSetVersion(SQLModel, table=True):
    """`content` is the TOML text as it was given; `valid_from_on` is null where it has always applied."""

    __tablename__ = "rule_set"
    __table_args__ = (
        UniqueConstraint("branch_id", "code", "version"),
        UniqueConstraint("branch_id", "valid_from_on"),
        # Null differs from null, so the constraint above lets several versions apply always; this one does not.
        Index(
            "ix_rule_set_always",
            "branch_id",
            unique=True,
            sqlite_where=text("valid_from_on IS NULL"),
            postgresql_where=text("valid_from_on IS NULL"),
        ),
        check("version", "version >= 1"),
    )

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    code: str = Field(max_length=32)
    version: int
    valid_from_on: date | None = None
    content: str = Field(sa_type=Text)
    created_at: datetime = instant()
