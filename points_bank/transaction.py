"""What an act is handed: one open transaction, and the few ways to speak to the database in it."""

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Executable
from sqlmodel import Session

from points_bank.clock import day_of, start_of_day
from points_bank.keys import Keys
from points_bank.settings import Settings
from points_bank.statements import Plans, Row

T = TypeVar("T")

ITEMS_AT_A_TIME = 1_024


@dataclass(frozen=True)
class Context:
    """What stays the same from one transaction to the next."""

    settings: Settings
    keys: Keys
    known: dict[Any, Any] = field(default_factory=dict)
    """What was read of rows that stay as they are once they are there. Emptied when an act or a batch is rolled back,
    which may have made one of them; where acts run side by side, what one reads comes here when it is committed."""

    latest_day: list[tuple[date, datetime, datetime]] = field(default_factory=list)
    """The last day that was asked for, with its beginning and its end."""

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.settings.zone

    def day_of(self, at: datetime) -> date:
        """The district's date of an instant, which most of the time is the same as that of the act before."""
        for day, start, end in self.latest_day:
            if start <= at < end:
                return day
        day = day_of(at, self.zone)
        self.latest_day[:] = [(day, start_of_day(day, self.zone), start_of_day(day + timedelta(days=1), self.zone))]
        return day


class ActsConnection(Protocol):
    """A connection in an open transaction, as acts use it. Errors are raised as SQLAlchemy's."""

    plans: Plans
    core: Connection
    writes_alone: bool
    """Whether no other transaction writes while this one is open, so that nothing needs to be locked."""

    def oldest_writer_seconds(self) -> float:
        """For how long the other transaction that writes and is open longest has been open; 0 where there is none."""

    def execute(self, sql: str, values: Sequence[Any]) -> Any:
        """Run one statement; the cursor."""

    def stream(self, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Run one statement whose rows may be more than fit into memory."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, none of which returns anything."""


class ActSession(Session):
    """A session inside an act: the act returns or raises, it never ends the transaction."""

    def commit(self) -> None:
        raise RuntimeError("an act does not commit; it returns")

    def rollback(self) -> None:
        raise RuntimeError("an act does not roll back; it raises")

    def finish(self) -> None:
        """Flush what is new and release the session's own savepoint; an act that went on after a failed flush fails."""
        if not self.is_active:
            raise RuntimeError("a flush failed and the act went on")
        super().commit()


class AnsweredMeanwhile(Exception):
    """The same request was carried out beside this one, while it waited: run again, it gets that one's answer."""

    outcome = "answered_meanwhile"


class Transaction:
    """One open transaction. Statements are built once at module level with SQLAlchemy Core; values are given by name.

    `now` is the instant of the act. Acts read no other clock, so that running one again decides the same.
    """

    def __init__(
        self,
        connection: ActsConnection,
        context: Context,
        *,
        now: datetime,
        act: str,
        known: MutableMapping[Any, Any] | None = None,
    ) -> None:
        self.now = now
        self.act = act
        self.known = context.known if known is None else known
        """`Context.known`; where others write meanwhile, with what this act finds out kept apart until it is kept."""
        self._context = context
        self._connection = connection
        self._plan, self._execute = connection.plans.plan, connection.execute
        self._session: ActSession | None = None
        self._today: date | None = None
        self._settled_at: datetime | None = None

    @property
    def settings(self) -> Settings:
        return self._context.settings

    @property
    def keys(self) -> Keys:
        return self._context.keys

    @property
    def zone(self) -> ZoneInfo:
        return self._context.zone

    @property
    def writes_alone(self) -> bool:
        """Whether no other act writes until this one ends, so that nothing needs to be locked."""
        return self._connection.writes_alone

    @property
    def today(self) -> date:
        """The district's date of `now`."""
        if self._today is None:
            self._today = self._context.day_of(self.now)
        return self._today

    @property
    def settled_at(self) -> datetime:
        """Before this instant nothing can come in any more that is not seen here: `Settings.position_delay` ago, and
        longer ago where another act has been open for longer than acts live, with a commit that is held up."""
        if self._settled_at is None:
            lifetime, delay = self.settings.act_lifetime, self.settings.position_delay
            held_up = timedelta(seconds=self._connection.oldest_writer_seconds()) - lifetime
            self._settled_at = self.now - delay - max(held_up, timedelta())
        return self._settled_at

    def all(self, statement: Executable, /, **values: Any) -> list[Row]:
        """All rows, as named tuples."""
        return self._rows(statement, values)

    def all_among(self, statement: Executable, /, **values: Sequence[Any]) -> list[Row]:
        """`all` for the one list that a statement takes, which may be long: some of its items at a time.

        A statement for many items at once would take longer to be compiled than to be run.
        """
        [(name, items)] = values.items()
        starts = range(0, len(items), ITEMS_AT_A_TIME)
        return [
            row for start in starts for row in self.all(statement, **{name: items[start : start + ITEMS_AT_A_TIME]})
        ]

    def maybe(self, statement: Executable, /, **values: Any) -> Row | None:
        """The only row, or None. Two rows are a mistake of ours."""
        rows = self._rows(statement, values)
        assert len(rows) <= 1, "at most one row"
        return rows[0] if rows else None

    def one(self, statement: Executable, /, **values: Any) -> Row:
        (row,) = self._rows(statement, values)
        return row

    def scalar(self, statement: Executable, /, **values: Any) -> Any:
        """The first column of the only row, or None."""
        rows = self._rows(statement, values)
        assert len(rows) <= 1, "at most one row"
        return rows[0][0] if rows else None

    def run(self, statement: Executable, /, **values: Any) -> int:
        """How many rows were written. For statements without RETURNING."""
        if self._session is not None:
            self._session.flush()
        plan = self._plan(statement, values)
        written: int = self._execute(plan.sql, plan.bind(values)).rowcount
        return written

    def many(self, statement: Executable, rows: Sequence[dict[str, Any]], /) -> list[Row]:
        """Run a statement for many rows that name the same values; with RETURNING, what they returned, in any order."""
        if not rows:
            return []
        if self._session is not None:
            self._session.flush()
        plan = self._plan(statement, rows[0])
        if not plan.returns_rows:
            self._connection.execute_many(plan.sql, [plan.bind(row) for row in rows])
            return []
        returned = []
        for part in _parts(rows) if plan.takes_many else [[row] for row in rows]:
            values = [value for row in part for value in plan.bind(row)]
            returned += plan.rows(self._execute(plan.sql_for(len(part)), values))
        return returned

    def pour(self, statement: Executable, names: tuple[str, ...], rows: Iterable[Sequence[Any]], /) -> None:
        """`many` for as many rows as a file may have: each its values in the order of the names; returning nothing."""
        if self._session is not None:
            self._session.flush()
        plan = self._plan(statement, dict.fromkeys(names))
        self._connection.execute_many(plan.sql, map(plan.bind_in_order(names), rows))

    def each(self, statement: Executable, /, **values: Any) -> Iterator[tuple[Any, ...]]:
        """Rows one after another, for more than fits into memory: plain tuples, values as the driver gives them.

        For snapshots only: an act that writes must have drained its cursors before it returns.
        """
        if self._session is not None:
            self._session.flush()
        plan = self._plan(statement, values)
        return self._connection.stream(plan.sql, plan.bind(values))

    @property
    def session(self) -> Session:
        """A session on this transaction, made when first asked for; for what is shorter with objects and not hot."""
        if self._session is None:
            self._session = ActSession(
                bind=self._connection.core, join_transaction_mode="create_savepoint", expire_on_commit=False
            )
        return self._session

    @property
    def has_session(self) -> bool:
        return self._session is not None

    def finish(self) -> None:
        """For the runner: the act returned."""
        if self._session is not None:
            self._session.finish()
            self._session.close()

    def abandon(self) -> None:
        """For the runner: the act raised; its savepoint is about to be rolled back."""
        if self._session is not None:
            self._session.close()

    def _rows(self, statement: Executable, values: dict[str, Any]) -> list[Row]:
        if self._session is not None:
            self._session.flush()
        plan = self._plan(statement, values)
        return plan.rows(self._execute(plan.sql, plan.bind(values)))


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Rows in parts that share a statement: 32, then powers of two, so that few lengths of statements are ever made."""
    start = 0
    while start < len(rows):
        length = min(32, 1 << ((len(rows) - start).bit_length() - 1))
        yield rows[start : start + length]
        start += length
