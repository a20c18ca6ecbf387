"""Administration with a browser: the tree of branches, and who may only read."""

import pytest

from points_bank.actor import Role
from tests.pages.reader import Site

pytestmark = pytest.mark.thorough


async def test_an_administrator_adds_an_estate_without_scripts(site: Site) -> None:
    phone = await site.reader(width=360, height=740, has_scripts=False)
    await phone.sign_in(site.login(Role.ADMINISTRATOR))
    for words in ("管理", "单位 从区到党员中心户的层级", "新城街道", "凤岭社区"):
        await phone.press(words)
    await phone.fill(name="幸福里", code="FL XFL")
    await phone.page.locator("main [name=kind]").select_option("estate")
    await phone.page.locator("main [name=management_mode]").select_option("self_run")
    phone.expected = {422}
    await phone.press("添加")
    assert await phone.page.locator("[name=code][aria-invalid=true]").input_value() == "FL XFL"
    await phone.fill(code="FL-XFL")
    await phone.press("添加")
    await phone.reads("已添加：幸福里。", "自管")


async def test_an_overseer_reads_the_tree_and_changes_nothing(site: Site) -> None:
    office = await site.reader(language="en-GB")
    await office.sign_in(site.login(Role.OVERSEER))
    await office.press("Administration")
    await office.press("Branches The tree from the district to the hub household")
    await office.misses("Add a branch")


async def test_a_clerk_has_no_administration(site: Site) -> None:
    desk = await site.reader()
    desk.expected = {403}
    await desk.sign_in(site.login(Role.CLERK))
    await desk.misses("管理")
    await desk.go("/admin")
    await desk.reads("联系管理员")
