"""Faults planted on purpose in a copy of the bank: the tests named for each must notice it, and pass without it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.planted import FAULTS, Fault

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.planted,
    pytest.mark.only("sqlite", "the tests it runs are run on files"),
]

ROOT = Path(__file__).parents[2]
WITHIN_SECONDS = 240


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The bank and its tests once more, with nothing in common with the first but the interpreter."""
    for folder in ("points_bank", "tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(copy: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run some tests of the copy, up to the first that fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=line", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    return subprocess.run(
        command, cwd=copy, env=environment, text=True, capture_output=True, timeout=WITHIN_SECONDS, check=False
    )


def plant(copy: Path, fault: Fault) -> None:
    path = copy / "points_bank" / fault.where
    source = path.read_text()
    assert source.count(fault.before) == 1, f"{fault.where} no longer says once: {fault.before}"
    path.write_text(source.replace(fault.before, fault.after))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_noticed(copy: Path, fault: Fault) -> None:
    plant(copy, fault)
    ended = run(copy, fault.caught_by)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr


def test_without_a_fault_the_same_tests_pass(copy: Path) -> None:
    """Otherwise a copy that does not run at all would look like one whose fault is noticed."""
    (copy / "tests" / "test_is_the_copy.py").write_text(
        "import points_bank\n\n\ndef test_it_is_the_copy() -> None:\n"
        f"    assert points_bank.__file__.startswith({str(copy)!r})\n"
    )
    ended = run(copy, ["tests/test_is_the_copy.py", *sorted({each for fault in FAULTS for each in fault.caught_by})])
    assert ended.returncode == pytest.ExitCode.OK, ended.stdout + ended.stderr
