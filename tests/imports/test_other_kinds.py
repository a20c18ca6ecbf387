"""Files of opening balances, households, past activities, and a sign-in sheet."""

from datetime import date
from typing import Any

import pytest

from points_bank.activities.reading import list_activities
from points_bank.actor import SYSTEM, Actor, Role
from points_bank.errors import CardLost, DuplicateActivity, Invalid, OwnActivity
from points_bank.imports.api import Outcome, carry_out, try_out
from points_bank.imports.balances import ANOTHER_BALANCE, HAS_LAPSED, NOTHING, TOO_FAR, TOO_MANY
from points_bank.imports.finding import NOBODY_FOUND, NOBODY_NAMED, OTHER_NAME, SEVERAL_FOUND
from points_bank.imports.history import NEEDS_STAFF, NO_MINUTES, TOO_RECENT
from points_bank.imports.incoming import Sending
from points_bank.imports.models import Choice, FileKind, ImportState
from points_bank.imports.rows import SAME_ROW
from points_bank.imports.sheets import OTHER_ACTIVITY
from points_bank.ledger.accounts import account_of, spendable_points
from points_bank.members.cards import report_loss
from points_bank.members.households import LIVES_ELSEWHERE, household_of_member
from points_bank.members.register import Registered, register_member
from tests.bank import Bank, at
from tests.imports.files import Rows, csv_of
from tests.imports.test_members import told


async def send(
    bank: Bank, kind: FileKind, rows: Rows, *, by: Actor = SYSTEM, is_dry_run: bool = False,
    choice: Choice = Choice.GOOD_ROWS,
) -> Outcome:  # fmt: skip
    sending = Sending(kind=kind, branch_id=bank.district.id, name="x.csv", choice=choice)
    run = try_out if is_dry_run else carry_out
    return await run(bank.database, csv_of(rows), sending, by=by)


async def member(bank: Bank, name: str, **more: Any) -> Registered:
    return await bank.database.write(register_member, name=name, branch_id=bank.district.id, **more, by=SYSTEM)


async def test_a_balance_is_carried_over_once_into_a_lot_of_its_date(bank: Bank) -> None:
    wei, na = await member(bank, "张伟", phone="13812341234"), await member(bank, "李娜", born_on=date(1950, 1, 2))
    rows: Rows = [
        ["卡号", "姓名", "手机号", "出生日期", "积分", "到期日期"],
        [wei.card_no, "张伟", "", "", 120, "2026-12-31"],
        ["", "张伟", "138 1234 1234", "", "２００", ""],
        ["", "李娜", "", "1950年1月2日", "1000.0", "20271231"],
    ]
    outcome = await send(bank, FileKind.BALANCES, rows)
    assert (outcome.new_rows, told(outcome)) == (3, [])
    account = await bank.database.read(account_of, wei.id)
    assert (account.balance_points, account.honour_points, account.service_minutes) == (320, 320, 0)
    assert await bank.database.read(spendable_points, na.id) == 1000
    again = await send(bank, FileKind.BALANCES, [*rows, [wei.card_no, "", "", "", 5, "2028-12-31"]])
    assert (again.new_rows, again.known_rows) == (1, 3)


async def test_a_balance_that_cannot_be_is_refused(bank: Bank) -> None:
    wei = await member(bank, "张伟", phone="13812341234")
    for born_on in (date(1950, 1, 2), date(1960, 1, 2)):
        await member(bank, "王芳", born_on=born_on)
    lost = await member(bank, "刘洋")
    await bank.database.write(report_loss, lost.id, by=SYSTEM)
    await send(bank, FileKind.BALANCES, [["卡号", "积分"], [wei.card_no, 7]])
    bad: list[tuple[list[Any], str | None, str]] = [
        (["", "", "", 5, ""], None, NOBODY_NAMED),
        (["", "", "13900000000", 5, ""], "phone", NOBODY_FOUND),
        (["", "赵敏", "", 5, ""], "name", NOBODY_FOUND),
        (["", "王芳", "", 5, ""], "name", SEVERAL_FOUND),
        (["", "王芳", "13812341234", 5, ""], "name", OTHER_NAME),
        ([lost.card_no, "", "", 5, ""], "card_no", CardLost.sentence),
        ([wei.card_no, "", "", 0, ""], "points", NOTHING),
        ([wei.card_no, "", "", "13812341234", ""], "points", TOO_MANY),
        ([wei.card_no, "", "", 5, "2025-12-31"], "lapses_on", HAS_LAPSED),
        ([wei.card_no, "", "", 5, "2062-12-31"], "lapses_on", TOO_FAR),
        ([wei.card_no, "", "", 8, ""], "points", ANOTHER_BALANCE),
    ]
    rows = [["卡号", "姓名", "手机号", "积分", "到期日期"], *(row for row, _, _ in bad)]
    expected = [(number, column, why) for number, (_, column, why) in enumerate(bad, 2)]
    assert told(await send(bank, FileKind.BALANCES, rows, is_dry_run=True)) == expected
    assert told(await send(bank, FileKind.BALANCES, rows)) == expected
    assert (await bank.database.read(account_of, wei.id)).balance_points == 7


async def test_staff_carry_balances_over_as_two_people(bank: Bank) -> None:
    wei = await member(bank, "张伟")
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    rows: Rows = [["卡号", "积分"], [wei.card_no, 50]]
    for by in (approver, approver, recorder):
        outcome = await send(bank, FileKind.BALANCES, rows, by=by)
        assert outcome.line is not None
        assert outcome.line.state is ImportState.PROPOSED
        assert (await bank.database.read(account_of, wei.id)).balance_points == 0
    outcome = await send(bank, FileKind.BALANCES, rows, by=await bank.staff(Role.APPROVER))
    assert outcome.line is not None
    assert (outcome.line.state, outcome.line.sent_by, outcome.new_rows) == (ImportState.DONE, approver.name, 1)
    assert (await bank.database.read(account_of, wei.id)).balance_points == 50


async def test_who_lives_together_becomes_a_household(bank: Bank) -> None:
    father, mother, other = [await member(bank, name) for name in ("李建国", "王芳", "赵敏")]
    rows: Rows = [
        ["户", "姓名", "同意家庭合并"],
        ["3栋502", "李建国", "是"],
        ["3栋502", "王芳", ""],
        ["3栋601", "王芳", ""],
    ]
    outcome = await send(bank, FileKind.HOUSEHOLDS, rows)
    assert (outcome.new_rows, told(outcome)) == (2, [(4, None, LIVES_ELSEWHERE)])
    home = await bank.database.read(household_of_member, mother.id, by=SYSTEM)
    assert (home.label, [each.member_id for each in home.residents]) == ("3栋502", [father.id, mother.id])
    more = await send(bank, FileKind.HOUSEHOLDS, [*rows[:3], ["3栋502", "赵敏", ""]])
    assert (more.new_rows, more.known_rows) == (1, 2)
    assert (await bank.database.read(household_of_member, other.id, by=SYSTEM)).id == home.id


PAST: Rows = [
    ["日期", "角色", "活动", "开始时间", "结束时间", "姓名", "分钟"],
    ["2025-03-05", "服务", "学雷锋", "8:30", "11:00", "张伟", ""],
    ["2025-03-05", "服务", "学雷锋", "8:30", "11:00", "李娜", 60],
    ["2025年4月1日", "宣传", "政策宣讲", "", "", "张伟", 45],
]


async def test_past_activities_bring_minutes_and_no_points(bank: Bank) -> None:
    wei, na = await member(bank, "张伟"), await member(bank, "李娜")
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    await send(bank, FileKind.ACTIVITIES, PAST, by=recorder)
    outcome = await send(bank, FileKind.ACTIVITIES, PAST, by=approver)
    assert (outcome.new_rows, told(outcome)) == (3, [])
    accounts = [await bank.database.read(account_of, each.id) for each in (wei, na)]
    assert [(each.service_minutes, each.activities, each.honour_points) for each in accounts] == [
        (195, 2, 0),
        (60, 1, 0),
    ]
    await send(bank, FileKind.ACTIVITIES, [*PAST, PAST[1]], by=recorder)
    again = await send(bank, FileKind.ACTIVITIES, [*PAST, PAST[1]], by=approver)
    assert (again.new_rows, again.known_rows) == (0, 4)


async def test_past_activities_that_cannot_be_are_refused(bank: Bank) -> None:
    await member(bank, "张伟")
    recorder = await bank.staff(Role.RECORDER)
    rows: Rows = [
        PAST[0],
        ["2026-10-01", "服务", "绿化", "8:30", "11:00", "张伟", ""],
        ["2025-03-05", "服务", "绿化", "", "", "张伟", 0],
        PAST[3],
        PAST[3],
    ]
    outcome = await send(bank, FileKind.ACTIVITIES, rows, by=recorder, is_dry_run=True)
    assert told(outcome) == [(2, "service_on", TOO_RECENT), (3, "minutes", NO_MINUTES), (5, None, SAME_ROW)]
    with pytest.raises(Invalid) as caught:
        await send(bank, FileKind.ACTIVITIES, PAST)
    assert caught.value.fields == {"login": NEEDS_STAFF}


@pytest.mark.parametrize("kind", [FileKind.BALANCES, FileKind.ACTIVITIES])
async def test_nobody_brings_points_or_service_to_themselves(bank: Bank, kind: FileKind) -> None:
    """Neither who sends a file nor who approves it; their rows are taken when two others send it."""
    wei, na = await member(bank, "张伟"), await member(bank, "李娜")
    sender = await bank.staff(Role.RECORDER, member_id=wei.id)
    approver, other = await bank.staff(Role.APPROVER, member_id=na.id), await bank.staff(Role.APPROVER)
    rows: Rows = [["姓名", "积分"], ["张伟", 50], ["李娜", 60]] if kind is FileKind.BALANCES else [PAST[0], *PAST[2:4]]
    people = (wei.id, na.id)
    own = [row for row, values in enumerate(rows, 1) if values[0 if kind is FileKind.BALANCES else 5] == "张伟"]
    assert told(await send(bank, kind, rows, by=sender, is_dry_run=True)) == [
        (row, None, OwnActivity.sentence) for row in own
    ]
    await send(bank, kind, rows, by=sender)
    outcome = await send(bank, kind, rows, by=approver)
    assert {why for _, _, why in told(outcome)} == {OwnActivity.sentence}
    assert (outcome.new_rows, outcome.refused_rows) == (0, len(rows) - 1)
    accounts = [await bank.database.read(account_of, each) for each in people]
    assert [(each.balance_points, each.service_minutes) for each in accounts] == [(0, 0), (0, 0)]
    again = await send(bank, kind, rows, by=other)
    assert (again.new_rows, {why for _, _, why in told(again)}) == (1, {OwnActivity.sentence})


SHEET: Rows = [
    ["活动名称", "角色", "日期", "开始时间", "结束时间", "姓名", "卡号", "分钟", "带队"],
    ["周日清洁", "服务", "2026-10-11", "8:30", "11:00", "张伟", "", "", "是"],
    ["", "", "", "", "", "李娜", "", 60, ""],
]


async def test_a_sheet_becomes_one_activity_that_waits_for_approval(bank: Bank) -> None:
    await member(bank, "张伟")
    await member(bank, "李娜")
    recorder = await bank.staff(Role.RECORDER)
    look = await send(bank, FileKind.SHEET, SHEET, by=recorder, is_dry_run=True)
    outcome = await send(bank, FileKind.SHEET, SHEET, by=recorder)
    assert (look.new_rows, outcome.new_rows, told(outcome)) == (2, 2, [])
    again = await send(bank, FileKind.SHEET, SHEET, by=recorder)
    assert (again.line, again.new_rows) == (outcome.line, 2)
    [activity] = await bank.database.read(list_activities, limit=9, by=recorder)
    assert (activity.title, activity.state, activity.started_at) == ("周日清洁", "logged", at("2026-10-11 08:30"))


async def test_a_sheet_is_taken_whole_or_not_at_all(bank: Bank) -> None:
    await member(bank, "张伟")
    recorder = await bank.staff(Role.RECORDER)
    outcome = await send(bank, FileKind.SHEET, [*SHEET, ["绿化", "", "", "", "", "张伟", "", "", ""]], by=recorder)
    assert outcome.line is not None
    assert outcome.line.state is ImportState.REFUSED
    assert told(outcome) == [(3, "name", NOBODY_FOUND), (4, "title", OTHER_ACTIVITY)]
    with pytest.raises(Invalid) as caught:
        await send(bank, FileKind.SHEET, [SHEET[0], [*SHEET[1][:7], 600, ""]], by=recorder)
    assert list(caught.value.fields) == ["row 2: minutes"]
    assert await bank.database.read(list_activities, limit=9, by=recorder) == []
    await send(bank, FileKind.SHEET, SHEET[:2], by=recorder)
    with pytest.raises(DuplicateActivity):
        await send(bank, FileKind.SHEET, [SHEET[0], ["换个名字", *SHEET[1][1:]]], by=recorder, is_dry_run=True)
