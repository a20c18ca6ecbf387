"""What stands around the code: scripts, requirements, the READMEs' tables, and what goes into the wheel."""

import os
import re
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from points_bank.settings import Settings

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.zh-CN.md"]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_what_it_is_for_and_is_listed(script: Path) -> None:
    first, purpose, *rest = script.read_text(encoding="utf-8").splitlines()
    assert first == "#!/usr/bin/env bash"
    assert re.fullmatch(r"# [A-Z].{20,}", purpose)
    assert 'cd "$(dirname "$0")/.."' in rest
    assert "set -euo pipefail" in rest
    assert os.access(script, os.X_OK)
    assert f"| `{script.name}" in text_of("scripts/README.md")


def test_continuous_integration_runs_both_commands_of_the_readme() -> None:
    assert "\nscripts/demo " in text_of(".ci/run")
    assert text_of(".ci/run").endswith("\nscripts/check\n")
    everything, on_server = "\nscripts/test --all\n", "scripts/test --all --engine postgresql\n"
    apart = "scripts/test-faults\nscripts/test-fuzz\nscripts/test -m planted\nscripts/test-mutants --one-in 25\n"
    assert text_of("scripts/check").endswith(everything + on_server + apart)


def test_what_takes_long_is_left_to_those_who_ask_for_it() -> None:
    assert 'set -- -m "not faults and not fuzz and not planted" "$@"' in text_of("scripts/test")
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        marks = path.read_text(encoding="utf-8")
        for mark in ("faults", "fuzz", "planted"):
            assert f"pytest.mark.{mark}" not in marks or "pytest.mark.thorough" in marks, path


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_gives_the_two_commands_and_every_setting(readme: str) -> None:
    text = text_of(readme)
    assert re.findall(r"^```sh\n(scripts/\w+)\n```$", text, re.MULTILINE) == ["scripts/demo", "scripts/test"]
    for field in Settings.model_fields:
        assert f"`POINTS_BANK_{field.upper()}`" in text


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_requirements_are_pinned_with_hashes_and_name_no_host(kind: str) -> None:
    text = text_of(f"requirements/{kind}.txt")
    pins = re.findall(r"^([a-z0-9-]+)==\S+.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[^ #\n]", text, re.MULTILINE)) > 20
    assert "://" not in text
    assert "--index" not in text


def test_one_version_is_served_and_tested() -> None:
    served, tested = (
        set(re.findall(r"^\S+==\S+", text_of(f"requirements/{kind}.txt"), re.MULTILINE)) for kind in ("run", "dev")
    )
    assert served < tested


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("points_bank/")}
    assert shipped == {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "points_bank").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_every_alarm_is_about_a_figure_that_there_is() -> None:
    told = text_of("points_bank/figures.py") + text_of("points_bank/cli/keeping.py")
    named = set(re.findall(r"points_bank_\w+?(?=(?:_count|_bucket|_total)?\b)", text_of("docs/operating/alarms.yml")))
    assert named
    assert {name for name in named if name not in told and name.removeprefix("points_bank_") not in told} == set()
