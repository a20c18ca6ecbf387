"""Every page can be reached by links from where its reader begins, and none has a fault, in any of its looks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scripts.visiting import Page, Visitor, pattern_of, routes
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough

LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"width": 360, "height": 740},
    "tablet, dark": {"width": 768, "height": 1024, "is_dark": True},
    "office, English": {"width": 1440, "height": 900, "language": "en-GB"},
}
WHO = ("nobody", "member", "lin", "huang", "he", "luo", "tan", "qiu")
"""One of each role, by login."""
PARTS = {"/staff/sheet/people", "/boards/*/events"}
"""What a page asks for by itself: the people that a field finds, and what is new on the wall."""


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("who", WHO)
async def test_nothing_is_wrong_with_any_page(site: Site, who: str, look: str) -> None:
    reader = await _signed_in(site, who, **LOOKS[look])
    async for _ in _walk(reader, await _beginnings(reader, who)):
        await reader.check()


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
