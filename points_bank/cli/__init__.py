"""The command `points-bank`: each subcommand opens the bank, carries out one act as the bank itself, prints plainly.

What is refused is one sentence on standard error and exit status 1; a wrong way of calling is status 2.
"""

import sys
from importlib import import_module

import rich_click as click

from points_bank import __version__
from points_bank.cli.terminal import Commands

COMMANDS = {
    "backup": "keeping:make_backup",
    "calendar": "district:calendar",
    "demo": "demo:demo",
    "export": "exports:export_file",
    "import": "imports:import_file",
    "init": "opening:init",
    "jobs": "jobs:jobs",
    "keys": "keys:keys",
    "messages": "messages:messages",
    "migrate": "opening:migrate",
    "reports": "reports:reports",
    "restore": "keeping:restore_backup",
    "rules": "rules:rules",
    "seals": "seals:seals",
    "serve": "serving:serve",
    "staff": "people:staff",
    "token": "people:token",
    "verify": "keeping:verify",
}
"""Where each command is. Only the one that was asked for is loaded."""


class LateCommands(Commands):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"points_bank.cli.{module}"), name)
        return command


@click.group(cls=LateCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="points-bank")
@click.option("--traceback", is_flag=True, help="Show where something unexpected went wrong.")
def main(traceback: bool) -> None:
    """A service points bank. Settings come from the environment: POINTS_BANK_DATABASE_URL and others."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
