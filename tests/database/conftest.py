"""On PostgreSQL one connection writes, so that an act that holds it up holds up all of them, as on SQLite."""

import pytest

from points_bank.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"writers": 1})
