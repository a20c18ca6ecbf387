"""How values stand in columns: instants, enums, keys, and the names of constraints. The same on every database."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
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
# Rows are never validated by Pydantic, so it need not make a validator for each table before the bank can open.
SQLModel.model_config["defer_build"] = True

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware instant. Naive values are a mistake of ours and are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "instants are aware"
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    # SQLite has no instants. SQLAlchemy's own way to write them as text takes ten times as long, four times an act.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _instant_as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _text_as_instant if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


_latest: tuple[datetime | None, str | None] = (None, None)


def _instant_as_text(value: datetime | None) -> str | None:
    """`2026-11-14 00:30:00.000000`, in UTC. An act writes the same instant, that of its own, again and again."""
    global _latest  # noqa: PLW0603  # one tuple, which threads may overwrite but never find half written
    known, text = _latest
    if value is None or value is known:
        return None if value is None else text
    assert value.tzinfo is not None, "instants are aware"
    text = value.astimezone(UTC).isoformat(" ", "microseconds")[:26]
    _latest = (value, text)
    return text


@lru_cache(maxsize=4_096)
def _text_as_instant(text: str | None) -> datetime | None:
    """Remembered, because the lines of a sheet and the deeds of a day have the same ones again and again."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class EnumText(sa.TypeDecorator[StrEnum]):
    """A StrEnum as its text."""

    impl = sa.String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__(length=32)
        self.kind = kind

        self._texts: dict[str | None, str | None] = {None: None} | {each.value: each.value for each in kind}
        self._members: dict[str | None, StrEnum | None] = {None: None} | {each.value: each for each in kind}

    # Looked up, which is much faster than asking the enum: every row that is read or written has one.
    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return self._texts.__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], StrEnum | None]:
        return self._members.__getitem__


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
