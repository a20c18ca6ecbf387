"""What `tests.cli.prepared` has loaded before it forks: every command, with all that it needs."""

from importlib import import_module

from points_bank.cli import COMMANDS

LOADED = [import_module(f"points_bank.cli.{where.partition(':')[0]}") for where in COMMANDS.values()]
