"""A bank over real HTTP, on a free port of loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar
from uvicorn.lifespan.on import LifespanOn
from uvicorn.server import ServerState

from points_bank.connections import BoundedConnection
from points_bank.database import Database


@asynccontextmanager
async def serving(application: Litestar, database: Database) -> AsyncIterator[str]:
    """Open the database and serve it with the application that all tests share, one after the other; the address.

    Connections, and the life of the application, are those of `points-bank serve`. uvicorn's own server would sleep for
    a sixth of a second before it ends, in each of thousands of tests.
    """
    application.state.database = database
    config = uvicorn.Config(application, http=BoundedConnection, lifespan="on", log_level="warning")
    config.load()
    state, life = ServerState(), LifespanOn(config)

    def connected() -> BoundedConnection:
        return BoundedConnection(config, state, app_state=life.state)

    await life.startup()
    assert not life.should_exit, "it did not start, and the log says why"
    listening = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        # Also where a test failed: a bank that nobody closes would keep the whole run waiting.
        listening.close()
        for connection in list(state.connections):
            connection.shutdown()
        while state.tasks:
            await asyncio.wait(state.tasks)
        await life.shutdown()
