"""`points-bank serve`: the bank over HTTP."""

import copy
import signal
import socket
import sys
from typing import Any

import rich_click as click
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from points_bank.cli.terminal import end, sentence
from points_bank.errors import message
from points_bank.migrations import upgrade
from points_bank.settings import Settings

START_WITHIN_SECONDS, STOP_WITHIN_SECONDS = 60, 20


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve.")
@click.option("--access-log", is_flag=True, help="Log every request; an address may hold a name that was searched for.")
def serve(host: str, port: int, workers: int, access_log: bool) -> None:
    """Migrate, do what is due, and serve."""
    upgrade(Settings())
    _refuse_a_taken_port(host, port)
    # Having stopped as it was told to, uvicorn sends itself the signal again; that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "points_bank.serving:create_served_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=access_log,
        log_config=_log_config(),
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        # A worker that is still importing on a slow machine is not taken for dead.
        timeout_worker_healthcheck=START_WITHIN_SECONDS,
    )


def _refuse_a_taken_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        end(sentence(message("{host}:{port} cannot be listened at: {reason}."), host=host, port=port, reason=error))


def _log_config() -> dict[str, Any]:
    """Uvicorn's, with what the bank itself does by the timetable."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["loggers"]["points_bank"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config
