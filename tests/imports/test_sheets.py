"""A sign-in sheet as a file: neighbours of other estates, nights, themes, and what it became."""

from points_bank.activities.reading import list_activities, members_of
from points_bank.actor import SYSTEM, Role
from points_bank.branches.tree import BranchLine
from points_bank.i18n import Language
from points_bank.imports.api import Outcome, carry_out, outcome_shape, try_out
from points_bank.imports.finding import NOBODY_FOUND
from points_bank.imports.incoming import Sending
from points_bank.imports.models import FileKind
from points_bank.imports.session import ENDS_BEFORE_START
from points_bank.imports.sheets import LACKS, NOT_A_THEME
from points_bank.members.register import Registered, register_member
from tests.bank import Bank, at
from tests.imports.files import Rows, csv_of
from tests.imports.test_members import told
from tests.imports.test_other_kinds import SHEET, member, send

HEAD = ["活动名称", "角色", "日期", "开始时间", "结束时间", "姓名", "卡号", "主题"]
PATROL = ["夜间巡逻", "服务", "2026-10-10", "22:30"]


async def neighbour(bank: Bank, branch: BranchLine, name: str) -> Registered:
    return await bank.database.write(register_member, name=name, branch_id=branch.id, by=SYSTEM)


async def test_a_neighbour_who_shows_a_card_stands_on_the_sheet_of_another_estate(bank: Bank) -> None:
    estate, other = await bank.branch("佛子"), await bank.branch("银宇")
    here, visitor = await neighbour(bank, estate, "张伟"), await neighbour(bank, other, "李娜")
    recorder = await bank.staff(Role.RECORDER, branch=estate)

    async def sent(person: list[str]) -> Outcome:
        rows: Rows = [HEAD, [*PATROL[:3], "8:30", "9:30", "张伟", "", ""], ["", "", "", "", "", *person, ""]]
        sending = Sending(kind=FileKind.SHEET, branch_id=estate.id, name="x.csv")
        return await carry_out(bank.database, csv_of(rows), sending, by=recorder)

    assert told(await sent(["李娜", ""])) == [(3, "name", NOBODY_FOUND)]
    outcome = await sent(["李娜", visitor.card_no])
    assert (outcome.new_rows, told(outcome)) == (2, [])
    [activity] = await bank.database.read(list_activities, limit=9, by=recorder)
    assert await bank.database.read(members_of, activity.id) == [here.id, visitor.id]


async def test_service_past_midnight_says_so(bank: Bank) -> None:
    await member(bank, "张伟")
    recorder = await bank.staff(Role.RECORDER)
    rows: Rows = [HEAD, [*PATROL, "1:00", "张伟", "", "安保"]]
    assert told(await send(bank, FileKind.SHEET, rows, by=recorder)) == [(2, "ended_at", ENDS_BEFORE_START)]
    rows = [HEAD, [*PATROL, "次日 1:00", "张伟", "", "安保"]]
    assert told(await send(bank, FileKind.SHEET, rows, by=recorder)) == []
    [activity] = await bank.database.read(list_activities, limit=9, by=recorder)
    assert (activity.started_at, activity.ended_at) == (at("2026-10-10 22:30"), at("2026-10-11 01:00"))
    assert activity.theme == "security"


async def test_a_theme_is_one_that_the_books_count_by(bank: Bank) -> None:
    await member(bank, "张伟")
    recorder = await bank.staff(Role.RECORDER)
    for theme, faults in (("打麻将", [(2, "theme", NOT_A_THEME)]), ("GREENING", []), ("zhong_yang", [])):
        rows: Rows = [HEAD, [*PATROL, "23:00", "张伟", "", theme]]
        assert told(await send(bank, FileKind.SHEET, rows, by=recorder, is_dry_run=True)) == faults


async def test_what_the_first_row_lacks_is_told_at_once(bank: Bank) -> None:
    await member(bank, "张伟")
    rows: Rows = [["姓名", "日期"], ["张伟", "2026-10-10"]]
    outcome = await send(bank, FileKind.SHEET, rows, by=await bank.staff(Role.RECORDER), is_dry_run=True)
    assert told(outcome) == [(2, None, LACKS)]
    assert outcome.report.rows[0].faults[0].values == {"headings": "角色、活动、开始时间、结束时间"}


async def test_a_dry_run_of_a_sheet_says_that_all_of_it_or_nothing_is_taken(bank: Bank) -> None:
    await member(bank, "张伟")
    sending = Sending(kind=FileKind.SHEET, branch_id=bank.district.id, name="x.csv")
    outcome = await try_out(bank.database, csv_of(SHEET), sending, by=await bank.staff(Role.RECORDER))
    shown = outcome_shape(outcome, sending, Language.ENGLISH)
    assert (shown.new_rows, shown.refused_rows, shown.choice) == (0, 1, "all_or_nothing")


async def test_a_sheet_says_which_activity_it_became_and_who_is_held(bank: Bank) -> None:
    for name in ("张伟", "李娜"):
        await member(bank, name)
    recorder = await bank.staff(Role.RECORDER)
    await send(bank, FileKind.SHEET, SHEET, by=recorder)
    rows: Rows = [HEAD, ["绿化", "服务", "2026-10-11", "9:00", "12:00", "张伟", "", ""]]
    sending = Sending(kind=FileKind.SHEET, branch_id=bank.district.id, name="x.csv")
    shown = outcome_shape(await send(bank, FileKind.SHEET, rows, by=recorder), sending, Language.ENGLISH)
    [latest, _] = await bank.database.read(list_activities, limit=9, by=recorder)
    assert (shown.activity_id, shown.held_rows) == (latest.id, 1)
