"""On a server acts end in another order than they began: what says where the books stood waits for all of them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.position import ledger_position
from points_bank.ledger.posting import Award, award
from points_bank.ledger.seal import broken_seals, list_seals
from points_bank.scheduler import Done, run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import at
from tests.ledger.books import Books

pytestmark = pytest.mark.only("postgresql", "in a file acts write one after the other")

BEFORE, AFTER = at("2026-10-12 23:59:59"), at("2026-10-13 00:00:01")


@pytest.fixture
async def books(settings: Settings, clock: Clock) -> AsyncIterator[Books]:
    """Two accounts, and bounds as a bank that is served has them."""
    bounds = {"position_seconds": None, "act_limit_seconds": 20.0}
    async with Database(settings.model_copy(update=bounds), clock) as database:
        books = Books(database, clock)
        await books.account()
        await books.account()
        clock.set(BEFORE)
        yield books


class HeldOpen:
    """An award that has taken its number and is not committed before it is let go."""

    def __init__(self, each: Award) -> None:
        self._each = each
        self.has_number, self.may_end = threading.Event(), threading.Event()

    def act(self, tx: Transaction) -> None:
        award(tx, [self._each], grace_days=0)
        self.has_number.set()
        assert self.may_end.wait(15)


async def hold(books: Books, member_id: int) -> tuple[HeldOpen, "asyncio.Task[None]"]:
    held = HeldOpen(books.an_award(member_id, 10))
    task = asyncio.create_task(books.database.write(held.act))
    await asyncio.to_thread(held.has_number.wait, 15)
    return held, task


async def seals_at(books: Books, instant: str) -> list[Done]:
    books.it_is(instant)
    return [done for done in await run_due(books.database) if done.job == "seal"]


async def test_a_seal_waits_for_an_act_that_is_held_open_over_midnight(books: Books) -> None:
    early = await books.award(1, 5)
    held, task = await hold(books, 1)
    late = await books.award(2, 5)
    assert late == early + 2, "the one that is held open has the number between"
    assert await seals_at(books, "2026-10-13 00:00:30") == []
    held.may_end.set()
    await task
    assert len(await seals_at(books, "2026-10-13 00:01:40")) == 1
    (seal,) = await books.read(list_seals, limit=10)
    assert (seal.day, seal.first_transfer_id, seal.last_transfer_id, seal.transfers) == (
        date(2026, 10, 12),
        early,
        late,
        3,
    )
    assert await books.read(lambda tx: list(broken_seals(tx))) == []


async def test_one_that_began_before_midnight_and_came_after_the_first_of_the_day_is_sealed_once(books: Books) -> None:
    first = await books.award(2, 5)
    held, task = await hold(books, 1)
    books.clock.set(AFTER)
    await books.award(2, 5)
    held.may_end.set()
    await task
    assert len(await seals_at(books, "2026-10-14 00:01:40")) == 2
    chain = await books.read(list_seals, limit=10)
    assert [(seal.first_transfer_id, seal.transfers) for seal in chain] == [(first + 2, 1), (first, 2)]
    assert await books.read(lambda tx: list(broken_seals(tx))) == []


async def test_a_position_is_none_that_something_can_still_come_in_before(books: Books) -> None:
    early = await books.award(1, 5)
    books.clock.set(BEFORE + timedelta(seconds=90))
    held, task = await hold(books, 1)
    await books.award(2, 5)
    books.clock.set(BEFORE + timedelta(seconds=110))
    assert await books.read(ledger_position) == early
    held.may_end.set()
    await task
    books.clock.set(BEFORE + timedelta(seconds=200))
    assert await books.read(ledger_position) == early + 2


async def test_no_act_lives_for_longer_than_positions_wait(books: Books) -> None:
    """The bounds that the delay is made of are told to the server too."""

    def limits(tx: Transaction) -> list[str]:
        names = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
        return [tx.scalar(sa.text(f"SHOW {name}")) for name in names]

    assert await books.database.write(limits) == ["20s", "20s", "10s"]
    assert books.database.settings.position_delay == timedelta(seconds=100)


@contextmanager
def open_in_another_session(settings: Settings) -> Iterator[None]:
    """A transaction that has written and is not ended, as one whose commit waits for a standby."""
    with psycopg.connect(settings.database_url) as session:
        session.execute("SELECT pg_current_xact_id()")
        yield
        session.rollback()


async def test_nothing_is_settled_that_an_act_which_is_open_for_longer_than_acts_live_may_still_come_in_before(
    settings: Settings, clock: Clock
) -> None:
    bounds = {"position_seconds": None, "act_limit_seconds": 0.5, "commit_limit_seconds": 0.5}
    async with Database(settings.model_copy(update=bounds), clock) as database:
        delay = database.settings.position_delay

        def unsettled(tx: Transaction) -> timedelta:
            return tx.now - tx.settled_at

        assert delay == timedelta(seconds=3) == await database.read(unsettled) == await database.write(unsettled)
        with open_in_another_session(settings):
            assert await database.read(unsettled) == delay, "it is no older than any other act"
            await asyncio.sleep(2)
            waited = [await database.read(unsettled), await database.write(unsettled)]
            assert all(delay < each < delay + timedelta(seconds=60) for each in waited), waited
        assert await database.read(unsettled) == delay
