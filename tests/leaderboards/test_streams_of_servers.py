"""What happens in one process is on the walls that another one serves."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
import pytest

from points_bank.settings import Settings
from tests.bank import TLS
from tests.faults.served import free_port, served
from tests.leaderboards.conftest import Community

pytestmark = pytest.mark.thorough

CLOCK = "2026-10-12T09:00:00+08:00"


async def test_walls_of_all_servers_change(settings: Settings, community: Community, tmp_path: Path) -> None:
    board, member_id = await community.board(), await community.member("李伟")
    with ExitStack() as processes:
        servers = [
            processes.enter_context(served(settings, free_port(), tmp_path / "log", POINTS_BANK_CLOCK=CLOCK))
            for _ in range(2)
        ]
        async with AsyncExitStack() as walls:
            client = await walls.enter_async_context(httpx.AsyncClient(verify=TLS, timeout=30))
            streams = []
            for server in servers:
                await server.until_healthy()
                events = f"{server.url}/boards/{board.id}/events"
                streams.append(marks(await walls.enter_async_context(client.stream("GET", events))))
            nobody = {await anext(stream) for stream in streams}
            await community.serve("2026-10-01", {member_id: 60}, approved="2026-10-02 09:00")
            await community.run("2026-10-12 09:00")
            somebody = {await anext(stream) for stream in streams}
    assert (len(nobody), len(somebody)) == (1, 1)
    assert nobody != somebody


async def marks(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "data":
            yield value
