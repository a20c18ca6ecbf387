"""Every page can be reached by links from where its reader begins, and none has a fault, in any of its looks."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import ViewportSize

from scripts.visiting import Page, Visitor, pattern_of, routes
from tests.pages.reader import AXE, Reader, Site

pytestmark = pytest.mark.thorough

PHONE, TABLET, OFFICE = (ViewportSize(width=w, height=h) for w, h in ((360, 740), (768, 1024), (1440, 900)))
WHO = ("nobody", "member", "lin", "huang", "he", "luo", "tan", "qiu")
"""One of each role, by login."""
PARTS = {"/staff/sheet/people", "/boards/*/events"}
"""What a page asks for by itself: the people that a field finds, and what is new on the wall."""


@pytest.fixture(scope="session")
def looked_at() -> set[str]:
    """What was found to be good: the main parts of pages, of which many are the same to everybody."""
    return set()


@pytest.mark.parametrize("who", WHO)
async def test_nothing_is_wrong_with_any_page(site: Site, who: str, looked_at: set[str]) -> None:
    """In both languages, in either size of type, in the light and in the dark, on a phone, a tablet and in an office.

    Axe looks at all of a page on a phone; in the dark, at its contrasts, since nothing but colours changes.
    """
    reader = await _signed_in(site, who)
    beginnings = await _beginnings(reader, who)
    for language in ("zh-CN", "en-GB"):
        await reader.context.set_extra_http_headers({"Accept-Language": language})
        async for _ in _walk(reader, beginnings):
            if (main := await _main_of(reader)) not in looked_at:
                await _check_all_looks(reader)
                looked_at.add(main)


async def test_every_page_is_led_to_by_links(site: Site) -> None:
    """What the pages look like is the other test's, so that no browser is needed."""
    met = set()
    for who in WHO:
        async with Visitor(site.address) as visitor:
            if who == "member":
                await visitor.sign_in_as_member(site.demo.member)
            elif who != "nobody":
                await visitor.sign_in(who, site.demo.password)
            served = await visitor.serve(1, site.demo.member.card_no) if who == "luo" else []
            met |= {pattern_of(page.path) async for page in visitor.walk("/", *served)}
    assert set(routes()) - met == PARTS


async def _check_all_looks(reader: Reader) -> None:
    """The same page once more in each look, which is quicker than asking the bank for it again."""
    await reader.check()
    await reader.page.emulate_media(color_scheme="dark")
    assert await reader.violations("color-contrast") == []
    await reader.page.emulate_media(color_scheme="light")
    await reader.page.evaluate("document.documentElement.setAttribute('data-large', '')")
    await reader.check()
    await reader.page.set_viewport_size(TABLET)
    await reader.check_width()
    await reader.page.evaluate("document.documentElement.removeAttribute('data-large')")
    await reader.check_width()
    await reader.page.set_viewport_size(OFFICE)
    await reader.check_width()
    await reader.page.set_viewport_size(PHONE)


async def _main_of(reader: Reader) -> str:
    """The main part of a page, without what is new in every form."""
    main = await reader.page.locator("main").evaluate("each => each.outerHTML")
    return re.sub(r'name="form_(proof|key)" value="[^"]*"', "", main)


async def _signed_in(site: Site, who: str) -> Reader:
    """On a phone whose browser brings axe along to every page."""
    reader = await site.reader(**PHONE)
    await reader.context.add_init_script(path=AXE)
    if who == "member":
        return await reader.sign_in_as_member()
    return reader if who == "nobody" else await reader.sign_in(who)


async def _beginnings(reader: Reader, who: str) -> list[str]:
    """From where somebody goes on; who stands at a desk is found by a card and served, which no link does."""
    if who != "luo":
        return ["/"]
    await reader.go("/desk/1")
    await reader.fill(q=reader.site.demo.member.card_no)
    await reader.page.keyboard.press("Enter")
    await reader.page.wait_for_url("**/members/*")
    person = reader.path
    await reader.page.locator("button.ware:enabled").first.click()
    await reader.page.locator("#basket button.main").click()
    await reader.page.wait_for_url("**/slips/*")
    return ["/", person]


async def _walk(reader: Reader, beginnings: list[str]) -> AsyncIterator[None]:
    """Go to a page of each route that links lead to, from these on."""
    waiting, met = list(beginnings), set[str]()
    while waiting:
        path = waiting.pop()
        if (route := pattern_of(path)) not in met:
            met.add(route)
            await reader.go(path)
            yield
            waiting += Page(reader.path, await reader.page.content()).links()
