"""A member's own matters on the phone: consents, data as a file, giving, messages, certificates, and checking one."""

import json
from pathlib import Path

import pytest
import pytest_asyncio

from points_bank.actor import Role
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


@pytest_asyncio.fixture(loop_scope="session")
async def member(phone: Reader) -> Reader:
    """The demo's member, who has something to give, on the first page of the passbook."""
    await phone.sign_in_as_member()
    return await phone.go("/me")


async def test_a_consent_is_withdrawn_as_easily_as_given(member: Reader) -> None:
    await member.press("我的资料与同意")
    await member.reads(member.site.demo.member.name, "166****", "姓名上榜", "代领人")
    await member.check()
    await member.press("撤回：姓名上榜")
    await member.reads("已保存")
    await member.press("同意：姓名上榜")
    await member.reads("11月16日同意")


async def test_a_member_sees_who_looked_at_their_data(site: Site, member: Reader) -> None:
    await member.go("/me/looks")
    await member.reads("还没有人看过您的资料")
    clerk = await site.reader()
    await clerk.sign_in(site.login(Role.CLERK))
    await clerk.go("/desk/1")
    await clerk.fill(q=site.demo.member.card_no)
    await clerk.page.keyboard.press("Enter")
    await clerk.page.wait_for_url("**/members/*")
    await member.page.wait_for_timeout(300)
    await member.go("/me/details")
    await member.press("全部看看")
    await member.reads("谁看过我的资料", "兑换台页面", "罗春梅", "保存 3 年")
    await member.check()
    office = await site.reader(has_scripts=False)
    await office.sign_in(site.login(Role.OVERSEER))
    await office.go("/admin/audit?deed=looked")
    await office.reads("罗春梅 (luo) 看了兑换台页面")
    await office.misses("登录")
    await office.page.locator("[name=on]").fill("2026-11-15")
    await office.press("查看")
    await office.reads("没有")
    await office.misses("罗春梅")


async def test_own_data_comes_as_a_file(member: Reader, tmp_path: Path) -> None:
    await member.go("/me/details")
    for words, name in (("表格（Excel）", "xlsx"), ("JSON 文件", "json")):
        async with member.page.expect_download() as waiting:
            await member.page.get_by_text(words).click()
        await (await waiting.value).save_as(tmp_path / name)
    assert json.loads((tmp_path / "json").read_text(encoding="utf-8"))["format"] == "points-bank-member"
    assert (tmp_path / "xlsx").read_bytes().startswith(b"PK")


async def test_giving_is_asked_twice_and_done_once(member: Reader) -> None:
    before = int(await member.page.locator(".balance .big").inner_text())
    await member.press("送积分")
    await member.fill(points="２０")
    await member.press("下一步")
    await member.reads("把 20 分送进互助池？", f"送出后您还有 {before - 20} 分")
    await member.check()
    await member.press("是的，送出")
    await member.reads("20 分已送进互助池")
    await member.go("/me")
    await member.reads(str(before - 20))


async def test_a_neighbour_is_given_to_by_the_card(site: Site, member: Reader) -> None:
    member.expected = {409, 422}
    own = site.demo.member.card_no
    await member.go("/me/giving")
    await member.page.get_by_text("送给一位邻居").click()
    await member.fill(to=own[:-1] + str((int(own[-1]) + 1) % 10), points="10")
    await member.press("下一步")
    assert await member.page.locator("[aria-invalid=true]").get_attribute("name") == "to"
    assert await member.page.locator("main [name=points]:not([type=hidden])").input_value() == "10"
    await member.fill(to=own)
    await member.press("下一步")
    await member.press("是的，送出")
    assert await member.page.locator("[aria-invalid=true]").get_attribute("name") == "to"
    await member.fill(points="5000")
    await member.press("下一步")
    assert await member.page.locator("[data-code=insufficient_points]").count() == 1


async def test_messages_are_read(member: Reader) -> None:
    await member.page.get_by_role("link", name="消息").click()
    await member.page.wait_for_url("**/me/messages")
    await member.reads("凤岭社区兑换点", "12月12日", "新")
    await member.check()
    await member.press("都看过了")
    assert await member.page.get_by_text("都看过了").count() == 0
    await member.go("/me")
    assert await member.page.get_by_role("link", name="消息", exact=True).count() == 1


async def test_a_certificate_is_asked_for_printed_and_checked_by_anyone(site: Site, member: Reader) -> None:
    await member.press("服务证明")
    await member.press("申请开证明")
    await member.reads("您11月16日申请过了")
    await member.check()
    await member.page.locator("a.row-link").click()
    await member.page.wait_for_url("**/me/certificates/*")
    await member.reads("服务记录证明", site.demo.member.name)
    await member.check()
    number = await member.page.locator("dd.num").inner_text()
    anyone = await site.reader(width=360, height=740)
    anyone.expected = {404}
    await anyone.go("/check")
    await anyone.fill(number=number.lower().replace("-", " "))
    await anyone.press("核对")
    await anyone.reads("有效")
    await anyone.misses(site.demo.member.name)
    await anyone.check()
    await anyone.fill(number="2026-00000-00000-0")
    await anyone.press("核对")
    await anyone.reads("没有这个号码")


async def test_a_receipt_is_checked_by_its_code(site: Site, member: Reader) -> None:
    await member.go("/me/lines")
    await member.page.locator("a.row-link[href^='/me/lines/']").first.click()
    code = await member.page.locator(".receipt-code").inner_text()
    anyone = await site.reader()
    await anyone.go(f"/check?number={code}")
    await anyone.reads("有效")
    await anyone.misses(site.demo.member.name)


async def test_staff_and_strangers_are_kept_out(site: Site) -> None:
    nobody = await site.reader()
    for path in ("/me", "/me/details", "/me/data.json", "/me/giving", "/me/goods"):
        await nobody.go(path)
        assert nobody.path.startswith("/sign-in?next=")
    office = await site.reader()
    office.expected = {403}
    await office.sign_in("lin")
    await office.go("/me/details")
    assert await office.page.locator("[data-code=forbidden]").count() == 1
