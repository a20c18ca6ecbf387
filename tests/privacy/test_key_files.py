"""The key file: what is there stays there, nothing that was put away comes back, and it stays whose it was."""

import fcntl
import os
import shutil
from contextvars import Context
from pathlib import Path

import pytest

from points_bank.alone import alone_in
from points_bank.backup import NotKept, back_up
from points_bank.database import Database
from points_bank.key_files import add_keys, alone_with_keys
from points_bank.keys import KeyText, NotOwnFile, read_key_text, replace_secret, retired_path, write_secret
from points_bank.rekeying import change_key
from points_bank.restoring import restore
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.cli.conftest import Command, command, opened
from tests.privacy.test_keys import SHOWN, Keyed, keyed

__all__ = ["command", "keyed", "opened"]

SECRET = "5" * 64
NOBODY = 65_534
KEYS = KeyText(SECRET, {2: b"2" * 32, 3: b"3" * 32, 4: b"4" * 32})


def numbers_in(path: Path) -> list[int]:
    return sorted(read_key_text(path.read_text()).encrypting)


def with_keys(path: Path, *numbers: int) -> Path:
    write_secret(path, str(KeyText(SECRET, {number: KEYS.encrypting[number] for number in numbers})))
    return path


def test_a_file_that_is_not_there_gets_what_is_needed_and_what_waits(tmp_path: Path) -> None:
    add_keys(tmp_path / "bank.key", KEYS, needed=[3])
    assert numbers_in(tmp_path / "bank.key") == [3, 4]


def test_a_key_is_added_to_those_that_are_there(tmp_path: Path) -> None:
    path = with_keys(tmp_path / "bank.key", 2)
    add_keys(path, KEYS, needed=[1, 3])
    add_keys(path, KEYS, needed=[1, 3])
    assert numbers_in(path) == [2, 3]


def test_a_key_that_was_put_away_does_not_come_back(tmp_path: Path) -> None:
    path = with_keys(tmp_path / "bank.key", 4)
    with pytest.raises(NotKept, match="needs older ones \\(2, 3\\)"):
        add_keys(path, KEYS, needed=[1, 2, 3])
    assert numbers_in(path) == [4]


@pytest.mark.parametrize("there", [KeyText("6" * 64, {}), KeyText(SECRET, {2: b"x" * 32})])
def test_the_keys_of_another_bank_stay(tmp_path: Path, there: KeyText) -> None:
    write_secret(tmp_path / "bank.key", str(there))
    with pytest.raises(NotKept, match="There is another key"):
        add_keys(tmp_path / "bank.key", KEYS, needed=[2])
    assert read_key_text((tmp_path / "bank.key").read_text()) == there


def test_while_the_keys_are_changed_none_is_added(opened: Command) -> None:
    path = opened.settings.key_path
    before, keys = path.read_text(), read_key_text(path.read_text())
    said = f"Another process is changing the keys at {path}."
    with alone_with_keys(path):
        assert opened.anew("keys", "rotate").stderr.strip() == said
    held = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(NotKept) as refusal:
            add_keys(path, KeyText(keys.secret, KEYS.encrypting), needed=[2])
    finally:
        os.close(held)
    assert str(refusal.value) == said
    assert path.read_text() == before


def test_who_is_alone_may_come_in_again(tmp_path: Path) -> None:
    """Whoever moves a bank in has its folder, where its key file may be, too."""
    with alone_in(tmp_path, otherwise=RuntimeError()):
        add_keys(tmp_path / "bank.key", KEYS, needed=[2])
        with pytest.raises(RuntimeError):
            try_as_another(tmp_path)
    assert numbers_in(tmp_path / "bank.key") == [2, 3, 4]


def try_as_another(folder: Path) -> None:
    """As another one in the same process, who is not in."""

    def come_in() -> None:
        with alone_in(folder, otherwise=RuntimeError()):
            raise AssertionError("two are alone")

    Context().run(come_in)


def test_a_file_stays_whose_it_was(tmp_path: Path) -> None:
    """Where root changes the keys of a bank that another account serves."""
    path, away = with_keys(tmp_path / "bank.key", 2), tmp_path / "bank.key.retired"
    owner = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.getuid(), os.getgroups()[-1])
    os.chown(path, *owner)
    path.chmod(0o640)
    replace_secret(path, str(KEYS))
    replace_secret(away, str(KEYS), like=path)
    for each in (path, away):
        assert (each.stat().st_uid, each.stat().st_gid, each.stat().st_mode & 0o777) == (*owner, 0o640)
    assert {each.name for each in tmp_path.iterdir()} == {path.name, away.name}


def test_who_may_not_give_a_file_away_does_not_replace_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    path = with_keys(tmp_path / "bank.key", 2)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    else:
        other = next(group for group in os.getgroups() if group != os.getegid())
        os.chown(path, -1, other)
    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(NotOwnFile):
        replace_secret(path, str(KEYS))
    assert numbers_in(path) == [2]
    assert {each.name for each in tmp_path.iterdir()} == {path.name}


# --- restoring beside a bank that is served --------------------------------------------------------------------------


@pytest.fixture
def drill(settings: Settings, tmp_path: Path) -> Settings:
    """Where a backup is tried, with the key file of the bank that is served."""
    (tmp_path / "drill").mkdir()
    where = {"database_url": f"sqlite:///{tmp_path / 'drill' / 'tried.db'}", "key_file": settings.key_path}
    return settings.model_copy(update=where)


@pytest.mark.only("sqlite", "backups are copies of a file")
async def test_the_keys_may_be_changed_while_a_backup_is_restored(
    keyed: Keyed, drill: Settings, opened: Command, tmp_path: Path
) -> None:
    settings, rotated = keyed.bank.database.settings, list[str]()
    await back_up(settings, tmp_path / "copy.db", with_key=False)

    def rotate(_done: int, _total: int) -> None:
        """In a process of its own, after the restoring one has read the keys."""
        if not rotated:
            rotated.append(opened.anew("keys", "rotate").stdout)

    await restore(drill, tmp_path / "copy.db", copied=rotate)
    assert rotated[0].startswith("Key 2 is in use; 3 values are encrypted with it.")
    assert numbers_in(settings.key_path) == [2]
    assert await keyed.shown() == SHOWN
    async with Database(drill) as tried:
        assert await differences(tried) == []


@pytest.mark.only("sqlite", "backups are copies of a file")
async def test_the_keys_may_be_changed_twice_before_a_backup_is_restored(
    keyed: Keyed, drill: Settings, tmp_path: Path
) -> None:
    """The key that the backup needs was put away: it stays there, and may be deleted afterwards."""
    settings = keyed.bank.database.settings
    await change_key(keyed.bank.database)
    await back_up(settings, tmp_path / "copy.db", with_key=False)
    await change_key(keyed.bank.database)
    await restore(drill, tmp_path / "copy.db")
    assert numbers_in(settings.key_path) == [3]
    assert numbers_in(retired_path(settings.key_path)) == [2]
    retired_path(settings.key_path).unlink()
    async with Database(drill) as tried:
        assert await keyed.shown(tried) == SHOWN
        assert await differences(tried) == []


@pytest.mark.only("sqlite", "backups are copies of a file")
async def test_a_drill_has_a_key_file_of_its_own(keyed: Keyed, drill: Settings, tmp_path: Path) -> None:
    """Copies of the two files, as docs/operating/points-bank-keep.service makes them."""
    settings = keyed.bank.database.settings
    own = drill.model_copy(update={"key_file": tmp_path / "drill" / "tried.key"})
    for number in (2, 3):
        assert (await change_key(keyed.bank.database)).number == number
        await back_up(settings, tmp_path / f"{number}.db", with_key=False)
    before = settings.key_path.read_text()
    shutil.copy(settings.key_path, own.key_path)
    shutil.copy(retired_path(settings.key_path), retired_path(own.key_path))
    await restore(own, tmp_path / "2.db")
    assert settings.key_path.read_text() == before
    async with Database(own) as tried:
        assert await keyed.shown(tried) == SHOWN
