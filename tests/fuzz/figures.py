"""How much chance may ask, and where it is written down what it asked: a line for each test."""

import os
from collections import Counter
from pathlib import Path

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
"""How many chances each operation has in each way of trying it. The default is for every day."""
LONGER = max(1, EXAMPLES // 3)
"""How many times as much as every day."""
FILE = "FUZZ_FIGURES"
"""The environment variable that names a file to which lines are added."""


def write_down(about: str, outcomes: Counter[str]) -> None:
    """`clerk: 512 requests`, with how often each outcome was met; where somebody wants to know."""
    if FILE in os.environ:
        told = ", ".join(f"{outcomes[outcome]:,} {outcome}" for outcome in sorted(outcomes))
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
            file.write(f"{about}: {told}\n")
