"""Boards, rules, holidays, jobs and the audit list in administration, by a browser without scripts."""

import pytest
from playwright.async_api import FilePayload

from points_bank.actor import Role
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_a_draft_is_checked_by_line_tried_on_a_month_and_taken(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/rules?view=toml")
    draft = await office.page.locator("[name=content]").input_value()
    office.expected = {422}
    await office.fill(content=draft.replace("day_cap_points = 60", 'day_cap_points = "many"'))
    await office.press("检查")
    await office.reads("day_cap_points (line")
    await office.fill(
        content=draft.replace("points_per_unit = 5", "points_per_unit = 6").replace("version = 1", "version = 2")
    )
    await office.press("检查")
    await office.reads("检查通过")
    await office.fill(month="2026-10")
    await office.press("试算")
    await office.reads("10月试算结果", "增加最多的", "只是试算")
    await office.press("采用")
    assert await office.page.locator("[name=valid_from_on][aria-invalid=true]").count() == 1
    await office.fill(valid_from_on="2027-01-01")
    await office.press("采用")
    await office.reads("新版本已采用", "第2版", "待生效", "2027年1月1日起的服务适用")


async def test_a_year_is_loaded_and_what_is_wrong_is_told(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin")
    await office.press("放假安排 已录入的年份，录入新的一年")
    office.expected = {422}
    await office.text("从文件录入（TOML）").click()
    await office.fill(content="year = 1999")
    await office.press("录入")
    await office.reads("holidays")
    assert await office.page.locator("[name=content]").input_value() == "year = 1999"
    good = 'year = 2027\n[[holidays]]\nfrom_on = 2027-01-01\nuntil_on = 2027-01-03\nname = "元旦"\n'
    file: FilePayload = {"name": "2027.toml", "mimeType": "text/plain", "buffer": good.encode()}
    await office.page.locator("[name=file]").set_input_files(file)
    await office.press("录入")
    await office.reads("2027年已录入", "放假3天", "2027.toml")
    await office.press("2027")
    await office.reads("元旦")


async def test_a_year_is_entered_as_it_was_announced_and_mended(site: Site) -> None:
    office = await _administrator(site)
    office.expected = {422}
    await office.go("/admin/calendar")
    field = {
        name: office.page.locator(f"[name='holidays[0].{name}']") for name in ("name", "from_on", "until_on", "working")
    }
    assert await office.page.locator("[name=year]").input_value() == "2027"
    assert await field["name"].input_value() == "元旦"
    await field["from_on"].fill("2027-01-01")
    await field["until_on"].fill("2026-01-03")
    await field["working"].fill("1-9、二月")
    await office.press("保存这一年")
    await office.reads("这里要填日期，例如 2-6")
    await field["working"].fill("1-9、2月6日")
    await office.press("保存这一年")
    assert await field["until_on"].get_attribute("aria-invalid") == "true"
    await field["until_on"].fill("2027-01-03")
    await office.press("保存这一年")
    await office.reads("2027年已录入", "放假3天", "调休上班2天")
    await office.press("2027")
    await office.press("修改这一年")
    assert await field["working"].input_value() == "2027-01-09, 2027-02-06"
    await field["until_on"].fill("")
    await office.press("保存这一年")
    await office.reads("放假1天")


async def test_a_board_is_set_up(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/boards")
    await office.page.locator("[name=period]").select_option("week")
    await office.fill(name="每周之星", publish_day="9")
    office.expected = {422}
    await office.press("设立")
    assert await office.page.locator("[name=publish_day][aria-invalid=true]").input_value() == "9"
    await office.fill(publish_day="1")
    await office.press("设立")
    await office.reads("榜单已设好", "每周之星")


async def test_rules_are_changed_in_a_form_and_shown_as_text_and_back(site: Site) -> None:
    office = await _administrator(site)
    office.expected = {422}
    await office.go("/admin/rules")
    day_cap = office.page.locator("[name=day_cap_points]")
    await day_cap.fill("many")
    await office.page.locator("[name='roles.service.points_per_unit']").fill("６")
    await office.press("检查")
    assert await day_cap.get_attribute("aria-invalid") == "true"
    assert await day_cap.input_value() == "many"
    await office.reads("应为整数")
    await day_cap.fill("70")
    await office.press("改用文本（TOML）")
    text = office.page.locator("textarea[name=content]")
    assert "day_cap_points = 70                   # by service date" in await text.input_value()
    await text.fill((await text.input_value()).replace("month_cap_points = 400", "month_cap_points = 500"))
    await office.press("改用表单")
    assert await office.page.locator("[name=month_cap_points]").input_value() == "500"
    await office.page.locator("[name='roles.publicity.kind']").select_option("per_unit")
    await office.press("换成对应的栏目")
    assert await office.page.locator("[name='roles.publicity.unit_minutes']").input_value() == ""
    await office.page.locator("[name='roles.publicity.kind']").select_option("per_session")
    await office.press("换成对应的栏目")
    for name, value in (("points", "12"), ("minimum_minutes", "30"), ("sessions_per_day", "2")):
        await office.page.locator(f"[name='roles.publicity.{name}']").fill(value)
    await office.fill(month="2026-10")
    await office.press("试算")
    await office.reads("10月试算结果", "增加最多的")
    await office.fill(valid_from_on="2027-01-01")
    await office.press("采用")
    await office.reads("新版本已采用", "第2版")


async def test_what_is_due_is_done_now_and_written_down(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/jobs")
    await office.reads("公示期满入账", "已经做的")
    await office.press("马上做该做的事")
    await office.press("在操作记录里看系统做过的全部事情")
    await office.fill(actor="lin")
    await office.press("查看")
    await office.reads("林静 (lin) 登录")
    await office.fill(actor="", subject=site.demo.member.card_no)
    await office.press("查看")
    await office.reads("何小敏 (he) 登记志愿者 袁杰松")


async def test_an_overseer_reads_all_of_administration_and_changes_nothing(site: Site) -> None:
    overseer = await site.reader(language="en-GB")
    await overseer.sign_in(site.login(Role.OVERSEER))
    for path in ("branches", "staff", "desks", "goods", "boards", "rules", "calendar", "jobs", "audit"):
        await overseer.go(f"/admin/{path}")
        assert await overseer.page.locator("main form[method=post]").count() == 0


async def _administrator(site: Site) -> Reader:
    reader = await site.reader(has_scripts=False)
    return await reader.sign_in(site.login(Role.ADMINISTRATOR))
