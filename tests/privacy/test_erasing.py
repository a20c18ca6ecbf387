"""Erasing a person: nothing that says who they were is left anywhere, and the books stand."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.columns import table_of
from points_bank.members.changes import close_member
from points_bank.members.models import Member, Visit
from points_bank.outbox import MESSAGE, MessageKind, tell
from points_bank.passbook.merging import merge_passbooks
from points_bank.retention import forgetting
from points_bank.scheduler import run_due
from points_bank.staff.models import KnownAddress, Session, SignInTry, Token
from points_bank.staff.sessions import open_session
from points_bank.staff.tokens import hash_of, issue_staff_token
from points_bank.staff.tries import GuardedAccount, Origin, remember_address, remember_try
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from tests.bank import Bank, Server, at
from tests.members.conftest import estates_of
from tests.stories.district import District, get, post

MEMBER, SESSION, TOKEN = table_of(Member), table_of(Session), table_of(Token)
NAME, WORDS, BORN = "诸葛遗忘", "不可外传的话", "1950-01-02"


async def test_nothing_of_them_is_left_in_the_file(server: Server) -> None:
    """What people wrote about them is somewhere before, and nowhere afterwards."""
    district = await District.of(server)
    gone = await district.member(NAME, born_on=BORN, phone="13812341234", consents=("records", "boards"))
    house = {"branch_id": gone["branch_id"], "label": WORDS, "member_ids": [gone["id"]]}
    await post(district.recorder, "/households", house, status=201)
    proxy = {"name": NAME, "authorised_on": "2026-10-12", "until_on": "2026-12-31", "limit_points": 100}
    await post(district.recorder, f"/members/{gone['id']}/proxies", proxy | {"paper_reference": "A1"}, status=201)
    for on in ("2026-10-12", "2026-10-13", "2026-10-14"):
        await district.it_is(f"{on} 19:00")
        sheet = await district.log([gone["id"]], f"{on} 08:00", "12:00")
        await district.approve(sheet)
    own = await district.as_member(gone)
    line_id = sheet["participations"][0]["id"]
    objection = await post(own, f"/participations/{line_id}/objection", {"reason": WORDS}, status=201)
    assert objection["id"] == 1
    answer = {"upheld": False, "reason": WORDS}
    await post(district.approver, f"/participations/{line_id}/objection/resolution", answer)
    await district.it_is("2026-11-06 09:00")
    desk_id = await district.desk()
    reward_id = await district.reward("肥皂", 50, desk_id=desk_id, quantity=5)
    order = {"member_id": gone["id"], "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
    await post(district.clerk, "/reservations", order, status=201)
    await server.bank.database.write(write_about, gone["id"])
    await post(district.recorder, f"/members/{gone['id']}/closing", {"reason": WORDS}, key="closing")

    found = await server.bank.database.read(found_in)
    assert {table for table, text in found if text == WORDS} == {
        *("household", "objection", "help_pool_grant", "redemption", "suspension", "member")
    }
    assert {("member", NAME), ("member", BORN), ("proxy", NAME)} <= found
    await post(district.administrator, f"/members/{gone['id']}/erasure")
    assert await server.bank.database.read(found_in) == set()
    assert await server.bank.database.read(lambda tx: tx.all(sa.select(TOKEN.c.id).where(TOKEN.c.member_id > 0))) == []
    book = await district.passbook(gone)
    assert (book["service_minutes"], book["honour_points"]) == (720, 120)
    assert (await get(district.administrator, f"/members/{gone['id']}"))["name"] == "—"


def write_about(tx: Transaction, member_id: int) -> None:
    """A grant that was refused and a suspension that was not decided, each with a story."""
    values = {"whose": member_id, "words": WORDS, "at": "2026-11-01 00:00:00.000000"}
    tx.run(
        sa.text(
            "INSERT INTO help_pool_grant (branch_id, member_id, points, reason, state, proposed_at, proposed_by,"
            " decided_at, decided_by) VALUES (2, :whose, 10, :words, 'rejected', :at, 'staff:1', :at, 'staff:2')"
        ),
        **values,
    )
    tx.run(
        sa.text(
            "INSERT INTO suspension (member_id, reason, until_on, proposed_by_id, proposed_at, is_approved,"
            " decided_by_id, decided_at, appeal, appealed_at, answer) VALUES"
            " (:whose, '-', '2027-12-31', 1, :at, false, 2, :at, :words, :at, :words)"
        ),
        **values,
    )


def found_in(tx: Transaction) -> set[tuple[str, str]]:
    """In which tables the words about them stand."""
    rows = {table.name: str(tx.all(sa.select(table))) for table in metadata.sorted_tables}
    # A date is one in the row, and its text where somebody wrote it down.
    texts = {NAME: NAME, WORDS: WORDS, BORN: repr(date.fromisoformat(BORN))}
    return {(table, text) for table, said in rows.items() for text in texts if text in said or texts[text] in said}


async def close(bank: Bank, member_id: int, on: str) -> None:
    bank.clock.set(at(on))
    await bank.database.write(close_member, member_id, reason="搬走", by=SYSTEM)


async def erased_of(bank: Bank) -> dict[int, datetime | None]:
    rows = await bank.database.read(lambda tx: tx.all(sa.select(MEMBER.c.id, MEMBER.c.erased_at)))
    return {row.id: row.erased_at for row in rows}


async def test_who_closed_long_ago_is_erased_by_itself(bank: Bank) -> None:
    estates = await estates_of(bank)
    ids = [(await estates.member(name)).id for name in ("张伟", "李娜", "王芳", "赵强")]
    await close(bank, ids[0], "2026-10-13 09:00")
    await close(bank, ids[1], "2026-12-31 09:00")
    approver = await bank.staff(Role.APPROVER)
    await bank.database.write(merge_passbooks, ids[2], into_member_id=ids[3], reason="同一人", by=approver)

    bank.clock.set(at("2026-10-13 09:00") + timedelta(days=1_096, minutes=-5))
    await run_due(bank.database)
    assert not any((await erased_of(bank)).values())
    bank.clock.set(at("2026-10-13 09:00") + timedelta(days=1_096, minutes=5))
    done = await run_due(bank.database)
    assert [(each.job, each.count) for each in done if each.job == "erase_closed"] == [("erase_closed", 1)]
    erased = await erased_of(bank)
    assert [bool(erased[each]) for each in ids] == [True, False, False, False]
    assert await run_due(bank.database) == []
    # A passbook that goes on in another one goes with that one.
    bank.clock.set(at("2030-06-01 09:00"))
    await run_due(bank.database)
    erased = await erased_of(bank)
    assert [bool(erased[each]) for each in ids] == [True, True, False, False]


async def test_what_passes_is_forgotten_in_parts_and_nothing_else(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    estates = await estates_of(bank)
    member = await estates.member()
    await bank.database.write(fill_with_what_passes, member.id, estates.recorder.id)
    counts = await bank.database.read(counted)
    assert min(counts.values()) > 0
    assert counts["message"] > forgetting.ROWS_AT_A_TIME

    bank.clock.set(at("2026-10-12 09:00") + timedelta(days=29))
    await run_due(bank.database)
    assert await bank.database.read(counted) == counts | {"sign_in_try": 0}
    bank.clock.set(at("2026-10-12 09:00") + timedelta(days=800))
    parts = [each.count for each in await run_due(bank.database) if each.job == "forget_passing"]
    assert len(parts) > 3
    # A token that has not run out, and what hangs on it, stays.
    assert await bank.database.read(counted) == dict.fromkeys(counts, 0) | {"token": 1, "session": 1}


def fill_with_what_passes(tx: Transaction, member_id: int, staff_id: int) -> None:
    for number in range(forgetting.ROWS_AT_A_TIME + 3):
        tell(tx, member_id=member_id, kind=MessageKind.LOST_CARD_PRESENTED, about=f"card:{number}")
    tx.run(sa.insert(table_of(Visit)), staff_id=staff_id, member_id=member_id, visited_on=tx.today)
    remember_try(tx, GuardedAccount("staff:lin"))
    remember_address(tx, GuardedAccount("staff:lin"), Origin("10.0.0.1"))
    for days in (1, 36_500):
        expires_at, digest = tx.now + timedelta(days=days), hash_of(str(days))
        issue_staff_token(tx, staff_id=staff_id, token_hash=digest, expires_at=expires_at, by=SYSTEM)
        open_session(tx, token_hash=digest, device="x", instead_of=None)


def counted(tx: Transaction) -> dict[str, int]:
    tables = (MESSAGE, table_of(KnownAddress), table_of(Visit), table_of(SignInTry), TOKEN, SESSION)
    return {table.name: tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables}
