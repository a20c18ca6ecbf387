"""Every page can be reached by links from where its reader begins, and none has a fault, in any of its looks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import ViewportSize

from scripts.visiting import Page, Visitor, pattern_of, routes
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough

PHONE, TABLET, OFFICE = (ViewportSize(width=w, height=h) for w, h in ((360, 740), (768, 1024), (1440, 900)))
WHO = ("nobody", "member", "lin", "huang", "he", "luo", "tan", "qiu")
"""One of each role, by login."""
PARTS = {"/staff/sheet/people", "/boards/*/events"}
"""What a page asks for by itself: the people that a field finds, and what is new on the wall."""


@pytest.mark.parametrize("who", WHO)
async def test_nothing_is_wrong_with_any_page(site: Site, who: str) -> None:
    """On a phone, where axe looks at all of it; in the dark, which changes nothing but colours; and wider."""
    reader = await _signed_in(site, who, **PHONE)
    async for _ in _walk(reader, await _beginnings(reader, who)):
        await reader.check()
        await reader.page.emulate_media(color_scheme="dark")
        assert await reader.violations("color-contrast") == []
        await reader.page.emulate_media(color_scheme="light")
        await _check_wider(reader)


@pytest.mark.parametrize("who", WHO)
async def test_every_page_fits_in_english_too(site: Site, who: str) -> None:
    """A page differs from the Chinese one in its words alone, which may be longer."""
    reader = await _signed_in(site, who, language="en-GB", **PHONE)
    async for _ in _walk(reader, await _beginnings(reader, who)):
        await reader.check_width()
        await _check_wider(reader)


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


async def _check_wider(reader: Reader) -> None:
    """The same page on a tablet and in an office."""
    for size in (TABLET, OFFICE):
        await reader.page.set_viewport_size(size)
        await reader.check_width()
    await reader.page.set_viewport_size(PHONE)


async def _signed_in(site: Site, who: str, **look: Any) -> Reader:
    reader = await site.reader(**look)
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


async def _walk(reader: Reader, waiting: list[str]) -> AsyncIterator[None]:
    """Go to a page of each route that links lead to, from these on."""
    met = set[str]()
    while waiting:
        path = waiting.pop()
        if (route := pattern_of(path)) not in met:
            met.add(route)
            await reader.go(path)
            yield
            waiting += Page(reader.path, await reader.page.content()).links()
