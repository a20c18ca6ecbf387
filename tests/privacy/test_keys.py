"""Changing the key: everything is encrypted anew, what others write meanwhile too, and an end half way is no end."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from points_bank.actor import Actor, Role
from points_bank.backup import NotKept, back_up
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.encryption import LacksKey, Place, encrypt_anew, key_lines, put_key_in_use, retire_replaced
from points_bank.keys import KeyText, read_key_text, replace_secret, retired_path
from points_bank.members.record import member_record
from points_bank.members.register import register_member
from points_bank.rekeying import change_key
from points_bank.restoring import restore
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import Bank

PHONES = ("13812341234", "13912345678", "15900000001")
SHOWN = ["138****1234", "139****5678", "159****0001"]


@dataclass
class Keyed:
    bank: Bank
    recorder: Actor
    ids: list[int]

    async def shown(self, database: Database | None = None) -> list[str | None]:
        books = database or self.bank.database
        return [(await books.read(member_record, each, by=self.recorder)).phone for each in self.ids]

    async def register(self, phone: str) -> None:
        branch_id = self.bank.district.id
        line = await self.bank.database.write(
            register_member, name="张伟", branch_id=branch_id, phone=phone, by=self.recorder
        )
        self.ids.append(line.id)


@pytest.fixture
async def keyed(bank: Bank) -> Keyed:
    here = Keyed(bank, await bank.staff(Role.RECORDER), [])
    for phone in PHONES:
        await here.register(phone)
    return here


async def test_everything_is_encrypted_with_the_new_key(keyed: Keyed) -> None:
    database = keyed.bank.database
    before = read_key_text(database.settings.key_path.read_text())
    done = await change_key(database)
    assert (done.number, done.values, done.retired) == (2, 3, [1])
    after = read_key_text(database.settings.key_path.read_text())
    assert (after.secret, [*after.encrypting]) == (before.secret, [2])
    assert await keyed.shown() == SHOWN
    assert database.settings.key_path.stat().st_mode & 0o777 == 0o600


async def test_what_is_derived_from_the_secret_stays_good(keyed: Keyed) -> None:
    database = keyed.bank.database
    before = database.keys.digits("reservation", 7, length=6)
    await change_key(database)
    async with Database(database.settings, database.clock) as anew:
        assert anew.keys.digits("reservation", 7, length=6) == before
        assert await differences(anew) == []


async def test_another_process_goes_on_reading_and_writing(keyed: Keyed) -> None:
    settings = keyed.bank.database.settings
    async with Database(settings, Clock()) as other:
        await change_key(other)
    assert await keyed.shown() == SHOWN
    await keyed.register("13700000002")
    async with Database(settings, Clock()) as other:
        assert [line.values for line in await other.read(key_lines)] == [0, 4]
        await change_key(other)
    assert await keyed.shown() == [*SHOWN, "137****0002"]
    assert [*read_key_text(retired_path(settings.key_path).read_text()).encrypting] == [2]


@pytest.mark.parametrize("stage", range(5))
async def test_ended_anywhere_it_goes_on_where_it_was(keyed: Keyed, stage: int) -> None:
    """What a process that was killed leaves behind, stage by stage; the next one comes to the same end."""
    database = keyed.bank.database
    path = database.settings.key_path
    replace_secret(path, str(KeyText(read_key_text(path.read_text()).secret, {2: b"2" * 32})))
    if stage > 0:
        await database.write(put_key_in_use, 2)
    if stage == 2:
        await keyed.register("13700000002")
    if stage > 2:
        await everything_anew(database)
    if stage > 3:
        await database.write(retire_replaced, newest=2)
    done = await change_key(database)
    # Whoever had come to the end asks for one more key.
    assert (done.number, done.values) == (2 if stage < 4 else 3, len(keyed.ids))
    assert (await keyed.shown())[:3] == SHOWN


async def everything_anew(database: Database) -> None:
    place: Place | None = Place()
    while place is not None:
        place, _ = await database.write(encrypt_anew, place)


async def test_keys_from_the_environment_are_changed_there(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = keyed.bank.database.settings
    text = settings.key_path.read_text().strip()
    monkeypatch.setenv("POINTS_BANK_KEYS", text)
    told = Settings(**settings.model_dump(exclude={"keys"}))
    async with Database(told) as database:
        with pytest.raises(NotKept, match="Put a new one behind them there, as 2:KEY"):
            await change_key(database)
    monkeypatch.setenv("POINTS_BANK_KEYS", f"{text},2:{'0f' * 32}")
    async with Database(Settings(**settings.model_dump(exclude={"keys"}))) as database:
        assert (await change_key(database)).number == 2
        assert await keyed.shown(database) == SHOWN
    with pytest.raises(LacksKey):
        await keyed.shown()
    replace_secret(settings.key_path, str(read_key_text(f"{text},2:{'0f' * 32}")))
    assert await keyed.shown() == SHOWN


@pytest.mark.only("sqlite", "backups are copies of a file")
async def test_a_backup_from_before_is_restored_with_the_keys_of_today(keyed: Keyed, tmp_path: Path) -> None:
    settings = keyed.bank.database.settings
    await change_key(keyed.bank.database)
    await back_up(settings, tmp_path / "old.db", with_key=False)
    await change_key(keyed.bank.database)
    there = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'there.db'}"})
    shutil.copy(settings.key_path, there.key_path)
    shutil.copy(retired_path(settings.key_path), retired_path(there.key_path))
    await restore(there, tmp_path / "old.db")
    async with Database(there) as restored:
        assert await keyed.shown(restored) == SHOWN
        await change_key(restored)
        assert await keyed.shown(restored) == SHOWN


@pytest.mark.only("sqlite", "backups are copies of a file")
async def test_keys_from_outside_are_in_no_file_while_a_backup_is_restored(keyed: Keyed, tmp_path: Path) -> None:
    settings = keyed.bank.database.settings
    secret = settings.key_path.read_text()
    await back_up(settings, tmp_path / "old.db", with_key=False)
    there = settings.model_copy(
        update={"database_url": f"sqlite:///{tmp_path / 'there' / 'bank.db'}", "keys": SecretStr(secret)}
    )
    folder = there.database_path.parent
    folder.mkdir()
    seen: set[str] = set()
    await restore(there, tmp_path / "old.db", verified=lambda *_: seen.update(each.name for each in folder.iterdir()))
    assert ".bank.db.restoring" in seen
    assert [each for each in seen if each.endswith(".key")] == []
    async with Database(there) as restored:
        assert await keyed.shown(restored) == SHOWN
