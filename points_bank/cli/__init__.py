"""The command `points-bank`: each subcommand opens the bank, carries out one act as the bank itself, prints plainly.

What is refused is one sentence on standard error and exit status 1; a wrong way of calling is status 2.
"""

import copy
import signal
import socket
import sys
from typing import Any

import msgspec
import rich_click as click
import uvicorn
from uvicorn.config import LOGGING_CONFIG

from points_bank import __version__
from points_bank.actor import SYSTEM
from points_bank.cli.demo import demo
from points_bank.cli.district import calendar
from points_bank.cli.exports import export_file
from points_bank.cli.imports import import_file
from points_bank.cli.jobs import jobs
from points_bank.cli.keeping import make_backup, restore_backup, verify
from points_bank.cli.messages import messages
from points_bank.cli.people import staff, token
from points_bank.cli.reports import reports
from points_bank.cli.rules import rules
from points_bank.cli.seals import seals
from points_bank.cli.terminal import Commands, end, in_bank, say, sentence
from points_bank.errors import message
from points_bank.migrations import HEAD, upgrade
from points_bank.opening import open_bank
from points_bank.settings import Settings
from points_bank.validation import in_shape
from points_bank.web import Code, Line

START_WITHIN_SECONDS, STOP_WITHIN_SECONDS = 60, 20


class NewDistrict(msgspec.Struct):
    code: Code
    name: Line


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="points-bank")
@click.option("--traceback", is_flag=True, help="Show where something unexpected went wrong.")
def main(traceback: bool) -> None:
    """A service points bank. Settings come from the environment: POINTS_BANK_DATABASE_URL and others."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


for command in (calendar, demo, export_file, import_file, jobs, messages, reports, rules, seals, staff, token):
    main.add_command(command)
for command in (make_backup, restore_backup, verify):
    main.add_command(command)


@main.command()
@click.option("--code", required=True, help="A short code for the district, such as LX.")
@click.option("--name", required=True, help="The district's name.")
def init(code: str, name: str) -> None:
    """Make the database, the district, its calendar and rule set R1."""
    new, settings = in_shape({"code": code, "name": name}, NewDistrict), Settings()
    in_bank(
        lambda bank: bank.write(open_bank, code=new.code, name=new.name, by=SYSTEM), settings=settings, may_make=True
    )
    say(
        message("{name} is open. Keep {key_path} together with the database, and keep it secret."),
        name=new.name,
        key_path=settings.key_path,
    )


@main.command()
def migrate() -> None:
    """Bring the tables to this version, without serving."""
    upgrade(Settings())
    say(message("The tables are at revision {revision}."), revision=HEAD)


@main.command()
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
        "points_bank.app:create_served_app",
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
