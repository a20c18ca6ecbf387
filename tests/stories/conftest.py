"""The command, for stories that end on paper."""

from tests.cli.conftest import command

__all__ = ["command"]
