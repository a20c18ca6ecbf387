"""Acts share a commit, and yet each stands or falls alone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import Busy, OutOfStock
from points_bank.settings import Settings
from points_bank.transaction import Transaction


class Shelf(SQLModel, table=True):
    """A table of this test only."""

    __tablename__ = "test_shelf"
    metadata = sa.MetaData()

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    parent_id: int | None = Field(default=None, foreign_key="test_shelf.id")


SHELF = Shelf.metadata.tables["test_shelf"]
ADD = sa.insert(SHELF).returning(SHELF.c.id)
NAMES = sa.select(SHELF.c.name).order_by(SHELF.c.id)


def make_table(tx: Transaction) -> None:
    SHELF.create(tx.session.connection())


def add(tx: Transaction, name: str) -> int:
    shelf_id: int = tx.scalar(ADD, name=name)
    return shelf_id


def names(tx: Transaction) -> list[str]:
    return [row.name for row in tx.all(NAMES)]


@pytest.fixture
async def database(settings: Settings, clock: Clock) -> AsyncIterator[Database]:
    async with Database(settings, clock) as database:
        await database.write(make_table)
        yield database


class Held:
    """An act that holds the writer until it is let go, so that what is sent meanwhile becomes one batch."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def act(self, tx: Transaction) -> None:
        self.began.set()
        assert self.may_end.wait(10)


async def hold(database: Database) -> tuple[Held, asyncio.Task[None]]:
    held = Held()
    task = asyncio.create_task(database.write(held.act))
    await asyncio.to_thread(held.began.wait)
    return held, task


async def as_one_batch(database: Database, *acts: Callable[[Transaction], Any]) -> list[Any]:
    """Send acts so that they share a transaction; what each was answered."""
    held, task = await hold(database)
    sent = [asyncio.create_task(database.write(act)) for act in acts]
    await asyncio.sleep(0)
    held.may_end.set()
    await task
    answers: list[Any] = await asyncio.gather(*sent, return_exceptions=True)
    return answers


async def test_an_act_that_raises_leaves_nothing_and_its_neighbours_are_kept(database: Database) -> None:
    def fails(tx: Transaction) -> None:
        add(tx, "half done")
        raise OutOfStock(remaining_quantity=0)

    def breaks(tx: Transaction) -> None:
        add(tx, "first")

    answers = await as_one_batch(database, lambda tx: add(tx, "first"), fails, breaks, lambda tx: add(tx, "last"))
    assert answers[0] == 1
    assert isinstance(answers[1], OutOfStock)
    assert isinstance(answers[2], IntegrityError)
    assert await database.read(names) == ["first", "last"]


async def test_an_act_that_raises_before_it_wrote_costs_its_neighbours_nothing(database: Database) -> None:
    runs: list[str] = []

    def counted(tx: Transaction, name: str) -> int:
        runs.append(name)
        return add(tx, name)

    def refuses(tx: Transaction) -> None:
        names(tx)
        raise OutOfStock(remaining_quantity=0)

    answers = await as_one_batch(database, lambda tx: counted(tx, "a"), refuses, lambda tx: counted(tx, "b"))
    assert (answers[0], type(answers[1]), answers[2]) == (1, OutOfStock, 2)
    assert runs == ["a", "b"]


@pytest.mark.only("sqlite", "PostgreSQL undoes no neighbours")
async def test_a_batch_that_was_undone_is_run_again_with_the_same_answers(database: Database) -> None:
    runs: list[str] = []

    def counted(tx: Transaction, name: str) -> int:
        runs.append(name)
        return add(tx, name)

    def fails(tx: Transaction) -> None:
        counted(tx, "half done")
        raise OutOfStock(remaining_quantity=0, remember=lambda tx: counted(tx, "remembered"))

    answers = await as_one_batch(database, lambda tx: counted(tx, "a"), fails, lambda tx: counted(tx, "b"))
    assert (answers[0], type(answers[1]), answers[2]) == (1, OutOfStock, 3)
    assert runs == ["a", "half done", "a", "half done", "remembered", "b"]
    assert await database.read(names) == ["a", "remembered", "b"]


async def test_what_a_refusal_must_remember_is_kept(database: Database) -> None:
    def refuses(tx: Transaction) -> None:
        add(tx, "undone")
        raise OutOfStock(remaining_quantity=0, remember=lambda tx: add(tx, "remembered"))

    with pytest.raises(OutOfStock):
        await database.write(refuses)
    assert await database.read(names) == ["remembered"]


async def test_a_memory_that_fails_is_the_answer_and_harms_no_neighbour(database: Database) -> None:
    def refuses(tx: Transaction) -> None:
        raise OutOfStock(remaining_quantity=0, remember=lambda tx: add(tx, "first"))

    answers = await as_one_batch(database, lambda tx: add(tx, "first"), refuses)
    assert isinstance(answers[1], IntegrityError)
    assert await database.read(names) == ["first"]


@pytest.mark.only("sqlite", "a commit of PostgreSQL is one act's")
async def test_a_failing_commit_fails_every_act_of_the_batch(database: Database) -> None:
    def breaks_at_commit(tx: Transaction) -> None:
        tx.run(sa.text("PRAGMA defer_foreign_keys=ON"))
        tx.run(sa.insert(SHELF), name="orphan", parent_id=99)

    answers = await as_one_batch(database, lambda tx: add(tx, "neighbour"), breaks_at_commit)
    assert [type(answer) for answer in answers] == [Busy, Busy]
    assert await database.read(names) == []
    assert await database.write(add, "afterwards") == 1


@pytest.mark.only("sqlite", "only SQLite ends a transaction by itself")
async def test_sqlite_ending_the_transaction_fails_the_batch_and_not_the_next(database: Database) -> None:
    def end_everything(tx: Transaction) -> None:
        tx.run(sa.text("INSERT INTO test_shelf (name) VALUES ('boom')"))

    await database.write(
        lambda tx: tx.run(
            sa.text(
                "CREATE TRIGGER boom BEFORE INSERT ON test_shelf WHEN new.name = 'boom' "
                "BEGIN SELECT RAISE(ROLLBACK, 'boom'); END"
            )
        )
    )

    def end_by_session(tx: Transaction) -> None:
        tx.session.add(Shelf(name="boom"))

    for ends in (end_everything, end_by_session):
        answers = await as_one_batch(database, lambda tx: add(tx, "before"), ends, lambda tx: add(tx, "after"))
        assert [type(answer) for answer in answers] == [Busy, Busy, Busy]
        assert await database.read(names) == []
    assert await database.write(add, "afterwards") == 1


async def test_a_flush_that_fails_midway_leaves_nothing(database: Database) -> None:
    def flushes(tx: Transaction) -> None:
        add(tx, "by statement")
        tx.session.add_all([Shelf(name="by object"), Shelf(name="first")])
        tx.session.flush()

    def swallows(tx: Transaction) -> str:
        tx.session.add(Shelf(name="first"))
        try:
            tx.session.flush()
        except IntegrityError:
            return "went on"
        return "not reached"

    def by_object(tx: Transaction) -> int:
        tx.session.add(Shelf(name="object"))
        return len(names(tx))

    answers = await as_one_batch(database, lambda tx: add(tx, "first"), flushes, swallows, by_object)
    assert isinstance(answers[1], IntegrityError)
    assert isinstance(answers[2], RuntimeError)
    assert answers[3] == 2, "a statement sees what the session holds"
    assert await database.read(names) == ["first", "object"]


async def test_an_act_may_not_end_the_transaction_through_its_session(database: Database) -> None:
    def commits(tx: Transaction) -> None:
        tx.session.add(Shelf(name="committed"))
        tx.session.commit()

    def rolls_back(tx: Transaction) -> None:
        tx.session.rollback()

    for act in (commits, rolls_back):
        with pytest.raises(RuntimeError, match="an act does not"):
            await database.write(act)
    assert await database.read(names) == []


async def test_readers_see_only_what_is_committed_and_cannot_write(database: Database) -> None:
    held, task = await hold(database)
    later = asyncio.create_task(database.write(add, "later"))
    assert await database.read(names) == []
    held.may_end.set()
    await asyncio.gather(task, later)
    assert await database.read(names) == ["later"]
    with pytest.raises(Busy):
        await database.read(add, "by a reader")


@pytest.mark.only("sqlite", "what a file is opened with")
async def test_the_file_is_durable_and_holds_foreign_keys(database: Database) -> None:
    def pragmas(tx: Transaction) -> list[object]:
        return [tx.scalar(sa.text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert await database.write(pragmas) == ["wal", 2, 1]
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(sa.insert(SHELF), name="orphan", parent_id=99))


async def test_many_acts_at_once_are_all_kept_once(database: Database, tmp_path: Path) -> None:
    ids = await asyncio.gather(*(database.write(add, f"shelf {number}") for number in range(300)))
    assert sorted(ids) == list(range(1, 301))
    assert len(await database.read(names)) == 300
