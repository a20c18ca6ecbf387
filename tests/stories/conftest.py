"""The command, for stories that end on paper."""

from tests.cli.conftest import command, compiled

__all__ = ["command", "compiled"]
