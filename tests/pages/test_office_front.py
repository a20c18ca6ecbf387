"""The first page of the branch office: what waits, and for whom."""

import pytest

from points_bank.actor import Role
from tests.pages.reader import Site


@pytest.mark.parametrize("role", [Role.APPROVER, Role.RECORDER, Role.CLERK, Role.OVERSEER])
async def test_who_works_in_an_office_comes_there_from_the_first_page(site: Site, role: Role) -> None:
    office = await site.reader()
    await office.sign_in(site.login(role))
    await office.press("支部办公")
    await office.reads("今天要做的事", "待办")


async def test_a_stock_keeper_has_no_office(site: Site) -> None:
    office = await site.reader()
    office.expected = {403}
    await office.sign_in(site.login(Role.STOCK_KEEPER))
    await office.misses("支部办公")
    await office.go("/staff")
    await office.reads("联系管理员")
