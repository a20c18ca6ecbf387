"""From the paper form to the passbook through the office's pages, and what the second person does with a sheet."""

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation
from points_bank.actor import Role
from points_bank.columns import table_of
from points_bank.scheduler import run_due
from points_bank.transaction import Transaction
from tests.bank import at
from tests.pages.office import enter, register
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough

ACTIVITY, LINE = table_of(Activity), table_of(Participation)
WAITING = "/staff/approvals"


async def test_a_volunteer_on_paper_from_sign_up_to_points(site: Site) -> None:
    """S1: registered with a card, four hours led on Saturday, approved by another on Monday, settled on Friday."""
    recorder, approver = await _two(site)
    card_no = await register(recorder, "住户甲")
    await enter(recorder, card_no, title="周六绿化", on="2026-11-14", from_time="0830", until_time="1230", lead=True)
    await recorder.reads("已提交", "240 分钟", "45")
    sheet = recorder.path.partition("?")[0]
    await approver.go(sheet)
    await approver.press("通过")
    await approver.reads("公示中", "11月20日 00:00")
    await recorder.page.get_by_role("link", name="住户甲").click()
    await recorder.reads("公示中", "45", "周六绿化")
    site.clock.set(at("2026-11-20 00:05"))
    await run_due(site.database)
    member = recorder.path
    await recorder.sign_in(site.login(Role.RECORDER))
    await recorder.go(member)
    shown = await recorder.page.locator("dl.figures dd").all_inner_texts()
    assert shown == ["45", "0", "0", "45", "4小时"]


async def test_a_sheet_comes_back_with_the_reason_and_is_entered_again(site: Site) -> None:
    recorder, approver = await _two(site)
    card_no = await register(recorder, "住户乙")
    await enter(recorder, card_no, title="楼道清洁", on="2026-11-14", from_time="0500", until_time="0600")
    await approver.go(recorder.path.partition("?")[0])
    await approver.page.get_by_text("退回", exact=True).first.click()
    form = approver.page.locator("form[action$='/return']")
    await form.locator("[name=reason]").fill("签名看不清")
    await form.locator("button").click()
    await approver.reads("已退回")
    await recorder.go("/staff/sheet")
    await recorder.page.locator(".notice", has_text="签名看不清").get_by_role("link").click()
    assert await recorder.page.locator("[name=on]").input_value() == "2026-11-14"
    await recorder.press("提交审核")
    await recorder.reads("已提交", "楼道清洁")


async def test_ordinary_sheets_are_approved_together_and_a_refused_one_leaves_the_others(site: Site) -> None:
    recorder, approver = await _two(site)
    approver.expected = {409}
    for number, hour in enumerate(("0700", "0710"), start=1):
        card_no = await register(recorder, f"住户{'丙丁'[number - 1]}")
        await enter(recorder, card_no, title=f"巡楼{number}", on="2026-11-14", from_time=hour, until_time="0800")
    site.clock.set(at("2026-11-16 12:00"))
    await approver.go(WAITING)
    listed = approver.page.locator("form[action='/staff/approvals'] li")
    assert await listed.filter(has_text="巡楼").count() >= 1
    await approver.press("通过打勾的")
    await approver.reads("已通过")
    assert await listed.filter(has_text="巡楼").count() == 0


async def test_who_entered_a_sheet_does_not_approve_it(site: Site) -> None:
    approver = await site.reader()
    approver.expected = {409}
    await approver.sign_in(site.login(Role.APPROVER))
    card_no = await register(approver, "住户戊")
    await enter(approver, card_no, title="巡楼", on="2026-11-14", from_time="0700", until_time="0800")
    assert await approver.page.locator("form[action$=approval]").count() == 0


async def test_the_notice_names_only_who_agreed(site: Site) -> None:
    recorder = await site.reader()
    await recorder.sign_in(site.login(Role.RECORDER))
    card_no = await register(recorder, "住户己")
    await enter(recorder, card_no, title="巡楼", on="2026-11-14", from_time="0700", until_time="0800")
    await recorder.press("公示单")
    await recorder.reads("志愿服务公示", f"卡尾 {card_no[-4:]}")
    await recorder.misses("住户己")


async def test_a_correction_is_proposed_by_one_and_approved_by_another(site: Site) -> None:
    recorder, approver = await _two(site)
    line = await site.database.read(_settled_line)
    await recorder.go(f"/staff/activities/{line.activity_id}")
    form = recorder.page.locator(f"form[action$='/lines/{line.id}/correction']")
    await form.locator("xpath=..").locator("summary").click()
    await form.locator("[name=minutes]").fill(str(line.minutes // 2))
    await form.locator("[name=reason]").fill("签退时间写错")
    await form.locator("button").click()
    await recorder.reads("已提出")
    await approver.go("/staff/doubts")
    await approver.reads("签退时间写错")
    await approver.go(f"/staff/activities/{line.activity_id}")
    await approver.page.locator(f"form[action$='/lines/{line.id}/correction/approval'] button").click()
    await approver.reads("已更正")


async def test_cards_pins_and_consents_are_kept_on_the_members_page(site: Site) -> None:
    clerk = await site.reader(has_scripts=False, width=360)
    await clerk.sign_in(site.login(Role.RECORDER))
    card_no = await register(clerk, "住户庚")
    await clerk.press("打印密码条")
    await clerk.reads("密码条", card_no, "只显示这一次")
    await clerk.press("返回")
    await clerk.page.locator("button[name=given][value=true]").nth(0).click()
    await clerk.reads("已办好")
    await clerk.text("卡丢了").click()
    await clerk.press("挂失这张卡")
    await clerk.reads("没有卡")
    await clerk.press("发新卡")
    assert clerk.path.endswith("/card")
    await clerk.misses(card_no)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name": "住户", "phone": "12"}, "phone"), ({"name": "住户", "born": "x"}, "born"), ({"name": ""}, "name")],
)
async def test_a_paper_form_that_cannot_be_is_refused_beside_its_field(
    site: Site, typed: dict[str, str], field: str
) -> None:
    recorder = await site.reader(has_scripts=False)
    recorder.expected = {422}
    await recorder.sign_in(site.login(Role.RECORDER))
    await recorder.go("/staff/members/new")
    await recorder.page.locator("[name=name]").evaluate("field => field.required = false")
    await recorder.fill(**typed)
    await recorder.press("登记并发卡")
    assert await recorder.page.locator(f"#problem-{field}").count() == 1
    assert await recorder.page.locator("[name=name]").input_value() == typed["name"]


async def test_a_file_is_looked_through_before_it_is_taken_in(site: Site) -> None:
    recorder = await site.reader()
    await recorder.sign_in(site.login(Role.RECORDER))
    await recorder.go("/staff/imports")
    await _choose(
        recorder, [["姓名", "手机号", "出生日期"], ["导入一", "13900000001", "1960-01-02"], ["导入二", "", "不知道"]]
    )
    await recorder.press("先检查")
    await recorder.reads("新的：1", "有问题：1", "出生日期")
    await recorder.press("导入")
    await recorder.reads("新的：1", "有问题：1", "出生日期")
    async with recorder.page.expect_download() as download:
        await recorder.page.locator("a[href$='report.csv']").click()
    assert "refused" in (await download.value).suggested_filename
    await recorder.go("/staff/members?q=导入一")
    await recorder.reads("导入一")


async def test_a_file_of_another_kind_is_refused_with_the_reason(site: Site) -> None:
    recorder = await site.reader()
    recorder.expected = {422}
    await recorder.sign_in(site.login(Role.RECORDER))
    await recorder.go("/staff/imports")
    await recorder.press("先检查")
    assert "请选择文件" in await recorder.page.locator("#problem-file").inner_text()
    await recorder.page.locator("[name=file]").set_input_files(
        {"name": "photo.xlsx", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"\0" * 100}
    )
    await recorder.press("先检查")
    assert await recorder.page.locator("[data-code]").count()


async def test_the_month_is_told_with_its_figures(site: Site) -> None:
    approver = await site.reader()
    await approver.sign_in(site.login(Role.APPROVER))
    await approver.go("/staff/month?month=2026-10")
    await approver.reads("活动场次", "人次", "还未兑换", "按三员")
    assert await approver.page.locator(".bars rect").count() >= 1


async def _two(site: Site) -> tuple[Reader, Reader]:
    """The one who records and the one who approves, each at a browser of their own."""
    recorder, approver = await site.reader(), await site.reader()
    await recorder.sign_in(site.login(Role.RECORDER))
    await approver.sign_in(site.login(Role.APPROVER))
    return recorder, approver


async def _choose(reader: Reader, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    content = text.getvalue().encode()
    await reader.page.locator("[name=file]").set_input_files(
        {"name": "居民.csv", "mimeType": "text/csv", "buffer": content}
    )


def _settled_line(tx: Transaction) -> Any:
    """A settled line of service of the community, of an hour at least."""
    statement = (
        sa.select(LINE.c.id, LINE.c.activity_id, LINE.c.minutes)
        .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
        .where(
            LINE.c.state == "settled", LINE.c.minutes >= 60, LINE.c.role == "service", ACTIVITY.c.recorded_by_id == 6
        )
        .order_by(LINE.c.id.desc())
        .limit(1)
    )
    return tx.one(statement)
