"""The demo, filled once for a run; each role has a copy to itself."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from litestar import Litestar

from points_bank.demo.filling import DemoDistrict, fill
from points_bank.settings import Settings
from tests.banks import Banks
from tests.fuzz.city import END, Served


@dataclass(frozen=True)
class City:
    settings: Settings
    demo: DemoDistrict


@pytest.fixture(scope="session")
def city(banks: Banks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with banks.new(tmp_path_factory.mktemp("city")) as settings:
        yield City(settings, asyncio.run(fill(settings, seed=1, until=END)))


@pytest.fixture
def served(city: City, banks: Banks, application: Litestar, tmp_path: Path) -> Iterator[Served]:
    with (
        banks.copied(city.settings, tmp_path, token_cache_seconds=0, timetable_seconds=60) as settings,
        Served(application, settings) as served,
    ):
        yield served
