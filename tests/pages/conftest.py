"""Pages as people see them: the small demo bank, served on loopback, in a real Chromium."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, async_playwright

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.demo.filling import DemoDistrict, fill
from points_bank.settings import Settings
from points_bank.verify import differences
from scripts.chromium import CHROMIUM, QUIET
from tests.bank import at
from tests.banks import Banks
from tests.pages.reader import Reader, Site
from tests.serving import serving

NOW = at("2026-11-16 09:00")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser serves all of these tests, so that they share one event loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def demo_made(banks: Banks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, DemoDistrict]]:
    """The small demo on its known day; copied, never written."""
    with banks.new(tmp_path_factory.mktemp("demo")) as settings:
        yield settings, asyncio.run(fill(settings, seed=1, until=NOW))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(
    application: Litestar, tmp_path: Path, banks: Banks, demo_made: tuple[Settings, DemoDistrict], browser: Browser
) -> AsyncIterator[Site]:
    """A demo bank of the test's own, served. Its books are verified after the test."""
    source, demo = demo_made
    bounds = {"token_cache_seconds": 0, "timetable_seconds": 60, "looks_seconds": 0.05}
    with banks.copied(source, tmp_path, **bounds) as settings:
        clock = Clock(NOW)
        database = Database(settings, clock)
        async with serving(application, database) as address:
            site = Site(address, database, clock, demo, browser)
            yield site
            await site.close()
            assert await differences(database) == []


@pytest_asyncio.fixture(loop_scope="session")
async def phone(site: Site) -> AsyncIterator[Reader]:
    """Somebody's phone, 360 px wide, in Chinese, not signed in."""
    yield await site.reader(width=360, height=740)
