"""Every page can be reached by links from where its reader begins, and none has a fault, in any of its looks."""

import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from points_bank.app import PAGES
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough

LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"width": 360, "height": 740},
    "tablet, dark": {"width": 768, "height": 1024, "is_dark": True},
    "office, English": {"width": 1440, "height": 900, "language": "en-GB"},
}
WHO = ("nobody", "member", "lin", "huang", "he", "luo", "tan", "qiu")
"""One of each role, by login."""
NO_PAGE = re.compile(r"\.(csv|xlsx|svg|png|toml|json|txt)$")
"""Files, which a browser keeps instead of showing them."""
PARTS = {"/staff/sheet/people", "/boards/*/events"}
"""What a page asks for by itself: the people that a field finds, and what is new on the wall."""


def routes() -> Iterator[str]:
    """The pages, as patterns of paths."""
    for handler in PAGES:
        if "GET" in handler.http_methods:
            for path in handler.paths:
                if not NO_PAGE.search(path):
                    yield re.sub(r"\{[^}]+\}", "*", path)


def pattern_of(path: str) -> str:
    """The route that a path belongs to: `/staff/members/*` for `/staff/members/7`."""
    bare = path.partition("?")[0].rstrip("/") or "/"
    exact = [route for route in set(routes()) if route == bare]
    fitting = [route for route in set(routes()) if re.fullmatch(route.replace("*", "[^/]+"), bare)]
    return (exact or sorted(fitting, key=lambda each: each.count("*")) or [bare])[0]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("who", WHO)
async def test_nothing_is_wrong_with_any_page(site: Site, who: str, look: str) -> None:
    reader = await _signed_in(site, who, **LOOKS[look])
    async for _ in _walk(reader, await _beginnings(reader, who)):
        await reader.check()


async def test_every_page_is_led_to_by_links(site: Site) -> None:
    """Asked for with the browser's cookies, and not shown: what they look like is the other test's."""
    met = set()
    for who in WHO:
        reader = await _signed_in(site, who)
        beginnings = await _beginnings(reader, who)
        met |= {route async for route in _walk(reader, beginnings, is_shown=False)}
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


async def _walk(reader: Reader, beginnings: list[str], *, is_shown: bool = True) -> AsyncIterator[str]:
    """Go to a page of each route that links lead to, from the first ones on."""
    waiting, met = beginnings, set[str]()
    while waiting:
        path = waiting.pop()
        if (route := pattern_of(path)) in met:
            continue
        met.add(route)
        path, page = await (_show(reader, path) if is_shown else _ask(reader, path))
        yield route
        waiting += _links(path, page)


async def _show(reader: Reader, path: str) -> tuple[str, str]:
    await reader.go(path)
    return reader.path, await reader.page.content()


async def _ask(reader: Reader, path: str) -> tuple[str, str]:
    answer = await reader.context.request.get(reader.site.address + path)
    assert answer.ok, f"{path}: {answer.status}"
    return answer.url.removeprefix(reader.site.address), await answer.text()


def _links(path: str, page: str) -> list[str]:
    """Where the page leads to, but for files."""
    links = [anchor.get("href") for anchor in HtmlAnchors.of(page) if "download" not in anchor]
    assert all(link.startswith(("/", "#", "?")) for link in links), f"{path} leads outside: {links}"
    here = path.partition("?")[0]
    paths = [here + link if link.startswith("?") else link for link in links if not link.startswith("#")]
    return [path for path in paths if not NO_PAGE.search(path.partition("?")[0])]


class HtmlAnchors(HTMLParser):
    """The attributes of a page's links."""

    @classmethod
    def of(cls, page: str) -> list[dict[str, str]]:
        parser = cls()
        parser.found = []
        parser.feed(page)
        return parser.found

    found: list[dict[str, str]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in attributes:
            self.found.append(attributes)
