"""Small faults in the ledger and the rules, made by mutmut one by one, each of which a test must notice.

`python -m scripts.mutants [--one-in N] [NAME ...]`: all of them, one in N by their names, or those that are named.
It works on a copy of the project in a temporary folder and fails where fewer than nine in ten are noticed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import rich_click as click

ROOT = Path(__file__).resolve().parents[1]
CHOSEN = ("points_bank/ledger/*", "points_bank/rules/*")
NOT_CHOSEN = ("*/pages.py",)
"""Pages are looked at by a browser, which is another and slower kind of test."""

TESTS = (
    "tests/ledger", "tests/rules", "tests/passbook/test_merging.py", "tests/imports/test_other_kinds.py",
    "tests/activities/test_differences.py",
)  # fmt: skip
PLAIN = ("-m", "not thorough", "-p", "no:cacheprovider")
ENOUGH = 0.9
LONGEST_SECONDS = 300
AT_ONCE = 2

NOT_NOTICED = {None, 0, 2, 5, 33, 34}
"""How mutmut writes down: not tried, survived, interrupted, no test (twice), skipped. All else is a failure."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/test-mutants", description=__doc__)
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="only one in N, always the same ones")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        place = Path(folder) / "copy"
        copy_project(place)
        chosen = args.names or [name for name in make(place) if zlib.crc32(name.encode()) % args.one_in == 0]
        noticed = run_forked(place, chosen)
        left = [name for name in chosen if not noticed.get(name)]
        click.echo(f"{len(chosen)} faults, {len(left)} to be tried again in processes of their own.")
        with ThreadPoolExecutor(AT_ONCE) as threads:
            again = dict(zip(left, threads.map(partial(is_noticed, place), left), strict=True))
    raise SystemExit(report(chosen, noticed | again))


def copy_project(place: Path) -> None:
    """What git knows of the project, and what mutmut needs to be told, in a folder that is thrown away."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in listed.rstrip("\0").split("\0"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    settings: Mapping[str, Sequence[str]] = {
        "source_paths": ["points_bank"],
        "only_mutate": CHOSEN,
        "do_not_mutate": NOT_CHOSEN,
        "also_copy": ["points_bank", "scripts", "docs", "README.md"],
        "pytest_add_cli_args": PLAIN,
        "pytest_add_cli_args_test_selection": TESTS,
    }
    with (place / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n")
        file.writelines(f"{name} = {json.dumps(list(values))}\n" for name, values in settings.items())


def make(place: Path) -> list[str]:
    """Make every mutant, find out which tests come by which function, and try one; the names of all."""
    run_mutmut(place, "points_bank.ledger.lots.x_total__mutmut_1")
    return sorted(outcomes(place))


def run_forked(place: Path, names: Sequence[str]) -> dict[str, bool]:
    """Whether each was noticed by the tests that come by its function, in processes that have loaded all before.

    What runs while a module is loaded, such as the building of statements, is not touched by a fault there.
    """
    run_mutmut(place, *names)
    found = outcomes(place)
    return {name: found.get(name) not in NOT_NOTICED for name in names}


def run_mutmut(place: Path, *names: str) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(AT_ONCE), *names]
    done = subprocess.run(command, cwd=place, env=own_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"mutmut ended with {done.returncode}:\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}")


def outcomes(place: Path) -> dict[str, int | None]:
    """What the tests of each mutant ended with; None for one that was not tried."""
    found: dict[str, int | None] = {}
    for file in (place / "mutants").rglob("*.meta"):
        found |= json.loads(file.read_text())["exit_code_by_key"]
    return found


def is_noticed(place: Path, name: str) -> bool:
    """Whether the tests notice a fault that is there from the beginning."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", *PLAIN, "-n", "0", *TESTS]
    environment = own_environment() | {"MUTANT_UNDER_TEST": name}
    with tempfile.TemporaryDirectory(prefix="mutant-") as temporary:
        try:
            done = subprocess.run(
                command, cwd=place / "mutants", env=environment | {"TMPDIR": temporary}, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LONGEST_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return True
    return done.returncode != 0


def own_environment() -> dict[str, str]:
    """Ours, without what would have the copy import the project itself."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def report(names: Iterable[str], noticed: Mapping[str, bool]) -> int:
    """Print how many were noticed by file, and who was not; 0 where that is enough."""
    files: dict[str, list[bool]] = {}
    for name in names:
        files.setdefault(name.rpartition(".")[0], []).append(noticed[name])
    for file, each in sorted(files.items()):
        click.echo(f"{sum(each):5} of {len(each):5}  {file}")
    total = [each for several in files.values() for each in several]
    click.echo(f"{sum(total):5} of {len(total):5}  all, {sum(total) / len(total):.1%}")
    for name in sorted(name for name, is_noticed in noticed.items() if not is_noticed):
        click.echo(f"not noticed: {name}")
    return 0 if sum(total) >= ENOUGH * len(total) else 1


if __name__ == "__main__":
    main()
