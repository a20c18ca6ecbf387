"""`points-bank serve`: the bank over HTTP."""

import asyncio
import os
import signal
import socket
import sys
import tempfile

import rich_click as click
import uvicorn

from points_bank.cli.terminal import end, sentence
from points_bank.connections import BoundedConnection, allow_many
from points_bank.database import Database
from points_bank.errors import message
from points_bank.logs import log_config
from points_bank.settings import Settings

START_WITHIN_SECONDS, STOP_WITHIN_SECONDS = 60, 20


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve.")
@click.option("--access-log", is_flag=True, help="Log every request: its route, its acts, and who asked by number.")
def serve(host: str, port: int, workers: int, access_log: bool) -> None:
    """Migrate, do what is due, and serve."""
    if access_log:
        os.environ["POINTS_BANK_ACCESS_LOG"] = "true"
    settings = Settings()
    allow_many()
    asyncio.run(_open_once(settings))
    _refuse_a_taken_port(host, port)
    if settings.metrics_token is not None and workers > 1:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="points-bank-figures-"))
    # Having stopped as it was told to, uvicorn sends itself the signal again; that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "points_bank.serving:create_served_app",
        factory=True,
        http=BoundedConnection,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_config=log_config(settings),
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        # A worker that is still importing on a slow machine is not taken for dead.
        timeout_worker_healthcheck=START_WITHIN_SECONDS,
    )


async def _open_once(settings: Settings) -> None:
    """Migrate, and say in one sentence what would keep each process that serves from opening the bank."""
    async with Database(settings):
        pass


def _refuse_a_taken_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        end(sentence(message("{host}:{port} cannot be listened at: {reason}."), host=host, port=port, reason=error))
