"""A file of members, carried out act by act on a real bank."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.errors import Forbidden, Invalid, NotFound, Unauthenticated
from points_bank.imports.api import Outcome, carry_out, try_out
from points_bank.imports.cells import NEEDED, NOT_A_DATE
from points_bank.imports.headings import DOUBLE, MISSING, NO_HEADINGS, ONLY_HEADINGS, UNKNOWN
from points_bank.imports.incoming import Sending
from points_bank.imports.models import Choice, FileKind, ImportState
from points_bank.imports.pace import Pace
from points_bank.imports.rows import SAME_ROW
from points_bank.imports.scope import NO_SUCH_BRANCH, SEVERAL_BRANCHES
from points_bank.members.details import BEFORE_BIRTH, GUARDIAN_NEEDED, NOT_A_BIRTHDAY
from points_bank.members.models import Purpose
from points_bank.members.phones import NOT_A_PHONE
from points_bank.members.record import MemberRecord, member_record
from points_bank.members.search import find_members
from points_bank.staff.accounts import disable_staff
from points_bank.transaction import Transaction
from tests.bank import Bank
from tests.imports.files import Rows, csv_of, xlsx_of

HEADINGS = ["姓名", "小区", "手机号", "出生日期", "党员", "监护人", "监护人同意日期", "同意记录", "同意上榜"]
GOOD: list[list[Any]] = [
    HEADINGS,
    ["张　伟", "佛子小区", 13812341234, "1950年1月2日", "是", None, None, "√", "√"],
    ["李小明", "佛子小区", None, date(2015, 3, 4), "否", "李建国", "2026/9/1", "是", "否"],
    ["单芳", None, "0774-3821234", None, None, None, None, None, None],
]


async def imported(
    bank: Bank, rows: Rows | bytes, *, by: Actor = SYSTEM, choice: Choice = Choice.GOOD_ROWS, part: int = 1_000
) -> Outcome:
    content = rows if isinstance(rows, bytes) else xlsx_of(rows)
    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="名册.xlsx", choice=choice)
    return await carry_out(bank.database, content, sending, by=by, rows_of_a_part=part)


async def looked_at(bank: Bank, rows: Rows) -> Outcome:
    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="名册.xlsx")
    return await try_out(bank.database, xlsx_of(rows), sending, by=SYSTEM)


async def everybody(bank: Bank) -> list[MemberRecord]:
    return await bank.database.read(find_members, text="", limit=1_000, by=SYSTEM)


def told(outcome: Outcome) -> list[tuple[int, str | None, str]]:
    return [(row.number, fault.column, fault.sentence) for row in outcome.report.rows for fault in row.faults]


async def test_every_row_becomes_a_member(bank: Bank) -> None:
    estate = await bank.branch("佛子小区")
    outcome = await imported(bank, GOOD)
    assert outcome.line is not None
    assert (outcome.line.state, outcome.new_rows, outcome.known_rows, outcome.refused_rows) == ("done", 3, 0, 0)
    wei, ming, fang = await everybody(bank)
    assert (wei.name, wei.branch_id, wei.phone, wei.born_on, wei.is_party_member) == (
        "张伟", estate.id, "138****1234", date(1950, 1, 2), True,
    )  # fmt: skip
    assert set(wei.consents) == {Purpose.RECORDS, Purpose.BOARDS}
    assert ming.guardian is not None
    assert (ming.guardian.name, ming.guardian.consented_on, ming.consents) == (
        "李建国", date(2026, 9, 1), [Purpose.RECORDS],
    )  # fmt: skip
    assert (fang.branch_id, fang.phone_tail, fang.consents) == (bank.district.id, "1234", [])
    assert len({wei.card_no, ming.card_no, fang.card_no} - {None}) == 3
    assert await bank.database.read(member_record, wei.id, by=SYSTEM) == wei
    assert [each.name for each in await bank.database.read(find_members, text="sf", limit=9, by=SYSTEM)] == ["单芳"]


async def test_members_have_the_cards_that_one_by_one_they_would_have(bank: Bank) -> None:
    await imported(bank, [["姓名"], *([f"住户{number}"] for number in range(300))])

    def numbers(tx: Transaction) -> list[tuple[int, str]]:
        from points_bank.members.card_numbers import derive_card_no

        rows = tx.all(sa.text("SELECT member_id, card_no FROM card"))
        return [
            (row.member_id, row.card_no)
            for row in rows
            if row.card_no != derive_card_no(tx.keys, member_id=row.member_id, serial=0, attempt=0)
        ]

    assert await bank.database.read(numbers) == []


async def test_the_same_file_again_changes_nothing(bank: Bank) -> None:
    await bank.branch("佛子小区")
    content = xlsx_of(GOOD)
    first = await imported(bank, content)
    before = await everybody(bank)
    assert await imported(bank, content) == first
    assert await everybody(bank) == before


async def test_a_file_with_rows_of_another_takes_the_new_ones_only(bank: Bank) -> None:
    await bank.branch("佛子小区")
    await imported(bank, GOOD)
    outcome = await imported(bank, csv_of([*[["姓名", "小区", "手机号"]], ["单芳", None, "07743821234"], ["王芳"]]))
    assert (outcome.new_rows, outcome.known_rows) == (1, 1)
    assert len(await everybody(bank)) == 4


BAD: list[tuple[list[Any], str | None, str]] = [
    ([None, None, "13812341234"], "name", NEEDED),
    (["张伟", "月球"], "branch", NO_SUCH_BRANCH),
    (["张伟", "同名"], "branch", SEVERAL_BRANCHES),
    (["张伟", None, "12345"], "phone", NOT_A_PHONE),
    (["张伟", None, None, "1950-02-30"], "born_on", NOT_A_DATE),
    (["张伟", None, None, "1850-02-03"], "born_on", NOT_A_BIRTHDAY),
    (["张伟", None, None, "2015-02-03", None, "李娜"], "guardian_name", GUARDIAN_NEEDED),
    (["张伟", None, None, "2015-02-03", None, "李娜", "2014-01-01"], "guardian_consented_on", BEFORE_BIRTH),
    (["王芳"], None, SAME_ROW),
]


async def test_bad_rows_are_refused_with_row_column_and_reason(bank: Bank) -> None:
    await bank.branch("同名")
    await bank.branch("同名")
    rows = [HEADINGS, ["王芳"], *(row for row, _, _ in BAD)]
    expected = [(number, column, why) for number, (_, column, why) in enumerate(BAD, 3)]
    look = await looked_at(bank, rows)
    assert (told(look), look.new_rows, look.refused_rows) == (expected, 1, len(BAD))
    assert await everybody(bank) == []
    outcome = await imported(bank, rows)
    assert (told(outcome), outcome.new_rows, outcome.refused_rows) == (expected, 1, len(BAD))
    assert [each.name for each in await everybody(bank)] == ["王芳"]


async def test_all_or_nothing_takes_nothing_while_a_row_is_bad(bank: Bank) -> None:
    rows: list[list[Any]] = [["姓名", "手机号"], ["张伟", "13812341234"], ["李娜", "1"]]
    outcome = await imported(bank, rows, choice=Choice.ALL_OR_NOTHING)
    assert outcome.line is not None
    assert outcome.line.state is ImportState.REFUSED
    assert told(outcome) == [(3, "phone", NOT_A_PHONE)]
    assert await everybody(bank) == []
    again = await imported(bank, rows, choice=Choice.GOOD_ROWS)
    assert (again.new_rows, again.refused_rows) == (1, 1)


async def test_headings_that_cannot_be_are_refused_one_by_one(bank: Bank) -> None:
    with pytest.raises(Invalid) as caught:
        await imported(bank, [["小区", "手机号", "电话", "血型"], ["x"]])
    assert caught.value.fields == {"C1 电话": DOUBLE, "D1 血型": UNKNOWN, "headings": MISSING}
    wrong: list[tuple[Rows, str]] = [([["甲", "乙"], ["x"]], NO_HEADINGS), ([["姓名", "手机号"]], ONLY_HEADINGS)]
    for rows, why in wrong:
        with pytest.raises(Invalid) as caught:
            await imported(bank, rows)
        assert caught.value.fields == {"file": why}


async def test_a_title_may_stand_above_the_headings(bank: Bank) -> None:
    rows: Rows = [["佛子小区志愿者名册"], [], ["序号", "姓 名*", "联系电话（必填）"], [1, "张伟", "13812341234"]]
    assert (await imported(bank, rows)).new_rows == 1


async def test_an_import_that_was_cut_off_goes_on_where_it_was(bank: Bank) -> None:
    rows = [["姓名"], *([f"住户{number}"] for number in range(25))]
    done: list[int] = []

    def stop(rows_done: int, _: int) -> None:
        done.append(rows_done)
        if rows_done == 20:
            raise KeyboardInterrupt

    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="x")
    with pytest.raises(KeyboardInterrupt):
        await carry_out(bank.database, csv_of(rows), sending, by=SYSTEM, rows_of_a_part=10, pace=Pace(1), tell=stop)
    outcome = await imported(bank, csv_of(rows), part=7)
    assert (done, outcome.new_rows, outcome.refused_rows) == ([10, 20], 25, 0)
    assert sorted(each.name for each in await everybody(bank)) == sorted(row[0] for row in rows[1:])


async def test_who_is_shut_out_while_their_file_is_read_ends_it_there(bank: Bank) -> None:
    recorder, shut_out = await bank.staff(Role.RECORDER), []
    rows = csv_of([["姓名"], *([f"住户{number}"] for number in range(25))])

    def stop(rows_done: int, _: int) -> None:
        shut_out.append(rows_done)
        raise KeyboardInterrupt

    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="x")
    with pytest.raises(KeyboardInterrupt):
        await carry_out(bank.database, rows, sending, by=recorder, rows_of_a_part=10, pace=Pace(1), tell=stop)
    await bank.database.write(disable_staff, recorder.id, by=SYSTEM)
    with pytest.raises(Unauthenticated):
        await carry_out(bank.database, rows, sending, by=recorder, rows_of_a_part=10, pace=Pace(1), tell=stop)
    assert (shut_out, len(await everybody(bank))) == ([10], 10)


async def test_only_who_keeps_members_may_import_and_only_below_the_files_branch(bank: Bank) -> None:
    here, elsewhere = await bank.branch("佛子小区"), await bank.branch("银宇")
    recorder = await bank.staff(Role.RECORDER, branch=here)
    with pytest.raises(NotFound):
        await imported(bank, [["姓名", "手机号"], ["张伟"]], by=recorder)
    with pytest.raises(Forbidden):
        await imported(bank, [["姓名", "手机号"], ["张伟"]], by=await bank.staff(Role.CLERK))
    sending = Sending(kind=FileKind.MEMBERS, branch_id=here.id, name="x")
    content = csv_of([["姓名", "小区"], ["张伟", elsewhere.code], ["李娜", here.code], ["王芳"]])
    outcome = await carry_out(bank.database, content, sending, by=recorder)
    assert (outcome.new_rows, told(outcome)) == (2, [(2, "branch", NO_SUCH_BRANCH)])
