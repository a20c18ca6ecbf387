"""The demo, filled once for a run; each role has a copy to itself."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from points_bank.demo.filling import DemoDistrict, fill
from points_bank.settings import Settings
from tests.banks import Banks
from tests.fuzz.city import END


@dataclass(frozen=True)
class City:
    settings: Settings
    demo: DemoDistrict


@pytest.fixture(scope="session")
def city(banks: Banks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with banks.new(tmp_path_factory.mktemp("city")) as settings:
        yield City(settings, asyncio.run(fill(settings, seed=1, until=END)))
