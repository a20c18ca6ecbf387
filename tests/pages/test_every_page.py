"""Every page can be reached by links from where its reader begins, and none has a fault, in any of its looks."""

import re
from collections.abc import AsyncIterator, Iterator
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
    async for _ in _walk(reader):
        await reader.check()


async def test_every_page_is_led_to_by_links(site: Site) -> None:
    met = set()
    for who in WHO:
        reader = await _signed_in(site, who)
        met |= {route async for route in _walk(reader)}
    assert set(routes()) - met == set()


async def _signed_in(site: Site, who: str, **look: Any) -> Reader:
    reader = await site.reader(**look)
    if who == "member":
        return await reader.sign_in_as_member()
    return reader if who == "nobody" else await reader.sign_in(who)


async def _walk(reader: Reader) -> AsyncIterator[str]:
    """Go to a page of each route that links lead to, from the first one on."""
    waiting, met = ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        if (route := pattern_of(path)) in met:
            continue
        met.add(route)
        await reader.go(path)
        yield route
        waiting += await _links(reader)


async def _links(reader: Reader) -> list[str]:
    """Where the page leads to, but for files."""
    anchors = await reader.page.locator("a[href]:not([download])").all()
    links = [await anchor.get_attribute("href") or "" for anchor in anchors]
    assert all(link.startswith(("/", "#", "?")) for link in links), f"{reader.path} leads outside: {links}"
    here = reader.path.partition("?")[0]
    paths = [here + link if link.startswith("?") else link for link in links if not link.startswith("#")]
    return [path for path in paths if not NO_PAGE.search(path.partition("?")[0])]
