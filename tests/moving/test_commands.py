"""`points-bank export --all --with-secrets` and `import --all`, and what a half moved bank says to every command."""

import asyncio
import json
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from points_bank import audit
from points_bank.actor import SYSTEM
from points_bank.backup import key_path
from points_bank.database import Database
from points_bank.moving import house as houses
from points_bank.moving.arriving import move_in
from points_bank.moving.house import opened as house_at
from points_bank.moving.leaving import measure_house
from points_bank.settings import DatabaseKind, Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import Bank
from tests.cli.conftest import Command, in_environment
from tests.exports.conftest import lived_in
from tests.moving.conftest import is_half_moved, quiet
from tests.tampering import look_into

KILLS = 6
ROWS = 20_000
SLOWLY = """
import sys
from points_bank.cli import main
from points_bank.moving import house
house.CHUNK_BYTES = 2_000
main(sys.argv[1:], prog_name="points-bank")
"""
"""The command, with pages so small that it can be ended between them."""


@pytest.fixture
def arriving(opened: Command, empty: Settings) -> Command:
    """The command where there is nothing yet."""
    return Command(opened.folder, opened.env | in_environment(empty), empty)


async def test_a_bank_moves_by_two_commands(bank: Bank, opened: Command, arriving: Command) -> None:
    await lived_in(bank)
    file = opened.folder / "house.zip"
    said = opened.told("export", "--all", str(file), "--with-secrets", "--with-key")
    assert f"{file} holds the whole bank at ledger position 3: keep it where nobody else comes." in said
    assert [stat.S_IMODE(each.stat().st_mode) for each in (file, key_path(file))] == [0o600, 0o600]
    told = arriving.told("import", "--all", str(file))
    assert "holds the bank of" in told
    assert [line for line in told.splitlines() if line in said.splitlines()][-1].startswith("Content: ")
    assert arriving.told("verify").endswith("The books are in order.")
    shown = json.loads(arriving.told("import", "--all", str(file), "--json"))
    assert (shown["went_on"], shown["ledger_position"], shown["district_code"]) == (True, 3, "LX")
    assert shown["content_hash"] in said
    assert "keys" not in shown
    assert "There is a bank at" in arriving.refused("import", "--all", str(_other(opened)))


def _other(opened: Command) -> Path:
    """A later file of the same bank: the export itself is written down in it."""
    file = opened.folder / "later.zip"
    opened.told("export", "--all", str(file), "--with-secrets", "--with-key")
    return file


def test_what_a_killed_export_left_is_thrown_away(opened: Command) -> None:
    """It may have been another's file, for everybody to read."""
    left = opened.folder / "house.zip.part"
    left.write_text("half")
    left.chmod(0o644)
    opened.told("export", "--all", "house.zip", "--with-secrets")
    assert stat.S_IMODE((opened.folder / "house.zip").stat().st_mode) == 0o600
    assert not left.exists()


def test_what_is_there_is_not_overwritten(opened: Command) -> None:
    file = opened.folder / "house.zip"
    key_path(file).write_text("mine")
    said = opened.refused("export", "--all", str(file), "--with-secrets", "--with-key")
    assert said == f"{key_path(file)} is there already; it is not overwritten."
    assert not file.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "members"),
        ("import", "--all", "bank.py", "--dry-run"),
        ("import", "members", "bank.py", "--all", "bank.py"),
        ("export", "--all", "new.zip", "--with-key"),
    ],
)
def test_a_wrong_way_of_calling_is_told(opened: Command, arguments: tuple[str, ...]) -> None:
    (opened.folder / "bank.py").touch()
    assert opened(*arguments).returncode == 2


async def test_half_a_bank_answers_to_nothing(
    house: Path, empty: Settings, arriving: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(houses, "CHUNK_BYTES", 3_000)
    others: list[str] = []

    def try_another_then_end(what: str, done: int, _about: int) -> None:
        if what == "moving in" and done > 10_000:
            others.append(arriving.refused("import", "--all", str(house)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move_in(empty, house, told=try_another_then_end)
    assert others == [f"Another process is moving a bank into {empty.place}."]
    copying = ["backup copy.db"] if empty.database_kind is DatabaseKind.SQLITE else []
    for command in (*copying, "serve", "verify", "migrate", "init --code LX --name 龙圩区", "jobs run", "keys show"):
        assert arriving.refused(*command.split()) == (
            "A bank is being moved in here and is not whole yet: repeat points-bank import --all with the same file."
        )
    assert "holds the bank of" in arriving.told("import", "--all", str(house))
    assert arriving.told("verify").endswith("The books are in order.")


@pytest.mark.thorough
async def test_killed_again_and_again_it_arrives_whole(
    bank: Bank, opened: Command, arriving: Command, empty: Settings
) -> None:
    """By SIGKILL, a little later each time, in the middle of whatever it is doing."""
    await lived_in(bank)
    await bank.database.write(write_much)
    file = opened.folder / "house.zip"
    opened.told("export", "--all", str(file), "--with-secrets", "--with-key")
    places = [(-1, 0)]
    for number in range(KILLS):
        await kill_once(lambda: place_of(empty) > places[-1], arriving, file, after_seconds=0.01 * number)
        places.append(place_of(empty))
        assert is_half_moved(empty)
    assert places == sorted(set(places))
    with house_at(file) as there:
        last = [(place, table.bytes) for place, table in enumerate(there.manifest.tables) if table.rows][-1]
    assert places[-1] < last
    await kill_once(lambda: place_of(empty) == last, arriving, file, after_seconds=0.1)
    assert is_half_moved(empty)
    arriving.told("import", "--all", str(file))
    async with Database(empty, bank.clock) as arrived:
        assert await arrived.read(measure_house, told=quiet) == await bank.database.read(measure_house, told=quiet)
        assert await differences(arrived) == []


def write_much(tx: Transaction) -> None:
    """Rows enough for a move to take a while."""
    for number in range(ROWS):
        audit.note(tx, SYSTEM, f"member:{number}")


async def kill_once(is_time: Callable[[], bool], command: Command, file: Path, *, after_seconds: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SLOWLY, "import", "--all", str(file)), cwd=command.folder, env=command.env,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(60):
        while not is_time():
            assert process.returncode is None
            await asyncio.sleep(0.005)
    await asyncio.sleep(after_seconds)
    process.kill()
    assert await process.wait() == -signal.SIGKILL


def place_of(settings: Settings) -> tuple[int, int]:
    """How far the move has come, by what is in the database."""
    if not is_half_moved(settings):
        return -1, 0
    with look_into(settings) as hand:
        [row] = hand.execute("SELECT place, done_bytes FROM moving_in").fetchall()
    return int(row[0]), int(row[1])
