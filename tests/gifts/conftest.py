"""A shop for each test, whose clerk takes donations."""

import pytest

from tests.bank import Server
from tests.redemptions.shop import Shop, open_shop


@pytest.fixture
async def shop(server: Server) -> Shop:
    return await open_shop(server)
