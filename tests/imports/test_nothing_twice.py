"""What a file would count a second time, drop without a word, or never look at again."""

from datetime import date

from points_bank.actor import Role
from points_bank.imports.balances import BalanceRows
from points_bank.imports.finding import NOBODY_FOUND
from points_bank.imports.headings import UNNAMED
from points_bank.imports.models import FileKind, ImportState
from points_bank.imports.record import BEFORE_BIRTH, DAY_IS_FULL, LONG_AGO, ON_RECORD, OVERLAPS
from points_bank.ledger.accounts import account_of, spendable_points
from tests.bank import Bank
from tests.imports.files import Rows
from tests.imports.test_members import told
from tests.imports.test_other_kinds import PAST, member, send

HEADINGS = PAST[0]


async def test_past_service_said_differently_is_not_counted_again(bank: Bank) -> None:
    wei = await member(bank, "张伟")
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    await member(bank, "李娜")
    for by in (recorder, approver):
        await send(bank, FileKind.ACTIVITIES, PAST, by=by)
    rows: Rows = [
        HEADINGS,
        ["2025-04-01", "宣传", "政策宣讲", "", "", "张伟", 60],
        ["2025-04-01", "服务", "政策宣讲", "9:00", "10:00", "张伟", ""],
        ["2025-03-05", "服务", "绿化", "10:30", "12:00", "张伟", ""],
        ["2025-03-05", "服务", "学雷锋", "13:00", "14:00", "张伟", ""],
    ]
    for by in (recorder, approver):
        outcome = await send(bank, FileKind.ACTIVITIES, rows, by=by)
    assert told(outcome) == [(2, "minutes", ON_RECORD), (3, "minutes", ON_RECORD), (4, "service_on", OVERLAPS)]
    assert (await bank.database.read(account_of, wei.id)).service_minutes == 195 + 60


async def test_no_day_of_the_past_has_more_than_its_hours_nor_lies_before_a_life(bank: Bank) -> None:
    await member(bank, "张伟", born_on=date(1990, 5, 1))
    await member(bank, "李娜")
    rows: Rows = [
        HEADINGS,
        ["2025-04-01", "服务", "绿化", "", "", "张伟", 900],
        ["2025-04-01", "服务", "清洁", "", "", "张伟", 541],
        ["1990-04-30", "服务", "清洁", "", "", "张伟", 60],
        ["1965-04-30", "服务", "清洁", "", "", "李娜", 60],
    ]
    outcome = await send(bank, FileKind.ACTIVITIES, rows, by=await bank.staff(Role.RECORDER), is_dry_run=True)
    assert told(outcome) == [(3, "minutes", DAY_IS_FULL), (4, "service_on", BEFORE_BIRTH), (5, "service_on", LONG_AGO)]


async def test_a_cell_without_a_heading_is_not_dropped(bank: Bank) -> None:
    wei = await member(bank, "张伟")
    bad: list[Rows] = [[["卡号", "积分"], [wei.card_no, "1,200"]], [["卡号", "积分", ""], [wei.card_no, 1, 200]]]
    for rows in bad:
        assert told(await send(bank, FileKind.BALANCES, rows)) == [(2, None, UNNAMED)]
    assert await bank.database.read(spendable_points, wei.id) == 0
    quoted: Rows = [["卡号", "积分"], [wei.card_no, '"1,200"']]
    assert told(await send(bank, FileKind.BALANCES, quoted)) == []
    assert await bank.database.read(spendable_points, wei.id) == 1200


async def test_a_second_balance_of_one_file_is_told_as_what_it_is(bank: Bank) -> None:
    wei = await member(bank, "张伟")
    rows: Rows = [["卡号", "积分"], [wei.card_no, 50], [wei.card_no, 70]]
    assert told(await send(bank, FileKind.BALANCES, rows)) == [(3, None, BalanceRows.same)]


async def test_rows_that_lacked_something_are_looked_at_again(bank: Bank) -> None:
    """A file of households may come before the one of its members."""
    rows: Rows = [["户", "姓名"], ["3栋502", "李建国"], ["3栋502", "王芳"]]
    await member(bank, "李建国")
    first = await send(bank, FileKind.HOUSEHOLDS, rows)
    assert (first.new_rows, told(first)) == (1, [(3, "name", NOBODY_FOUND)])
    again = await send(bank, FileKind.HOUSEHOLDS, rows)
    assert (again.new_rows, again.known_rows, told(again)) == (1, 0, told(first))
    await member(bank, "王芳")
    whole = await send(bank, FileKind.HOUSEHOLDS, rows)
    assert (whole.new_rows, whole.known_rows, told(whole)) == (2, 0, [])
    assert await send(bank, FileKind.HOUSEHOLDS, rows) == whole


async def test_rows_that_bring_points_are_looked_at_again_by_two_people(bank: Bank) -> None:
    wei = await member(bank, "张伟")
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    rows: Rows = [["姓名", "积分"], ["张伟", 50], ["王芳", 70]]
    for by in (recorder, approver):
        outcome = await send(bank, FileKind.BALANCES, rows, by=by)
    assert (outcome.new_rows, outcome.refused_rows) == (1, 1)
    fang = await member(bank, "王芳")
    assert (await send(bank, FileKind.BALANCES, rows, by=recorder)).refused_rows == 1
    assert await bank.database.read(spendable_points, fang.id) == 0
    whole = await send(bank, FileKind.BALANCES, rows, by=approver)
    assert whole.line is not None
    assert (whole.line.state, whole.new_rows, whole.refused_rows) == (ImportState.DONE, 2, 0)
    balances = [await bank.database.read(spendable_points, each.id) for each in (wei, fang)]
    assert balances == [50, 70]
