"""The floor: a bare POST and a bare GET on the same server, behind the same check of the token, that do nothing else.

Run as a program it serves them: `python -m scripts.benchmarks.floor --port 8001`. What the bank's handlers do beyond
this is what its figures are measured against.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar, get, post

from points_bank.callers import Callers
from points_bank.database import Database
from points_bank.settings import Settings
from points_bank.web import EXCEPTION_HANDLERS, SIGNED_IN, Asking, CallerMiddleware


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "ok"}


@post("/floor", opt=SIGNED_IN, status_code=201)
async def bare_post(request: Asking) -> dict[str, int]:
    await request.body()
    return {"id": 1}


@get("/floor", opt=SIGNED_IN)
async def bare_get(request: Asking) -> dict[str, int]:
    return {"id": 1}


def create_app() -> Litestar:
    """The floor as an ASGI application, with a bank's file to find tokens in."""
    database = Database(Settings())

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with database:
            app.state.database = database
            app.state.callers = Callers(database)
            yield

    return Litestar(
        [health, bare_post, bare_get],
        lifespan=[lifespan],
        middleware=[CallerMiddleware],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        request_class=Asking,
        logging_config=None,
    )


def serve(application: str, port: int) -> None:
    """Serve an application as `points-bank serve` does."""
    uvicorn.run(application, factory=True, host="127.0.0.1", port=port, access_log=False, server_header=False)


if __name__ == "__main__":
    serve("scripts.benchmarks.floor:create_app", int(sys.argv[-1]))
