"""What is encrypted: unreadable in the file, bound to its row, never the same twice, and found all the same."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from points_bank.actor import Actor, Role
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.keys import KeyMissing, Keys, KeysUnreadable, NotDecrypted, read_key_text
from points_bank.members.changes import change_member
from points_bank.members.models import Member
from points_bank.members.phones import phone_of
from points_bank.members.record import member_record
from points_bank.members.register import Registered, register_member
from points_bank.members.search import find_members
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import Bank

MEMBER = table_of(Member)
PHONE = "13812341234"
SECRET, KEY = "5" * 64, "a1" * 32


@pytest.fixture
async def recorder(bank: Bank) -> Actor:
    return await bank.staff(Role.RECORDER)


async def registered(bank: Bank, by: Actor, phone: str | None = PHONE) -> Registered:
    return await bank.database.write(register_member, name="张伟", branch_id=bank.district.id, phone=phone, by=by)


async def value_of(bank: Bank, member_id: int) -> bytes:
    value: bytes = await bank.database.read(
        lambda tx: tx.scalar(sa.select(MEMBER.c.phone).where(MEMBER.c.id == member_id))
    )
    return value


async def test_the_same_phone_is_never_stored_alike(bank: Bank, recorder: Actor) -> None:
    first, second = await registered(bank, recorder), await registered(bank, recorder)
    values = [await value_of(bank, each.id) for each in (first, second)]
    assert values[0] != values[1]
    assert PHONE.encode() not in values[0]
    assert [await bank.database.read(lambda tx: phone_of(tx, 1, values[0]))] == [PHONE]


@pytest.mark.parametrize("text", [PHONE, "138 1234-1234", PHONE[-4:]])
async def test_who_has_it_is_found_by_the_whole_of_it_and_by_its_end(bank: Bank, recorder: Actor, text: str) -> None:
    member = await registered(bank, recorder)
    await registered(bank, recorder, "13912345678")
    found = await bank.database.read(find_members, text=text, limit=10, by=recorder)
    assert [(each.id, each.phone, each.phone_tail) for each in found] == [(member.id, "138****1234", "1234")]


async def test_a_value_put_into_another_row_cannot_be_read(bank: Bank, recorder: Actor) -> None:
    first, second = await registered(bank, recorder), await registered(bank, recorder, "13912345678")
    stolen = await value_of(bank, first.id)

    def put(tx: Transaction, value: bytes) -> None:
        tx.run(sa.update(MEMBER).where(MEMBER.c.id == second.id).values(phone=value))

    own = await value_of(bank, second.id)
    await bank.database.write(put, stolen)
    with pytest.raises(NotDecrypted, match=f"member.phone:{second.id} cannot"):
        await bank.database.read(member_record, second.id, by=recorder)
    assert await differences(bank.database) == [
        f"phones can be found: member {second.id}: the phone cannot be decrypted"
    ]
    await bank.database.write(put, own)


def test_keys_are_read_as_they_are_written() -> None:
    text = read_key_text(f"{SECRET}\n2:{KEY}\n")
    assert read_key_text(str(text)) == text == read_key_text(f" {SECRET},2:{KEY}")
    assert [*text.encrypting] == [2]


@pytest.mark.parametrize(
    "text", ["", "short", f"{SECRET} {KEY}", f"{SECRET} 1:{KEY}", f"{SECRET} 2:{KEY} 2:{KEY}", f"{SECRET} 2:ab"]
)
def test_keys_that_cannot_be_read_are_refused_and_not_told(text: str) -> None:
    with pytest.raises(KeysUnreadable) as raised:
        read_key_text(text)
    assert KEY not in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_value_needs_the_key_that_it_was_encrypted_with() -> None:
    keys = Keys(SECRET.encode(), {2: b"2" * 32})
    value = keys.encrypt("x", place="here:1", number=2)
    with pytest.raises(KeyMissing, match="key 2"):
        Keys(SECRET.encode()).decrypt(value, place="here:1")
    with pytest.raises(NotDecrypted):
        Keys(SECRET.encode(), {2: b"3" * 32}).decrypt(value, place="here:1")
    with pytest.raises(NotDecrypted):
        keys.decrypt(value[:-1], place="here:1")


async def test_keys_may_come_from_the_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    text = settings.key_path.read_text().strip()
    monkeypatch.setenv("POINTS_BANK_KEYS", text)
    settings.key_path.unlink()
    told = Settings(database_url=settings.database_url)
    assert text not in repr(told)
    async with Database(told) as database:
        bank = await Bank.on(database)
        await registered(bank, await bank.staff(Role.RECORDER))
        assert await differences(database) == []
    assert not settings.key_path.exists()


@pytest.mark.only("sqlite", "a file has free space")
async def test_what_is_erased_leaves_nothing_in_free_space(bank: Bank, recorder: Actor) -> None:
    path, name = bank.database.settings.database_path, "遗忘之人"
    member = await bank.database.write(register_member, name=name, branch_id=bank.district.id, by=recorder)
    await bank.database.write(change_member, member.id, {"name": "—"}, by=recorder)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert name.encode() not in path.read_bytes()
