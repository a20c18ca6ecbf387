"""Every page and form as everybody who has no business there: of another branch, another member, signed out, expired.

Who may is tested with the pages. Here nothing of the scene may be told and nothing may be written, whatever is asked;
a page that is new has to say here what is sent to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import find_branch
from points_bank.members.changes import change_member
from points_bank.members.register import register_member
from points_bank.staff.tokens import hash_of, issue_member_token, issue_staff_token, new_token, revoke_token
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from points_bank.web import API, SESSION
from tests.bank import FAR, Server
from tests.page_forms import FILES, FORMS, NAME, PROXY, QUERIES
from tests.scene import Scene, set_scene

OPEN = (
    *(
        "/",
        "/boards",
        "/check",
        "/docs",
        "/health",
        "/metrics",
        "/pictures",
        "/preferences",
        "/ready",
        "/sign-in",
        "/sign-out",
        "/static",
    ),
)
"""What anybody may ask for; what is below it, too."""
EVERYBODYS = {"/admin/calendar/{year}", "/", "/sessions", "/me/goods/{reward_id}", "/staff/sheet/people"}
"""What is nobody's in particular, or tells who asks of themselves; the last one finds nobody then."""
OWN = {
    *("/preferences", "/sign-out", "/me/certificates", "/me/consents/{purpose}", "/me/consents/{purpose}/withdrawal"),
    *("/me/giving", "/me/goal", "/me/goal/end", "/me/messages/read", "/me/reservations", "/me/waiting-list"),
}
"""What a member does with nothing but what is theirs."""
NAMED = {
    "member_id": "member", "branch_id": "branch", "board_id": "board", "reward_id": "reward", "desk_id": "desk",
    "rule_set_id": "rules", "staff_id": "staff", "right_id": "right", "redemption_id": "redemption",
    "movement_id": "movement", "activity_id": "activity", "line_id": "participation", "suspension_id": "suspension",
    "transfer_id": "transfer", "waiting_id": "waiting",
    "grant_id": "grant", "review_id": "review", "sponsor_id": "sponsor",
    "certificate_id": "certificate",
}  # fmt: skip
OTHERWISE = {
    "import_id": 1, "participation_id": 1, "session_id": 1, "period": "2026-09", "purpose": "photo", "year": 2026,
    "name": "x.webp",
}  # fmt: skip
COME_AND_GO = {
    "look",
    "lookup",
    "visit",
    "preference",
    "token",
    "session",
    "sign_in_try",
    "known_address",
    "job_run",
    "idempotency_key",
    "audit",
}
"""Tables in which asking leaves traces."""


_END_RIGHT = sa.text("UPDATE staff_right SET from_on = '2026-10-01', until_on = '2026-10-11' WHERE staff_id = :whose")


@dataclass
class Town:
    """The scene, and somebody with no business in it."""

    server: Server
    scene: Scene
    ids: dict[str, Any]
    card_no: str

    async def asker(self, token: str) -> "Asker":
        """Somebody signed in with this token."""
        proof = self.server.bank.database.keys.digest("form", token).hex()[:32]
        return Asker(self, await self.server.browser(token), proof)

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(self.ids[found[1]]), text)

    async def rows(self) -> dict[str, Any]:
        """Everything in the books but what asking leaves behind."""
        return await self.server.bank.database.read(_rows)


def _rows(tx: Transaction) -> dict[str, Any]:
    tables = [table for table in metadata.sorted_tables if table.name not in COME_AND_GO]
    return {table.name: tx.all(sa.select(table).order_by(*table.primary_key)) for table in tables}


@dataclass
class Asker:
    town: Town
    client: httpx.AsyncClient
    proof: str

    async def send(self, method: str, route: str) -> httpx.Response:
        """Ask for a page, or send its form, filled in."""
        path = self.town.filled(route + QUERIES.get(route, ""))
        if method == "GET":
            return await self.client.get(path)
        hidden = {"form_proof": self.proof, "form_key": uuid4().hex}
        return await self.client.post(path, data=self._fields(route) | hidden, files=FILES.get(route))

    async def ask(self, method: str, route: str) -> httpx.Response:
        """Nothing of the scene is told, whatever the answer is."""
        answer = await self.send(method, route)
        sent = self._fields(route).values() if method == "POST" else ()
        typed = {*sent, *re.findall(r"q=([^&]+)", self.town.filled(QUERIES.get(route, "")))}
        told = [word for word in (NAME, PROXY, self.town.card_no) if word in answer.text and word not in typed]
        assert told == [], (method, route, answer.status_code)
        assert answer.status_code < 500, (method, route, answer.text[:300])
        return answer

    def _fields(self, route: str) -> dict[str, str]:
        return {self.town.filled(name): self.town.filled(text) for name, text in FORMS[route].items()}


def page_routes(application: Litestar) -> Iterator[tuple[str, str]]:
    """Method and path of everything that is no API, without types: `/staff/members/{member_id}`."""
    for each in application.routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", each.path)
        if each.path.startswith((API, "/docs", "/static")) or path.endswith("/events"):
            continue
        yield from ((method, path) for method in sorted(set(each.methods) - {"OPTIONS", "HEAD"}))


@pytest.fixture
async def town(server: Server) -> Town:
    scene = await set_scene(server)
    database = server.bank.database
    await database.write(change_member, scene.member, {"name": NAME}, by=SYSTEM)
    elsewhere = await server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    other = await database.write(register_member, name="赵强", branch_id=elsewhere.id, by=SYSTEM)
    root = await server.as_staff(Role.ADMINISTRATOR)
    file = "姓名,手机号\n赵云,12\n".encode()
    asked = {"kind": "members", "branch_id": str(scene.branch), "name": "x.csv"}
    imported = await root.post("/imports", content=file, params=asked, headers={"Content-Type": "text/csv"})
    assert (imported.status_code, imported.json()["id"]) == (201, OTHERWISE["import_id"]), imported.text
    # The first session of all is nobody's who asks here.
    await server.browser(await server.bank.token(await server.bank.staff(Role.ADMINISTRATOR)))
    card_no = (await root.get(f"/members/{scene.member}")).json()["card_no"]
    ids = vars(scene) | {name: vars(scene)[attribute] for name, attribute in NAMED.items()} | OTHERWISE
    return Town(server, scene, ids | {"elsewhere": elsewhere.id, "other": other.id}, card_no)


async def staff_token(server: Server, actor: Actor, *, expires_at: Any = FAR) -> str:
    token = new_token()
    await server.bank.database.write(
        issue_staff_token, staff_id=actor.id, token_hash=hash_of(token), expires_at=expires_at, by=SYSTEM
    )
    return token


@pytest.mark.parametrize(
    "role", [Role.ADMINISTRATOR, *(pytest.param(role, marks=pytest.mark.thorough) for role in [*Role][1:])]
)
async def test_staff_of_another_branch_get_nothing_and_change_nothing(
    town: Town, application: Litestar, role: Role
) -> None:
    elsewhere = await town.server.bank.database.read(find_branch, town.ids["elsewhere"])
    stranger = await town.server.bank.staff(role, branch=elsewhere)
    asker = await town.asker(await staff_token(town.server, stranger))
    before, heard = await town.rows(), []
    for method, route in page_routes(application):
        answer = await asker.ask(method, route)
        is_somebodys = "{" in route and not route.startswith(OPEN[1:]) and route not in EVERYBODYS
        if is_somebodys and answer.status_code not in {403, 404}:
            heard.append((method, route, answer.status_code))
        if route == "/sign-out":
            asker = await town.asker(await staff_token(town.server, stranger))
    assert heard == [], "\n".join(map(str, heard))
    assert await town.rows() == before


async def test_another_member_gets_nothing_and_changes_nothing(town: Town, application: Litestar) -> None:
    token = new_token()
    await town.server.bank.database.write(
        issue_member_token, member_id=town.ids["other"], token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    asker, before, heard = await town.asker(token), await town.rows(), []
    for method, route in page_routes(application):
        if route in OWN and method == "POST":
            continue
        answer = await asker.ask(method, route)
        is_theirs = (route.startswith("/me") and "{" not in route) or route in EVERYBODYS
        if not is_theirs and not route.startswith(OPEN[1:]) and answer.status_code not in {403, 404}:
            heard.append((method, route, answer.status_code))
    assert heard == [], "\n".join(map(str, heard))
    assert await town.rows() == before


@pytest.mark.parametrize(
    "state",
    [
        *("nobody", "revoked", "right_ended", "program"),
        *(pytest.param(state, marks=pytest.mark.thorough) for state in ("unknown", "expired", "member_revoked")),
    ],
)
async def test_who_is_not_signed_in_any_more_gets_nothing(town: Town, application: Litestar, state: str) -> None:
    asker, before = await who_is_not_signed_in(town, state), await town.rows()
    for method, route in page_routes(application):
        if route == "/sign-out":
            continue
        answer = await asker.ask(method, route)
        if route.startswith(OPEN[1:]) or route in {"/", "/staff/sheet/people"}:
            continue
        if state == "right_ended":
            is_somebodys = "{" in route and route not in EVERYBODYS
            assert not is_somebodys or answer.status_code in {403, 404}, (method, route, answer.status_code)
        elif method == "GET":
            assert answer.headers.get("location", "")[:8] == "/sign-in", (route, answer.status_code)
        else:
            assert answer.status_code in {401, 403}, (route, answer.status_code)
    assert await town.rows() == before


async def who_is_not_signed_in(town: Town, state: str) -> Asker:
    token = await token_that_is_no_good(town, state)
    asker = await town.asker("" if state == "program" else token)
    if state == "program":
        # An administrator's token that no browser was signed in with, both as a cookie and as programs send it.
        proof = town.server.bank.database.keys.digest("form", token).hex()[:32]
        asker.client.cookies.set(SESSION, token)
        asker.client.headers["Authorization"] = f"Bearer {token}"
        return Asker(town, asker.client, proof)
    return asker


async def token_that_is_no_good(town: Town, state: str) -> str:
    server, database = town.server, town.server.bank.database
    if state == "nobody":
        return ""
    if state == "unknown":
        return new_token()
    if state == "member_revoked":
        token = new_token()
        await database.write(
            issue_member_token, member_id=town.scene.member, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
        )
        await database.write(revoke_token, token_hash=hash_of(token), by=SYSTEM)
        return token
    here = await database.read(find_branch, town.scene.branch)
    administrator = await server.bank.staff(Role.ADMINISTRATOR, branch=here)
    now = server.bank.clock.now()
    token = await staff_token(
        server, administrator, expires_at=now - timedelta(seconds=1) if state == "expired" else FAR
    )
    if state == "revoked":
        await database.write(revoke_token, token_hash=hash_of(token), by=SYSTEM)
    if state == "right_ended":
        await database.write(lambda tx: tx.run(_END_RIGHT, whose=administrator.id))
    return token


def test_every_form_has_a_row(application: Litestar) -> None:
    routes = list(page_routes(application))
    assert {route for method, route in routes if method == "POST"} == FORMS.keys()
    names = {name for _, route in routes for name in re.findall(r"\{(\w+)\}", route)}
    assert names <= NAMED.keys() | OTHERWISE.keys()
