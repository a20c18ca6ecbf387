"""A person at a browser: goes to pages, reads and fills them in. What no page may do is noticed on every page.

No message of an error in the console, no request that fails or leaves the machine, no scrolling sideways.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from points_bank.actor import Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.demo.filling import DemoDistrict

AXE = Path(__file__).parents[2] / ".assets/node_modules/axe-core/axe.min.js"
GRAVE = {"serious", "critical"}
PATIENCE_MS = 15_000


@dataclass
class Reader:
    """One browser window. `expected` are status codes that this test brings about on purpose."""

    site: "Site"
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    async def go(self, path: str) -> Self:
        await self.page.goto(self.site.address + path)
        return self

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site.address)

    def text(self, words: str) -> Locator:
        return self.page.get_by_text(words)

    async def reads(self, *words: str) -> None:
        """All of these words can be seen, or soon can: what was pressed may still be coming."""
        for each in words:
            body = expect(self.page.locator("body"), f"{each!r} is not on {self.path}")
            await body.to_contain_text(each, use_inner_text=True, timeout=PATIENCE_MS)

    async def misses(self, *words: str) -> None:
        """None of these words is anywhere on the page, or stays there."""
        for each in words:
            body = expect(self.page.locator("body"), f"{each!r} is on {self.path}")
            await body.not_to_contain_text(each, use_inner_text=True, timeout=PATIENCE_MS)

    async def fill(self, **fields: str) -> Self:
        """Fill in fields by their names in the form."""
        for name, value in fields.items():
            await self.page.locator(f"main [name={name}]:not([type=hidden])").first.fill(value)
        return self

    async def press(self, words: str) -> Self:
        """Press the button or follow the link with these words, and wait for what comes."""
        target = self.page.get_by_role("button", name=words, exact=True).or_(
            self.page.get_by_role("link", name=words, exact=True)
        )
        await target.first.click()
        await self.page.wait_for_load_state("load")
        return self

    async def sign_in_as_member(self) -> Self:
        member = self.site.demo.member
        await self.go("/sign-in?next=/")
        await self.fill(number=member.card_no, pin=member.pin)
        await self.page.locator("main button.main").click()
        return self

    async def sign_in(self, login: str) -> Self:
        await self.go("/sign-in?staff=true")
        await self.fill(login=login, password=self.site.demo.password)
        await self.page.locator("main button.main").click()
        return self

    async def check(self) -> None:
        """Nothing on the page, as it is now, is wrong."""
        await self.check_width()
        assert await self.violations() == []

    async def check_width(self) -> None:
        """No fault was noticed, and the page does not scroll sideways at the width that it has now."""
        assert self.faults == []
        too_wide = await self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        assert not too_wide, f"{self.path} scrolls sideways: {await self._widest()}"

    async def violations(self, *rules: str) -> Sequence[str]:
        """What axe-core calls serious or critical, by all of its rules or by these."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
        found: dict[str, Any] = await self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{self.path}: {each['id']}: {each['nodes'][0]['html']} {each['nodes'][0]['failureSummary']}"
            for each in found["violations"]
            if each["impact"] in GRAVE
        ]

    async def _widest(self) -> object:
        return await self.page.evaluate(
            "[...document.querySelectorAll('body *')]"
            ".filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
            ".slice(0, 5).map(each => each.outerHTML.slice(0, 120))"
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        is_expected = any(f"status of {status}" in message.text for status in self.expected)
        if message.type in {"error", "warning"} and not is_expected:
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.faults.append(f"outside: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {response.url}")


@dataclass
class Site:
    """The served demo bank. `clock` is its time; `demo` tells its accounts."""

    address: str
    database: Database
    clock: Clock
    demo: DemoDistrict
    browser: Browser
    _readers: list[Reader] = field(default_factory=list)

    async def reader(
        self, *, width: int = 1280, height: int = 900, language: str = "zh-CN", is_dark: bool = False,
        has_scripts: bool = True, **options: Any,
    ) -> Reader:  # fmt: skip
        """A new browser that knows nothing of the others."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, java_script_enabled=has_scripts,
            color_scheme="dark" if is_dark else "light", **options,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        reader = Reader(self, context, await context.new_page())
        reader.watch()
        self._readers.append(reader)
        return reader

    def login(self, role: Role) -> str:
        """The login of the first of the demo's staff with that role."""
        return next(each.login for each in self.demo.logins if each.role is role)

    async def close(self) -> None:
        for reader in self._readers:
            await reader.context.close()
            assert reader.faults == []
