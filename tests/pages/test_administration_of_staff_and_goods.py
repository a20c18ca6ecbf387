"""Staff with their rights, desks with their days, and goods, by a browser without scripts."""

import io

import pytest
from PIL import Image
from playwright.async_api import FilePayload

from points_bank.actor import Role
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_somebody_new_gets_a_login_and_a_right(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/staff")
    await office.fill(name="韦小兰", login="wei", password="short")
    office.expected = {422}
    await office.press("添加")
    await office.reads("密码应为 10 至 200 个字符")
    assert await office.page.locator("main [name=login]").input_value() == "wei"
    await office.fill(password="a long enough one")
    await office.press("添加")
    await office.reads("韦小兰", "接下来给一项权限")
    await office.page.locator("[name=role]").select_option("clerk")
    await office.page.locator("[name=branch_id]").select_option(label="凤岭社区 (社区)")
    await office.fill(until_on="2026-12-31")
    await office.press("给予")
    await office.reads("权限已给", "兑换员 · 凤岭社区", "11月16日 至 12月31日")
    await office.page.locator("[name=role]").select_option("clerk")
    await office.page.locator("[name=branch_id]").select_option(label="凤岭社区 (社区)")
    await office.press("给予")
    await office.reads("该人员在此期间已有同样的权限")
    await office.press("马上收回 兑换员 凤岭社区")
    await office.reads("权限已收回", "还没有权限")


async def test_nobody_takes_administration_from_themselves(site: Site) -> None:
    office = await _administrator(site)
    office.expected = {409}
    await office.go("/admin/staff")
    await office.press("林静")
    await office.press("马上收回 管理员 龙圩区")
    await office.reads("管理员 · 龙圩区")
    assert await office.page.locator("[data-code=same_person]").count() == 1


async def test_a_desk_gets_days_on_which_it_opens(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/desks")
    await office.press("河堤社区兑换点")
    await office.page.locator("[name=is_always_open]").uncheck()
    await office.fill(days_of_month="5，20", from_1="14:30", until_1="09:00")
    office.expected = {422}
    await office.press("保存")
    assert await office.page.locator("[name=until_1][aria-invalid=true]").count() == 1
    await office.fill(until_1="17:00")
    await office.press("保存")
    await office.reads("已保存", "11月20日", "14:30–17:00")


async def test_a_reward_is_offered_and_goods_come_in(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/goods")
    await office.fill(name="毛巾", cost_points="0")
    office.expected = {422}
    await office.press("添加")
    assert await office.page.locator("[name=cost_points][aria-invalid=true]").input_value() == "0"
    await office.fill(cost_points="６０")
    await office.press("添加")
    await office.fill(quantity="20")
    await office.press("登记")
    await office.reads("毛巾", "60 分", "20")


async def test_a_sponsor_is_told_what_came_of_its_goods(site: Site) -> None:
    office = await _administrator(site)
    office.expected = {422}
    await office.go("/admin")
    await office.press("爱心企业 谁捐了物品，物品的去向")
    await office.fill(name="=1+1")
    await office.press("添加")
    assert await office.page.locator("main [name=name][aria-invalid=true]").input_value() == "=1+1"
    await office.fill(name="福安粮油")
    await office.press("添加")
    await office.reads("已添加", "福安粮油 · 11月", "还没有收到")
    sponsor = office.path.partition("?")[0]
    await office.go("/admin/goods/7")
    await office.fill(quantity="12")
    await office.page.locator("[name=sponsor_id]").select_option(label="福安粮油")
    await office.press("登记")
    await office.go(sponsor)
    await office.reads("月初 0，收到 12，发出 0，损坏 0")


async def test_a_stock_keeper_moves_goods_and_changes_no_cost(site: Site) -> None:
    keeper = await site.reader(width=360, height=740)
    await keeper.sign_in(site.login(Role.STOCK_KEEPER))
    await keeper.press("物品")
    await keeper.press("雨伞")
    await keeper.misses("修改")
    await keeper.page.locator("[name=kind]").select_option("damaged")
    await keeper.fill(quantity="1")
    keeper.expected = {422}
    await keeper.press("登记")
    assert await keeper.page.locator("[name=reason][aria-invalid=true]").count() == 1
    await keeper.fill(reason="伞骨断了")
    await keeper.press("登记")
    await keeper.reads("已保存")


async def test_a_picture_is_shown_and_what_is_none_is_refused(site: Site) -> None:
    office = await _administrator(site)
    await office.go("/admin/goods")
    await office.press("雨伞")
    umbrella = io.BytesIO()
    Image.new("RGB", (1200, 900), "teal").save(umbrella, "PNG")
    await _choose(office, "伞.png", b"%PDF-1.4")
    office.expected = {422}
    await office.press("用这张图片")
    await office.reads("这不是图片")
    await _choose(office, "伞.png", umbrella.getvalue())
    await office.press("用这张图片")
    shown = office.page.locator("main img")
    assert await shown.evaluate("each => [each.naturalWidth, each.naturalHeight]") == [720, 540]
    await office.press("去掉图片")
    assert await shown.count() == 0


async def _choose(office: Reader, name: str, content: bytes) -> None:
    file: FilePayload = {"name": name, "mimeType": "image/png", "buffer": content}
    await office.page.locator("[name=picture]").set_input_files(file)


async def _administrator(site: Site) -> Reader:
    reader = await site.reader(has_scripts=False)
    return await reader.sign_in(site.login(Role.ADMINISTRATOR))
