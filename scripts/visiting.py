"""A visitor of the pages without a browser: signs in, sends forms, and follows every link from where one begins."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Self

import httpx

from points_bank.app import PAGES
from points_bank.demo.filling import SampleMember

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
    known = set(routes())
    if bare in known:
        return bare
    fitting = [route for route in known if re.fullmatch(route.replace("*", "[^/]+"), bare)]
    return min(fitting, key=lambda each: (each.count("*"), each), default=bare)


@dataclass(frozen=True, slots=True)
class Page:
    """What a path answered: `path` is where it led to, `seconds` how long that took."""

    path: str
    text: str
    seconds: float = 0.0

    def links(self) -> list[str]:
        """Where the page leads to, but for files. Fails where one leads outside."""
        anchors = [each for each in _tags(self.text, "a") if "href" in each and "download" not in each]
        links = [each["href"] for each in anchors]
        here = self.path.partition("?")[0]
        paths = [here + link if link.startswith("?") else link for link in links if not link.startswith("#")]
        assert all(path.startswith("/") for path in paths), f"{self.path} leads outside: {links}"
        return [path for path in paths if not NO_PAGE.search(path.partition("?")[0])]

    def hidden(self, name: str) -> str:
        """The value of the first hidden field with that name."""
        return next(each["value"] for each in _tags(self.text, "input") if each.get("name") == name)


class Visitor:
    """Somebody with cookies; `async with Visitor(address) as visitor`."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=address, follow_redirects=True, timeout=60)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def go(self, path: str) -> Page:
        return self._page(await self._client.get(path))

    async def send(self, page: Page, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form that stands on `page`."""
        proofs = {name: page.hidden(name) for name in ("form_proof", "form_key")}
        return self._page(await self._client.post(path, data=proofs | dict(fields)))

    async def sign_in(self, login: str, password: str) -> Page:
        page = await self.go("/sign-in?staff=true")
        return await self.send(page, "/sign-in/staff", {"login": login, "password": password})

    async def sign_in_as_member(self, member: SampleMember) -> Page:
        page = await self.go("/sign-in")
        return await self.send(page, "/sign-in/member", {"number": member.card_no, "pin": member.pin})

    async def serve(self, desk_id: int, card_no: str) -> list[str]:
        """Somebody at a desk is found by a card and takes something. The pages that lead on, which no link does."""
        desk = await self.go(f"/desk/{desk_id}")
        person = await self.send(desk, f"/desk/{desk_id}/search", {"q": card_no})
        ware = next(each["value"] for each in _tags(person.text, "button") if each.get("name") == "add")
        slip = await self.send(person, f"{person.path}/exchange", {f"quantity-{ware}": "1"})
        return [person.path, slip.path]

    async def walk(self, *beginnings: str) -> AsyncIterator[Page]:
        """A page of each route that links lead to, from these on."""
        waiting, met = list(beginnings), set[str]()
        while waiting:
            path = waiting.pop()
            if (route := pattern_of(path)) not in met:
                met.add(route)
                page = await self.go(path)
                yield page
                waiting += page.links()

    def _page(self, answer: httpx.Response) -> Page:
        answer.raise_for_status()
        return Page(answer.url.raw_path.decode(), answer.text, answer.elapsed.total_seconds())


def _tags(text: str, name: str) -> list[dict[str, str]]:
    """The attributes of all of a page's tags with that name."""
    reader = _Tags(name)
    reader.feed(text)
    return reader.found


class _Tags(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.name:
            self.found.append({name: value or "" for name, value in attrs})
