"""How values stand in columns: instants, enums, keys, and the names of constraints. The same on every database."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic_core import PydanticUndefined
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware instant. Naive values are a mistake of ours and are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "instants are aware"
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(sa.TypeDecorator[StrEnum]):
    """A StrEnum as its text."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__(length=32)
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


def key() -> Any:
    """The integer key of a table."""
    return Field(default=None, primary_key=True, sa_type=BigInt, nullable=False)


def refers_to(target: str, *, index: bool = False, optional: bool = False) -> Any:
    """A foreign key: `refers_to("member.id")`."""
    return Field(_default(optional), foreign_key=target, sa_type=BigInt, index=index, nullable=optional)


def instant(*, optional: bool = False, index: bool = False) -> Any:
    return Field(_default(optional), sa_type=UTCDateTime, nullable=optional, index=index)


def one_of(kind: type[StrEnum], *, optional: bool = False) -> Any:
    """A column that holds a member of an enum; `is_one_of` gives the CHECK that goes with it."""
    return Field(_default(optional), sa_type=EnumText(kind), nullable=optional)


def _default(optional: bool) -> Any:
    """None for what may be left out; otherwise a value is required."""
    return None if optional else PydanticUndefined


def is_one_of(column: str, kind: type[StrEnum]) -> sa.CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in kind)
    return sa.CheckConstraint(f"{column} IN ({values})", name=column)


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A named CHECK; the table's name is put before it."""
    return sa.CheckConstraint(condition, name=name)


def table_of(model: type[SQLModel]) -> sa.Table:
    """The table of a model, for Core statements: `MEMBER = table_of(Member)`, then `MEMBER.c.name`."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def given(table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    """Conditions that columns equal values given by the same names: `where(*given(MEMBER, "id"))`."""
    return [table.c[name] == sa.bindparam(name) for name in names]
