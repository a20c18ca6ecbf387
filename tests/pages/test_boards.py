"""Boards for everyone: chosen, read, printed, kept as a file, and followed on a wall."""

import re

from points_bank.actor import SYSTEM
from points_bank.leaderboards.display import Shown
from points_bank.leaderboards.hall import live_view
from points_bank.leaderboards.reading import edition_shown
from points_bank.members.consents import withdraw_consent
from points_bank.members.models import Purpose
from tests.pages.reader import Reader, Site


async def first_of_october(site: Site) -> Shown:
    """Who stands first on the board that these tests look at."""
    return (await site.database.read(edition_shown, 1, "2026-10")).standings[0]


async def test_anybody_finds_a_board_and_its_earlier_editions(phone: Reader) -> None:
    await phone.go("/")
    await phone.press("榜单")
    await phone.page.get_by_label("单位").select_option(label="凤岭社区")
    await phone.press("查看")
    await phone.press("凤岭社区居民积分月榜")
    first = await first_of_october(phone.site)
    await phone.reads("10月1日 至 10月31日", "已定榜", first.display_name, str(first.value), "11月5日 09:00 公布")
    await phone.press("9月")
    assert phone.path == "/boards/1/2026-09"
    await phone.press("正在进行")
    await phone.reads("进行中", "12月5日 09:00 公布")


async def test_without_scripts_and_in_english(site: Site) -> None:
    reader = await site.reader(language="en-GB", has_scripts=False)
    await reader.go("/boards?branch_id=3")
    await reader.reads("Boards are voluntary", "residents")


async def test_a_poster_has_a_code_that_leads_to_the_board(site: Site) -> None:
    reader = await site.reader()
    await reader.go("/boards/1/2026-10")
    await reader.press("海报 A4")
    await reader.page.emulate_media(media="print")
    await reader.reads(f"{site.address}/boards/1/2026-10")
    assert await reader.page.locator("svg.qr").is_visible()
    assert not await reader.page.locator("header.bar").is_visible()


async def test_a_board_as_a_file(site: Site) -> None:
    reader = await site.reader()
    await reader.go("/boards/1/2026-10")
    async with reader.page.expect_download() as coming:
        await reader.page.get_by_role("link", name="CSV").click()
    file = await coming.value
    assert file.suggested_filename == "board-1-2026-10.csv"
    text = (await file.path()).read_text(encoding="utf-8-sig")
    first = await first_of_october(site)
    assert text.splitlines()[:2] == ["名次,姓名,积分", f"1,{first.display_name},{first.value}"]


async def test_nothing_is_there_before_it_is_published(site: Site) -> None:
    reader = await site.reader()
    reader.expected = {404}
    for path in ("/boards/1/2026-11", "/boards/1/nonsense", "/boards/999", "/boards?branch_id=999"):
        await reader.go(path)
        assert await reader.page.locator("[data-code=not_found]").count() == 1, path


async def test_who_withdraws_leaves_the_wall_by_itself(site: Site) -> None:
    """S15: the name is gone within a minute, on a screen that nobody touches; ranks close up."""
    wall = await site.reader()
    await wall.go("/boards/1/wall")
    view = await site.database.read(live_view, 1)
    assert view.running is not None
    first = view.running.standings[0]
    await wall.reads(first.display_name)
    await site.database.write(withdraw_consent, first.member_id, Purpose.BOARDS, by=SYSTEM)
    await (
        wall.page.locator("#standings tbody tr")
        .nth(len(view.running.standings) - 1)
        .wait_for(state="detached", timeout=20_000)
    )
    await wall.misses(first.display_name)
    await wall.check()


async def test_a_stream_tells_at_once_what_is_shown(site: Site) -> None:
    reader = await site.reader()
    await reader.go("/boards")
    told = await reader.page.evaluate(
        "new Promise(done => { const stream = new EventSource('/boards/1/events');"
        "stream.addEventListener('changed', event => { stream.close(); done(event.data); }); })"
    )
    assert re.fullmatch("[0-9a-f]{16}", told)
