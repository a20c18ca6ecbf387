"""Points of the help pool for a resident in need, by two people at the branch office."""

import pytest

from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_one_proposes_points_for_a_resident_and_another_gives_them(site: Site) -> None:
    office, second = await _signed_in(site, "he"), await _signed_in(site, "huang")
    page = f"/staff/members/{site.demo.member.id}/grant"
    await office.go(f"/staff/members/{site.demo.member.id}")
    await office.press("互助池")
    office.expected = {409, 422}
    await office.fill(points="1000000", reason="住院三周")
    await office.press("提交给第二个人决定")
    assert office.path == page
    assert await office.page.locator("[name=points][aria-invalid=true]").input_value() == "1000000"
    await office.fill(points="2")
    await office.press("提交给第二个人决定")
    await office.reads("已提议", "住院三周", "待第二人确认")
    await office.misses("同意，给积分")
    await second.go("/staff")
    await second.press("互助池")
    await second.press("同意，给积分")
    await second.reads("积分已给出", "已资助")


async def _signed_in(site: Site, login: str) -> Reader:
    reader = await site.reader(has_scripts=False)
    return await reader.sign_in(login)
