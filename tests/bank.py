"""A bank for tests: a real file, opened with a district, and a clock that tests put where they need it."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine, add_branch, district
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.sessions import open_session
from points_bank.staff.tokens import hash_of, issue_staff_token, new_token, staff_actor
from points_bank.web import SESSION

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAILY = frozenset({"close", "remind", "seal"})
"""Jobs that come with the calendar, whatever a test is about; helpers leave them out of what was done."""
TLS = ssl.create_default_context()
"""Never used over plain HTTP. A client makes one of its own otherwise, which takes longer than most tests."""
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant by the district's clock: `2026-10-12 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class Bank:
    """An open bank. `district` is its root; `branch` and `staff` make more, through the acts."""

    database: Database
    clock: Clock
    district: BranchLine
    _made: int = field(default=0)

    @classmethod
    async def on(cls, database: Database) -> Self:
        """The bank that was opened in a database."""
        root = await database.read(district)
        assert root is not None, "open_bank made a district"
        return cls(database, database.clock, root)

    async def branch(
        self, name: str = "佛子小区", kind: BranchKind = BranchKind.ESTATE, parent: BranchLine | None = None
    ) -> BranchLine:
        self._made += 1
        parent_id = (parent or self.district).id
        return await self.database.write(
            add_branch, code=f"B{self._made}", name=name, kind=kind, parent_id=parent_id, by=SYSTEM
        )

    async def staff(self, *roles: Role, branch: BranchLine | None = None, member_id: int | None = None) -> Actor:
        """New staff with these roles over a branch (the district by default)."""
        self._made += 1
        staff_id = (
            await self.database.write(
                create_staff,
                login=f"staff{self._made}",
                name="王",
                password_hash="-",
                member_id=member_id,
                by=SYSTEM,
            )
        ).id
        for role in roles:
            await self.database.write(
                grant_right, staff_id, role=role, branch_id=(branch or self.district).id, by=SYSTEM
            )
        return await self.database.read(staff_actor, staff_id, member_id)

    async def token(self, actor: Actor) -> str:
        """A token of staff for HTTP."""
        token = new_token()
        await self.database.write(
            issue_staff_token, staff_id=actor.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
        )
        return token


@dataclass
class Server:
    """A bank served over HTTP on loopback. `client(token)` speaks as the token's owner, in English."""

    bank: Bank
    url: str
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, token: str | None = None, *, language: str = "en") -> httpx.AsyncClient:
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
        client = httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=30, verify=TLS)
        self._clients.append(client)
        return client

    async def browser(self, token: str) -> httpx.AsyncClient:
        """Who looks at pages, signed in with this token from now on; an empty one is nobody's."""
        await self.bank.database.write(open_session, token_hash=hash_of(token), device="", instead_of=None)
        cookies = {SESSION: token} if token else {}
        client = httpx.AsyncClient(base_url=self.url, cookies=cookies, timeout=30)
        self._clients.append(client)
        return client

    async def as_staff(self, *roles: Role, branch: BranchLine | None = None, **more: Any) -> httpx.AsyncClient:
        """A client of new staff with these roles."""
        return self.client(await self.bank.token(await self.bank.staff(*roles, branch=branch, **more)))

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
