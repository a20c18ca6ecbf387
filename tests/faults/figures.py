"""How many faults the bank survived and how soon it was back: a line of JSON for each kind, and a table of them all."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from points_bank.settings import Settings
from tests.faults.load import Load

FILE = "POINTS_BANK_FAULT_FIGURES"
"""The environment variable that names the file to which a line is added for each kind of fault."""
COLUMNS = ("fault", "engine", "tried", "survived", "acknowledged", "found", "slowest recovery")


@dataclass
class Tally:
    """Of `tried` faults `survived` left all as it must be. `acknowledged` writes were told to somebody, `found` of
    them were there afterwards. From each fault's end to the next acknowledged write `recovery_seconds` went by."""

    fault: str
    engine: str
    tried: int = 0
    survived: int = 0
    acknowledged: int = 0
    found: int = 0
    recovery_seconds: list[float] = field(default_factory=list)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One fault; survived if what the block asserts holds."""
        self.tried += 1
        yield
        self.survived += 1

    def recovered(self, seconds: float) -> None:
        """Say how long after a fault's end the next write was acknowledged."""
        self.recovery_seconds.append(seconds)

    @property
    def line(self) -> dict[str, Any]:
        values = asdict(self)
        seconds = values.pop("recovery_seconds")
        return values | {"slowest_recovery_seconds": round(max(seconds), 3) if seconds else None}


@contextmanager
def tally(fault: str, settings: Settings, load: Load | None = None) -> Iterator[Tally]:
    """Count what a test does to a bank; written down whether it held or not."""
    counted = Tally(fault, settings.database_kind)
    try:
        yield counted
    except BaseException:
        counted.survived = max(0, min(counted.survived, counted.tried - 1))
        raise
    finally:
        if load is not None:
            counted.acknowledged = len(load.acknowledged)
        if FILE in os.environ:
            with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
                file.write(json.dumps(counted.line) + "\n")


def table(lines: list[dict[str, Any]]) -> str:
    rows = [COLUMNS, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in columns).rstrip()
        for columns in (list(enumerate(zip(row, widths, strict=True))) for row in rows)
    )


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    seconds = line["slowest_recovery_seconds"]
    counts = (f"{line[name]:,}" for name in ("tried", "survived", "acknowledged", "found"))
    return line["fault"], line["engine"], *counts, "-" if seconds is None else f"{seconds:.2f} s"


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    sys.stdout.write(table([json.loads(line) for line in text.splitlines()]) + "\n")
