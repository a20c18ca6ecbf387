"""A bank over real HTTP, on a free port of loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar

from points_bank.database import Database


@asynccontextmanager
async def serving(application: Litestar, database: Database) -> AsyncIterator[str]:
    """Open the database and serve it with the application that all tests share, one after the other; the address."""
    application.state.database = database
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
        if task.done():
            task.result()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        # Also where a test failed: a server that nobody stops would keep the whole run waiting.
        server.should_exit = True
        await task
