"""A sheet that may be false is looked into at the branch office: opened by one, decided by a second person."""

import pytest

from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_a_sheet_is_looked_into_and_a_second_person_decides(site: Site) -> None:
    office, second = await _signed_in(site, "huang"), await _signed_in(site, "meng")
    office.expected = second.expected = {422}
    await office.go("/staff/activities?state=under_notice")
    await office.page.locator("main ul.lines a").first.click()
    await office.page.get_by_text("觉得有假？发起核查").click()
    await office.fill(reason="照片上只有四个人")
    await office.press("开始核查")
    await office.reads("已开始核查", "照片上只有四个人", "冻结积分")
    await office.misses("请勾选不实的")
    await second.go("/staff")
    await second.press("核查")
    await second.press("照片上只有四个人")
    await second.page.locator("[name=false_participation_ids]").first.check()
    await second.press("作出决定")
    assert await second.page.locator("[name=reason][aria-invalid=true]").count() == 1
    assert await second.page.locator("[name=false_participation_ids]").first.is_checked()
    await second.fill(reason="电话核实没来")
    await second.press("作出决定")
    await second.reads("已有结论", "电话核实没来", "不实")


async def _signed_in(site: Site, login: str) -> Reader:
    reader = await site.reader(has_scripts=False)
    return await reader.sign_in(login)
