"""A server that takes nothing: `/ready` and the log say so, and say when it is over. A clash is no such thing."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.engine import Outage
from points_bank.errors import Busy, NotFound
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import TLS, Bank, Server

on_a_server = pytest.mark.only("postgresql", "in a file one thread writes; tests/faults has its outages")
MEMBER = {"name": "阿明", "branch_id": 1, "consents": ["records"]}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"lock_wait_seconds": 0.3})


@on_a_server
async def test_a_table_that_is_locked_is_told_and_ready_tries_for_itself(
    server: Server, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = await server.as_staff(Role.RECORDER)
    assert await readiness(server) == (200, "ok")
    with locked(settings, "member"):
        answers = [await client.post("/members", json=MEMBER) for _ in range(2)]
        assert [(each.status_code, each.json()["code"]) for each in answers] == [(503, "busy")] * 2
        for _ in range(2):
            assert await readiness(server) == (503, "cannot be written: Busy")
        assert is_writing(server.bank) is False
    assert await readiness(server) == (200, "ok")
    assert is_writing(server.bank)
    assert (await client.post("/members", json=MEMBER)).status_code == 201
    assert told(caplog, "nothing can be written") == 1
    assert told(caplog, "writing works again") == 1


@on_a_server
async def test_the_next_commit_that_wrote_ends_it(server: Server, settings: Settings) -> None:
    client, database = await server.as_staff(Role.RECORDER), server.bank.database
    with locked(settings, "member"):
        assert (await client.post("/members", json=MEMBER)).status_code == 503
    await database.write(lambda tx: tx.today)
    assert is_writing(server.bank) is False, "nothing was written"
    assert (await client.post("/members", json=MEMBER)).status_code == 201
    assert is_writing(server.bank)


@on_a_server
async def test_a_server_that_is_away_is_told(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    database = server.bank.database

    def lose(tx: Transaction) -> None:
        tx.session.connection().exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Busy):
        await database.write(lose)
    assert not database.is_writing
    assert await readiness(server) == (200, "ok")
    assert told(caplog, "nothing can be written") == told(caplog, "writing works again") == 1


async def test_what_is_the_act_s_own_is_no_outage(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    database = server.bank.database
    client = await server.as_staff(Role.ADMINISTRATOR)
    branch = {"code": "A", "name": "银宇小区", "kind": "estate", "parent_id": 1}
    at_once = await asyncio.gather(*(client.post("/branches", json=branch) for _ in range(8)))
    assert [each.status_code for each in at_once].count(201) == 1

    def refuse(_: Transaction) -> None:
        raise NotFound

    def wait_too_long(_: Transaction) -> None:
        raise Busy

    for act, refusal in ((refuse, NotFound), (wait_too_long, Busy)):
        with pytest.raises(refusal):
            await database.write(act)
    assert database.is_writing
    assert told(caplog, "nothing can be written") == 0


@on_a_server
async def test_acts_in_each_others_way_are_no_outage(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    def come_between(tx: Transaction) -> None:
        tx.run(sa.text("DO $$ BEGIN RAISE EXCEPTION 'as it says' USING ERRCODE = 'deadlock_detected'; END $$"))

    with pytest.raises(Busy):
        await bank.database.write(come_between)
    assert bank.database.is_writing
    assert told(caplog, "nothing can be written") == 0


def test_acts_of_several_threads_are_one_outage(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage()
    for _ in range(3):
        outage.goes_on(Busy(), refused=2)
    outage.ends()
    outage.ends()
    outage.goes_on(Busy(), refused=1)
    said = [each.partition(":")[0] for each in caplog.messages if each.startswith("nothing")]
    assert said == ["nothing can be written"] * 2
    assert told(caplog, "nothing can be written: 2 acts refused so far") == 1
    assert told(caplog, "in which 6 acts were refused") == 1


@contextmanager
def locked(settings: Settings, table: str) -> Iterator[None]:
    """Somebody else has a table, and does not let go of it."""
    with psycopg.connect(settings.database_url) as other:
        other.execute(f"LOCK TABLE {table} IN SHARE MODE".encode())
        yield
        other.rollback()


def is_writing(bank: Bank) -> bool:
    return bank.database.is_writing


async def readiness(server: Server) -> tuple[int, str]:
    async with httpx.AsyncClient(verify=TLS) as client:
        answer = await client.get(f"{server.url}/ready")
    return answer.status_code, answer.json()["checks"]["writing"]


def told(caplog: pytest.LogCaptureFixture, what: str) -> int:
    return [what in line for line in caplog.messages].count(True)
