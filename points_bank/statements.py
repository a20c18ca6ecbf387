"""Core statements compiled once for a database and run on its driver's cursor.

SQLAlchemy prepares a statement anew at every execution (30 to 60 us); here that is done once per statement and shape of
its values, and an execution costs what the driver costs. What a statement says and which values it takes stays
SQLAlchemy's business: types convert values, as they do elsewhere.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from operator import itemgetter
from typing import Any
from weakref import ReferenceType, ref

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any]
Row = Any
"""A named tuple: one field a column."""


@dataclass(frozen=True)
class Plan:
    """A statement as the driver takes it. `slots` name each positional value and how its type writes it.

    `lists` gives, for a value that is a list, the names of its elements in the statement. `row` is what stands between
    the brackets of an INSERT's VALUES, where nothing else of the statement takes a value.
    """

    sql: str
    slots: Sequence[tuple[str, Processor | None]]
    constants: Mapping[str, Any]
    lists: Mapping[str, Sequence[str]]
    types: Sequence[TypeEngine[Any]]
    dialect: Dialect
    row: str = ""

    def sql_for(self, rows: int) -> str:
        """An INSERT of so many rows at once; their values follow one another."""
        if rows == 1:
            return self.sql
        return self.sql.replace(f"({self.row})", ", ".join([f"({self.row})"] * rows), 1)

    def bind(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """The values in the order of the statement, as the driver takes them."""
        if self._has_more:
            values = {**values, **self.constants, **self._elements(values)}
        picked = self._pick(values)
        if not self._writers:
            return picked
        cells = list(picked)
        for index, write in self._writers:
            cells[index] = write(cells[index])
        return cells

    def rows(self, cursor: Any) -> list[Row]:
        """All rows of a cursor: it is drained, because one that is not would block every later savepoint."""
        found: list[Any] = cursor.fetchall()
        if not found:
            return found
        return self._reader(cursor.description)(found)

    @cached_property
    def _has_more(self) -> bool:
        return bool(self.constants or self.lists)

    @cached_property
    def _pick(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        names = [name for name, _ in self.slots]
        # itemgetter gives a bare value for one name and takes no less.
        return itemgetter(*names) if len(names) > 1 else lambda values: tuple([values[name] for name in names])

    @cached_property
    def _writers(self) -> list[tuple[int, Processor]]:
        return [(index, write) for index, (_, write) in enumerate(self.slots) if write]

    def _elements(self, values: Mapping[str, Any]) -> dict[str, Any]:
        elements: dict[str, Any] = {}
        for name, names in self.lists.items():
            items = values[name]
            elements.update(zip(names, items, strict=False))
            elements.update(dict.fromkeys(names[len(items) :], items[-1] if items else None))
        return elements

    def _reader(self, description: Sequence[Sequence[Any]]) -> Callable[[list[Any]], list[Row]]:
        if "_read" not in self.__dict__:
            self.__dict__["_read"] = self._make_reader(description)
        read: Callable[[list[Any]], list[Row]] = self.__dict__["_read"]
        return read

    def _make_reader(self, description: Sequence[Sequence[Any]]) -> Callable[[list[Any]], list[Row]]:
        row = namedtuple("Row", [column[0] for column in description], rename=True)  # type: ignore[misc]  # from a query
        assert not self.types or len(self.types) == len(description), "every column has a type"
        processors = [
            kind.dialect_impl(self.dialect).result_processor(self.dialect, column[1])
            for kind, column in zip(self.types, description, strict=False)
        ]
        readers = [(index, process) for index, process in enumerate(processors) if process]
        make = partial(tuple.__new__, row)
        if not readers:
            return lambda found: [make(each) for each in found]

        def converted(found: list[Any]) -> list[Row]:
            rows = []
            for each in found:
                cells = list(each)
                for index, read in readers:
                    cells[index] = read(cells[index])
                rows.append(make(cells))
            return rows

        return converted


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
        shapes = self._shapes.get(id(statement)) or self._remember(statement)
        names = tuple(values)
        plan = shapes.plans.get(names)
        if plan is None:
            plan = shapes.plans[names] = self._compile(statement, values)
        if not plan.lists:
            return plan
        rooms = (names, *[_room(values[name]) for name in plan.lists])
        plan = shapes.plans.get(rooms)
        if plan is None:
            plan = shapes.plans[rooms] = self._compile(statement, values)
        return plan

    def _remember(self, statement: Any) -> _Shapes:
        """A place for a statement's plans, for as long as it lives."""
        place, places = id(statement), self._shapes
        return places.setdefault(place, _Shapes(ref(statement, lambda _: places.pop(place, None))))

    def _compile(self, statement: Any, values: Mapping[str, Any]) -> Plan:
        # An insert writes the columns that are given; an update only what its values() say.
        columns = list(values) if isinstance(statement, sa.Insert) else None
        compiled = statement.compile(dialect=self.dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler), "definitions of tables belong to migrations"
        filled = {
            name: [None] * _room(values[name]) if bind.expanding and name in values else bind.value
            for name, bind in compiled.binds.items()
        }
        expanded = compiled.construct_expanded_state(filled, escape_names=False)
        home = {each: name for name, names in expanded.parameter_expansion.items() for each in names}
        slots = []
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
        row = compiled.insert_single_values_expr or ""
        if row.count("?") != len(slots):
            row = ""
        return Plan(expanded.statement, slots, constants, lists, _types(statement), self.dialect, row)


def _room(items: Any) -> int:
    """How many places a list gets in a statement: the next power of two, none for an empty one."""
    return 0 if not items else 1 << (len(items) - 1).bit_length()


def _types(statement: Any) -> list[TypeEngine[Any]]:
    """The types of the columns that a statement returns; none for text, whose values stay as they come."""
    if isinstance(statement, sa.TextClause):
        return []
    return [column.type for column in statement.exported_columns]
