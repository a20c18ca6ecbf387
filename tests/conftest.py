"""Fixtures: a migrated bank copied for each test, a bank on it, and the bank served over real HTTP.

`pytest --engine postgresql` has all of them on a PostgreSQL server, which is started for the run.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from points_bank.actor import SYSTEM
from points_bank.app import create_app
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.keys import write_secret
from points_bank.migrations import upgrade
from points_bank.opening import open_bank
from points_bank.settings import DatabaseKind, Settings
from points_bank.verify import differences
from tests.bank import Bank, Server, at
from tests.banks import Banks, Databases, Files
from tests.postgres import Cluster, running_server
from tests.privacy.phones import phones_in
from tests.serving import serving

SECRET = "0123456789abcdef" * 4
CLUSTER = pytest.StashKey[Cluster]()
RUN = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=[kind.value for kind in DatabaseKind], default=DatabaseKind.SQLITE.value,
        help="which kind of database the banks of the tests are in",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Start one server for the whole run; each worker is told where it is."""
    if config.getoption("--engine") != DatabaseKind.POSTGRESQL or config.getoption("collectonly"):
        return
    config.stash[RUN] = run = ExitStack()
    if hasattr(config, "workerinput"):
        config.stash[CLUSTER] = Cluster(config.workerinput["cluster"])
    else:
        config.stash[CLUSTER] = run.enter_context(running_server())


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash:
        config.stash[RUN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Where pytest-xdist has workers: tell each."""
    if CLUSTER in node.config.stash:
        node.workerinput["cluster"] = node.config.stash[CLUSTER].folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked as being about the other engine only."""
    engine = config.getoption("--engine")
    left_out = [item for item in items if any(mark.args[0] != engine for mark in item.iter_markers("only"))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def banks(request: pytest.FixtureRequest, worker_id: str) -> Banks:
    """Where this run's banks are."""
    if request.config.getoption("--engine") == DatabaseKind.POSTGRESQL:
        return Databases(request.config.stash[CLUSTER], worker_id)
    return Files()


@pytest.fixture(scope="session")
def newly_opened(banks: Banks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A database of the newest schema, opened as district LX; copied, never written."""
    with banks.new(tmp_path_factory.mktemp("newly-opened")) as settings:
        upgrade(settings)
        write_secret(settings.key_path, SECRET)

        async def found() -> None:
            async with Database(settings, Clock(at("2026-01-01 00:00"))) as database:
                await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)

        asyncio.run(found())
        yield settings


@pytest.fixture
def settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    newly_opened: Settings,
    banks: Banks,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Settings]:
    """The settings of a bank of its own. After the test, no phone number stands in its files or in a log."""
    bounds = {"token_cache_seconds": 0, "timetable_seconds": 60, "looks_seconds": 0.05}
    if request.node.get_closest_marker("racing"):
        bounds["writers"] = 16
    with banks.copied(newly_opened, tmp_path, **bounds) as settings:
        yield settings
        assert phones_in(banks.content_of(settings)) == []
        assert phones_in(caplog.text.encode()) == []


@pytest.fixture
def clock() -> Clock:
    """Monday 12 October 2026, 09:00 by the district's clock."""
    return Clock(at("2026-10-12 09:00"))


@pytest.fixture
async def bank(settings: Settings, clock: Clock) -> AsyncIterator[Bank]:
    """A bank without HTTP. Its books are verified after the test."""
    async with Database(settings, clock) as database:
        yield await Bank.on(database)
        assert await differences(database) == []


@pytest.fixture(scope="session")
def application(newly_opened: Settings) -> Litestar:
    """The bank's application. Making its three hundred handlers takes longer than most tests, so all share it."""
    return create_app(newly_opened)


@pytest.fixture
async def server(application: Litestar, settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A bank served over HTTP on a free port of loopback. Its books are verified after the test."""
    database = Database(settings, clock)
    async with serving(application, database) as address:
        served = Server(await Bank.on(database), address)
        yield served
        await served.close()
        assert await differences(database) == []
