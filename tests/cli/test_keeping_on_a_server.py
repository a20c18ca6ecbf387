"""The nightly unit of a bank on PostgreSQL, as it is shipped: a dump, a drill with it, and what `verify` found."""

import os
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import ROOT, Command
from tests.postgres import programs

pytestmark = [pytest.mark.only("postgresql", "a bank in a file has a unit of its own"), pytest.mark.thorough]

UNIT = ROOT / "docs" / "operating" / "points-bank-keep-server.service"


def test_the_dump_of_a_night_is_restored_and_verified(opened: Command) -> None:
    found = re.search(r"^ExecStart=/bin/sh -euc '(.*)'$", UNIT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    script = found[1].replace("$$", "$").replace("%%", "%")
    bank = opened.settings.database_url
    commands = opened.folder / "commands"
    commands.mkdir()
    (commands / "points-bank").write_text(f'#!/bin/sh\nexec {sys.executable} -m points_bank "$@"\n')
    (commands / "points-bank").chmod(0o755)
    env = opened.env | {
        "PATH": f"{commands}:{programs()}:{os.environ['PATH']}",
        "POINTS_BANK_DATABASE_URL": opened.env["POINTS_BANK_DATABASE_URL"],
        "DRILL": re.sub(r"@/[^?]*", "@/points_bank_drill", bank),
    }
    for _ in "12":
        ended = subprocess.run(
            ["/bin/sh", "-euc", script], cwd=opened.folder, env=env, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.endswith("The books are in order.\n")
    (dump,) = (opened.folder / "backups").iterdir()
    assert dump.suffix == ".dump"
    assert "points_bank_verified_at_seconds" in (opened.folder / "verified.prom").read_text(encoding="utf-8")
