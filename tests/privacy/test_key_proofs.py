"""The bank knows its keys by their proofs: no process with other ones opens it, writes a value, or changes the keys."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from alembic.command import upgrade as to_revision

from points_bank.actor import SYSTEM, Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.encryption import LacksKey, key_lines
from points_bank.keys import KeyMissing, Keys, KeyText, OtherKey, read_key_text, replace_secret, write_secret
from points_bank.members.record import member_record
from points_bank.migrations import HEAD, revision_of, upgrade
from points_bank.migrations.upgrading import configuration
from points_bank.rekeying import Rekeyed, change_key
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import TLS, Server
from tests.banks import Banks
from tests.cli.conftest import Command, command, opened
from tests.conftest import SECRET
from tests.database.test_migrations import engine_on
from tests.privacy.test_key_files import numbers_in
from tests.privacy.test_keys import PHONES, SHOWN, Keyed, keyed
from tests.tampering import look_into

__all__ = ["command", "keyed", "opened"]

OTHER_SECRET, SECOND = "f" * 64, b"2" * 32


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """The same database from another machine, to which the key file was copied."""
    (tmp_path / "elsewhere").mkdir()
    there = settings.model_copy(update={"key_file": tmp_path / "elsewhere" / "bank.key"})
    shutil.copy(settings.key_path, there.key_path)
    return there


@pytest.fixture
async def other(keyed: Keyed, elsewhere: Settings) -> AsyncIterator[Database]:
    """A process there."""
    async with Database(elsewhere, Clock()) as database:
        yield database


def with_key(path: Path, number: int, key: bytes) -> None:
    text = read_key_text(path.read_text())
    replace_secret(path, str(KeyText(text.secret, {**text.encrypting, number: key})))


def keys_of(settings: Settings) -> KeyText:
    return read_key_text(settings.key_path.read_text())


async def test_a_key_that_is_missing_on_another_machine_is_told_there(
    keyed: Keyed, other: Database, elsewhere: Settings
) -> None:
    await change_key(other)
    with pytest.raises(LacksKey) as refusal:
        await keyed.shown()
    assert (refusal.value.code, refusal.value.status, refusal.value.fields["number"]) == ("busy", 503, 2)
    with pytest.raises(LacksKey):
        await keyed.register("13700000002")
    shutil.copy(elsewhere.key_path, keyed.bank.database.settings.key_path)
    assert await keyed.shown() == SHOWN


async def test_a_key_that_waits_in_every_file_is_put_in_use_for_all(keyed: Keyed, other: Database) -> None:
    """As docs/privacy.md says it is done with several machines."""
    for database in (keyed.bank.database, other):
        with_key(database.settings.key_path, 2, b"2" * 32)
    assert (await change_key(other)).number == 2
    await keyed.register("13700000002")
    assert (await keyed.shown(), await keyed.shown(other)) == ([*SHOWN, "137****0002"],) * 2


async def test_another_key_of_its_number_is_never_written_with(keyed: Keyed, other: Database) -> None:
    """It stood in the file here before the bank's own was put in use there; then somebody mends the file."""
    with_key(keyed.bank.database.settings.key_path, 2, b"x" * 32)
    await change_key(other)
    with pytest.raises(LacksKey):
        await keyed.register("13700000002")
    with pytest.raises(LacksKey):
        await keyed.shown()
    with_key(keyed.bank.database.settings.key_path, 2, keys_of(other.settings).encrypting[2])
    assert await keyed.shown() == SHOWN


async def test_a_machine_that_lacks_the_newest_key_does_not_change_the_keys(
    keyed: Keyed, other: Database, opened: Command
) -> None:
    settings = keyed.bank.database.settings
    await change_key(other)
    before, lines = settings.key_path.read_bytes(), await other.read(key_lines)
    said = "Key 2 of this bank is missing here: put it into the key file (or POINTS_BANK_KEYS), from the machine where "
    for call in (("keys", "rotate"), ("verify",), ("serve", "--port", "0")):
        assert opened.anew(*call).stderr == f"{said}the keys were changed.\n"
    with pytest.raises(LacksKey):
        await change_key(keyed.bank.database)
    assert (settings.key_path.read_bytes(), await other.read(key_lines)) == (before, lines)
    shutil.copy(other.settings.key_path, settings.key_path)


async def test_of_two_machines_at_once_one_changes_the_keys(keyed: Keyed, other: Database) -> None:
    machines = (keyed.bank.database, other)
    outcomes = await asyncio.gather(*map(change_key, machines), return_exceptions=True)
    [won] = [each for each in outcomes if isinstance(each, Rekeyed)]
    [lost] = [each for each in outcomes if isinstance(each, LacksKey)]
    assert (won.number, won.values, lost.fields["number"]) == (2, 3, 2)
    winner, loser = (machines[place].settings for place in ((0, 1) if outcomes[0] is won else (1, 0)))
    assert (numbers_in(winner.key_path), numbers_in(loser.key_path)) == ([2], [])
    with pytest.raises(KeyMissing):
        await Database(loser).open()
    shutil.copy(winner.key_path, loser.key_path)
    for database in machines:
        assert await keyed.shown(database) == SHOWN
        assert await differences(database) == []


async def test_two_machines_with_the_same_waiting_key_come_to_one_end(keyed: Keyed, other: Database) -> None:
    for database in (keyed.bank.database, other):
        with_key(database.settings.key_path, 2, b"2" * 32)
    done = await asyncio.gather(change_key(keyed.bank.database), change_key(other))
    assert [(each.number, each.values, each.retired) for each in done] == [(2, 3, [1])] * 2
    assert await keyed.shown() == SHOWN


# --- who does not start ----------------------------------------------------------------------------------------------


def test_a_process_with_another_secret_does_not_start(opened: Command) -> None:
    said = "The secret in the key file (or POINTS_BANK_KEYS) is not the one of this bank.\n"
    for call in (("serve", "--port", "0"), ("verify",), ("keys", "rotate")):
        ended = opened.anew(*call, POINTS_BANK_KEYS=OTHER_SECRET)
        assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)
    told = opened.refused("verify", POINTS_BANK_KEYS=OTHER_SECRET, LANG="zh_CN.UTF-8")
    assert told == "密钥文件（或 POINTS_BANK_KEYS）里的主密钥不是本行的。"


async def test_a_process_with_another_key_does_not_start(keyed: Keyed, elsewhere: Settings, opened: Command) -> None:
    await change_key(keyed.bank.database)
    with_key(elsewhere.key_path, 2, b"x" * 32)
    with pytest.raises(OtherKey):
        await Database(elsewhere).open()
    assert opened.refused("verify", POINTS_BANK_KEY_FILE=str(elsewhere.key_path)).startswith(
        "What stands in the key file (or POINTS_BANK_KEYS) as key 2 is not this bank's"
    )


# --- what a server says ----------------------------------------------------------------------------------------------


async def test_a_server_that_lacks_a_key_says_so(server: Server, elsewhere: Settings) -> None:
    client = await server.as_staff(Role.RECORDER)
    new = {"name": "张伟", "branch_id": server.bank.district.id, "phone": PHONES[0]}
    member_id = (await client.post("/members", json=new)).json()["id"]
    async with Database(elsewhere) as there:
        await change_key(there)
    in_chinese = {"Accept-Language": "zh"}
    for answer in (
        await client.get(f"/members/{member_id}", headers=in_chinese),
        await client.post("/members", json=new, headers=in_chinese),
    ):
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "60")
        assert answer.json()["detail"].startswith("这台机器缺少本行的第 2 号密钥")
    async with httpx.AsyncClient(verify=TLS) as asking:
        answer = await asking.get(f"{server.url}/ready")
        assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "key 2 is not among the bank's keys")
        shutil.copy(elsewhere.key_path, server.bank.database.settings.key_path)
        assert (await asking.get(f"{server.url}/ready")).status_code == 200
    assert (await client.get(f"/members/{member_id}")).json()["phone"] == "138****1234"


# --- banks from before there were proofs -----------------------------------------------------------------------------


@pytest.fixture
def earlier(banks: Banks, tmp_path: Path) -> Iterator[Settings]:
    """An open bank of the revision before, in which nothing is encrypted."""
    (tmp_path / "earlier").mkdir()
    with banks.new(tmp_path / "earlier") as settings, engine_on(settings) as engine:
        with engine.begin() as connection:
            to_revision(configuration(connection), "0010")
            connection.execute(
                sa.text(
                    "INSERT INTO branch (id, code, name, kind, path, created_at)"
                    " VALUES (1, 'LX', '龙圩区', 'district', '/1/', '2026-10-12 01:00:00')"
                )
            )
        write_secret(settings.key_path, SECRET)
        yield settings


def register(settings: Settings, *, number: int) -> None:
    """A member whose phone is encrypted with that key; where it is the second, the first one is retired."""
    keys = Keys(SECRET.encode(), {2: SECOND})
    with engine_on(settings) as engine, engine.begin() as connection:
        if number > 1:
            connection.execute(sa.text("UPDATE encryption_key SET replaced_at = made_at, retired_at = made_at"))
            connection.execute(sa.text("INSERT INTO encryption_key (number, made_at) VALUES (2, CURRENT_TIMESTAMP)"))
            replace_secret(settings.key_path, str(KeyText(SECRET, {2: SECOND})))
        connection.execute(
            sa.text(
                "INSERT INTO member (id, name, name_initials, branch_id, phone, phone_hash, phone_tail_hash,"
                " is_party_member, pin_serial, registered_at)"
                " VALUES (1, '张伟', 'zw', 1, :phone, :hash, :tail, :no, 0, '2026-10-12 01:00:00')"
            ),
            {
                "phone": keys.encrypt(PHONES[0], place="member.phone:1", number=number),
                "hash": keys.digest("phone", PHONES[0]),
                "tail": keys.digest("phone_tail", PHONES[0][-4:])[:8],
                "no": False,
            },
        )


def proved(settings: Settings) -> list[int]:
    with look_into(settings) as books:
        query = "SELECT number FROM encryption_key WHERE proof IS NOT NULL ORDER BY number"
        return [number for (number,) in books.execute(query).fetchall()]


@pytest.mark.parametrize("number", [1, 2])
def test_an_older_bank_takes_no_other_secret_for_its_own(earlier: Settings, number: int) -> None:
    register(earlier, number=number)
    own = keys_of(earlier)
    replace_secret(earlier.key_path, str(KeyText(OTHER_SECRET, own.encrypting)))
    with pytest.raises(OtherKey) as refusal:
        upgrade(earlier)
    assert (refusal.value.number, revision_of(earlier)) == (1, "0010")
    replace_secret(earlier.key_path, str(own))
    upgrade(earlier)
    assert (proved(earlier), revision_of(earlier)) == ([*range(1, number + 1)], HEAD)


async def test_an_older_bank_takes_no_other_key_for_its_own(earlier: Settings) -> None:
    register(earlier, number=2)
    replace_secret(earlier.key_path, SECRET)
    with pytest.raises(KeyMissing):
        upgrade(earlier)
    replace_secret(earlier.key_path, str(KeyText(SECRET, {2: b"x" * 32})))
    with pytest.raises(OtherKey):
        upgrade(earlier)
    assert revision_of(earlier) == "0010"
    replace_secret(earlier.key_path, str(KeyText(SECRET, {2: SECOND})))
    async with Database(earlier) as database:
        assert (await database.read(member_record, 1, by=SYSTEM)).phone == SHOWN[0]


def test_an_older_bank_in_which_nothing_is_encrypted_believes_who_opens_it(earlier: Settings) -> None:
    upgrade(earlier)
    assert proved(earlier) == [1]
