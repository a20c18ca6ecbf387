"""Core statements compiled once for a database and run on its driver's cursor.

SQLAlchemy prepares a statement anew at every execution (30 to 60 us); here that is done once per statement and shape of
its values, and an execution costs what the driver costs. What a statement says and which values it takes stays
SQLAlchemy's business: types convert values, as they do elsewhere.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import ReferenceType, ref

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from points_bank.spelling import spell

Processor = Callable[[Any], Any]
Row = Any
"""A named tuple: one field a column."""

_ROW = re.compile(r"VALUES (\(\?(?:::[A-Z ]+)?(?:, \?(?:::[A-Z ]+)?)*\))")
"""The row of an INSERT, each of whose values PostgreSQL is told the type of."""


class Plan:
    """A statement as the driver takes it. `lists` names the values that are lists."""

    def __init__(
        self,
        sql: str,
        slots: Sequence[tuple[str, Processor | None]],
        *,
        constants: Mapping[str, Any],
        lists: Mapping[str, Sequence[str]],
        types: Sequence[TypeEngine[Any]],
        dialect: Dialect,
        key: str | None = None,
    ) -> None:
        # A driver that knows the key of the row it added is not asked to return it: that costs half as much again.
        self.sql = sql if key is None else sql.rpartition(" RETURNING ")[0]
        self.lists = lists
        """By the name of a list, the names of its elements in the statement."""
        self.returns_rows = bool(types)
        self._types, self._dialect = types, dialect
        self._slots, self._constants = slots, constants
        self._bind_each = _binder(slots, constants, {name: name for name, _ in slots})
        self.bind = self._bind_with_lists if lists else self._bind_each
        """The values in the order of the statement, as the driver takes them."""
        self._bind_in_order: dict[tuple[str, ...], Callable[[Any], Sequence[Any]]] = {}
        self._read: Callable[[list[Any]], list[Row]] | None = None
        self._added = None if key is None else partial(tuple.__new__, namedtuple("Row", [key]))
        row = _ROW.search(sql)
        self._row = row[1] if row and row[1].count("?") == sql.count("?") and key is None else None
        self._for_many: dict[int, str] = {}
        self._number = _numbered if dialect.name == "postgresql" else str
        self._unnumbered, self.sql = self.sql, self._number(self.sql)

    @property
    def takes_many(self) -> bool:
        """Whether it is an INSERT that can be given several rows at once."""
        return self._row is not None

    def sql_for(self, rows: int) -> str:
        """An INSERT of so many rows at once; their values follow one another."""
        if rows == 1 or self._row is None:
            return self.sql
        if rows not in self._for_many:
            self._for_many[rows] = self._number(self._unnumbered.replace(self._row, ", ".join([self._row] * rows), 1))
        return self._for_many[rows]

    def bind_in_order(self, names: tuple[str, ...]) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """`bind` for values that come as sequences, in the order of these names."""
        if names not in self._bind_in_order:
            places = {name: place for place, name in enumerate(names)}
            self._bind_in_order[names] = _binder(self._slots, self._constants, places)
        return self._bind_in_order[names]

    def rows(self, cursor: Any) -> list[Row]:
        """All rows of a cursor: it is drained, because one that is not would block every later savepoint."""
        if self._added is not None:
            return [self._added((cursor.lastrowid,))]
        found: list[Any] = cursor.fetchall()
        if not found:
            return found
        if self._read is None:
            self._read = _reader(cursor.description, self._types, self._dialect)
        return self._read(found)

    def _bind_with_lists(self, values: Mapping[str, Any]) -> Sequence[Any]:
        return self._bind_each({**values, **self._elements(values)})

    def _elements(self, values: Mapping[str, Any]) -> dict[str, Any]:
        elements: dict[str, Any] = {}
        for name, names in self.lists.items():
            items = values[name]
            elements.update(zip(names, items, strict=False))
            elements.update(dict.fromkeys(names[len(items) :], items[-1] if items else None))
        return elements


@dataclass(slots=True)
class _Shapes:
    """The plans of one statement, by the names of its values, and where some are lists by the room these need too."""

    statement: ReferenceType[Any]
    plans: dict[Any, Plan] = field(default_factory=dict)


@dataclass
class Plans:
    """The plans of one dialect, by statement and shape of its values. Shared by all connections; threads may race."""

    dialect: Dialect
    # By identity: to compare or hash a statement is SQLAlchemy's business, and a weak dictionary asks at each look.
    _shapes: dict[int, _Shapes] = field(default_factory=dict)

    def plan(self, statement: Any, values: Mapping[str, Any]) -> Plan:
        """The plan of a statement for values of these names and lengths of lists.

        Lists are filled up to a power of two by repeating their last element, so that few lengths make a plan.
        """
        names = tuple(values)
        try:
            plan: Plan = self._shapes[id(statement)].plans[names]
        except KeyError:
            plan = self._remember(statement).plans[names] = self._compile(statement, values)
        if not plan.lists:
            return plan
        plans, rooms = self._shapes[id(statement)].plans, (names, *[_room(values[name]) for name in plan.lists])
        return plans.get(rooms) or plans.setdefault(rooms, self._compile(statement, values))

    def _remember(self, statement: Any) -> _Shapes:
        """The place for a statement's plans, for as long as it lives."""
        place, places = id(statement), self._shapes
        return places.setdefault(place, _Shapes(ref(statement, lambda _: places.pop(place, None))))

    def _compile(self, statement: Any, values: Mapping[str, Any]) -> Plan:
        # An insert writes the columns that are given; an update only what its values() say.
        columns = list(values) if isinstance(statement, sa.Insert) else None
        # Inline: nothing is returned that was not asked for.
        compiled = (statement if columns is None else statement.inline()).compile(
            dialect=self.dialect, column_keys=columns
        )
        assert isinstance(compiled, SQLCompiler), "definitions of tables belong to migrations"
        filled = {
            name: [None] * _room(values[name]) if bind.expanding and name in values else bind.value
            for name, bind in compiled.binds.items()
        }
        expanded = compiled.construct_expanded_state(filled, escape_names=False)
        home = {each: name for name, names in expanded.parameter_expansion.items() for each in names}
        slots: list[tuple[str, Processor | None]] = []
        for name in expanded.positiontup or ():
            kind = compiled.binds[home.get(name, name)].type
            slots.append(
                (name, expanded.processors.get(name) or kind.dialect_impl(self.dialect).bind_processor(self.dialect))
            )
        constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required and name not in values
        }
        lists = {name: names for name, names in expanded.parameter_expansion.items() if name in values}
        for name, names in expanded.parameter_expansion.items():
            if name not in values:
                constants |= dict(zip(names, compiled.binds[name].value or (), strict=True))
        sql = spell(expanded.statement, self.dialect.name) if compiled.isplaintext else expanded.statement
        sql, slots = _with_constants(sql, slots, constants)
        return Plan(
            sql, slots, constants=constants, lists=lists, types=_types(statement), dialect=self.dialect,
            key=_only_key(statement) if self.dialect.name == "sqlite" else None,
        )  # fmt: skip


def _with_constants(
    sql: str, slots: Sequence[tuple[str, Processor | None]], constants: Mapping[str, Any]
) -> tuple[str, list[tuple[str, Processor | None]]]:
    """The statement with its constants written into it as far as they are plain, and the values that are left.

    A planner that cannot see `state = 'open'` cannot use an index of what is open. SQLite does even worse: where a
    value might make such an index fit, it plans the statement anew at each execution.
    """
    first, *parts = sql.split("?")
    assert len(parts) == len(slots), "a question mark is a value"
    left = []
    for (name, write), after in zip(slots, parts, strict=True):
        constant = constants.get(name)
        literal = _literal(write(constant) if write and constant is not None else constant)
        first += (literal or "?") + after
        if literal is None:
            left.append((name, write))
    return first, left


def _numbered(sql: str) -> str:
    """The statement with `$1`, `$2` and so on for its values, as PostgreSQL itself wants them."""
    first, *parts = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(parts, 1))


def _literal(value: Any) -> str | None:
    """A truth, a whole number or a plain word as SQL writes it; None for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    return f"'{value}'" if isinstance(value, str) and re.fullmatch(r"\w*", value, re.ASCII) else None


def _binder(
    slots: Sequence[tuple[str, Processor | None]], constants: Mapping[str, Any], places: Mapping[str, Any]
) -> Callable[[Any], Sequence[Any]]:
    """A function from a row's values to those of a statement, written out as one expression: it is called all the time.

    `places` say by what a value is found in the row: its name, or its place. Of a statement that takes `id` and a
    `day`: `lambda values: [values['id'], write_1(values['day'])]`.
    """
    known: dict[str, Any] = {}
    parts = []
    for place, (name, write) in enumerate(slots):
        if name in constants:
            known[f"constant_{place}"] = write(constants[name]) if write else constants[name]
            parts.append(f"constant_{place}")
        else:
            known[f"write_{place}"] = write
            value = f"values[{places[name]!r}]"
            parts.append(f"write_{place}({value})" if write else value)
    binder: Callable[[Any], Sequence[Any]] = _written_out(f"lambda values: [{', '.join(parts)}]", known)
    return binder


def _reader(
    description: Sequence[Sequence[Any]], types: Sequence[TypeEngine[Any]], dialect: Dialect
) -> Callable[[list[Any]], list[Row]]:
    """A function from the driver's rows to ours, written out in the same way."""
    assert not types or len(types) == len(description), "every column has a type"
    row = namedtuple("Row", [column[0] for column in description], rename=True)  # type: ignore[misc]  # from a query
    known: dict[str, Any] = {"make": partial(tuple.__new__, row)}
    parts = [f"row[{place}]" for place in range(len(description))]
    for place, (kind, column) in enumerate(zip(types, description, strict=False)):
        if read := kind.dialect_impl(dialect).result_processor(dialect, column[1]):
            known[f"read_{place}"] = read
            parts[place] = f"read_{place}(row[{place}])"
    each = f"({', '.join(parts)},)" if len(known) > 1 else "row"
    reader: Callable[[list[Any]], list[Row]] = _written_out(f"lambda rows: [make({each}) for row in rows]", known)
    return reader


def _written_out(expression: str, known: dict[str, Any]) -> Any:
    return eval(expression, known)


def _room(items: Any) -> int:
    """How many places a list gets in a statement: the next power of two, none for an empty one."""
    return 0 if not items else 1 << (len(items) - 1).bit_length()


def _types(statement: Any) -> list[TypeEngine[Any]]:
    """The types of the columns that a statement returns; none for text, whose values stay as they come."""
    if isinstance(statement, sa.TextClause):
        return []
    return [column.type for column in statement.exported_columns]


def _only_key(statement: Any) -> str | None:
    """The column of a plain INSERT that returns nothing but the number which the database gave the new row."""
    if not isinstance(statement, sa.Insert) or statement._post_values_clause is not None:
        return None
    returned, keys = list(statement.exported_columns), list(statement.table.primary_key)
    is_key = len(returned) == 1 and returned == keys and isinstance(keys[0].type, sa.Integer)
    return keys[0].name if is_key else None
