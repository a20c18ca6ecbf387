"""Who may ask the routes of the API that name nothing of a branch, and those of members about themselves.

The other routes are in test_rights.py. A route without a row fails.
"""

import re
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar

from points_bank.web import API, SESSION
from tests.test_page_rights import Asker, Town
from tests.test_page_rights import town as town
from tests.test_page_roles import MEMBER, askers_of
from tests.test_rights import ELSEWHERE, route

SIGNING = {"POST /member-tokens", "POST /staff-tokens", "DELETE /tokens/current", "GET /rewards"}
"""Tested with signing in; the last one, which asks for a desk, with the branches."""
EVERYBODY, STAFF = "APRCKOMN", "APRCKO"
ORDER = {"items": [{"reward_id": "reward", "quantity": 1}], "desk_id": "desk"}

TABLE: dict[str, tuple[str, dict[str, Any] | None]] = {
    "GET /activities": ("APRO", None),
    "GET /activities/waiting": ("APRO", None),
    "GET /audit?subject=staff:1": ("AO", None),
    "GET /branches": (STAFF, None),
    "GET /certificates/{number}": (EVERYBODY, None),
    "POST /certificates/{number}/revocation": ("AP", {"reason": "-"}),
    "GET /desks": (STAFF + MEMBER, None),
    "GET /desks/{desk_id}/opening-days": (STAFF + MEMBER, None),
    "GET /extension-orders": ("AO", None),
    "GET /imports": ("APR", None),
    "GET /imports/{import_id}": ("APR", None),
    "GET /leaderboards": (STAFF + MEMBER, None),
    "GET /leaderboards/{board_id}/editions": (STAFF + MEMBER, None),
    "GET /leaderboards/{board_id}/editions/{period}": (STAFF + MEMBER, None),
    "GET /leaderboards/{board_id}/live": (STAFF + MEMBER, None),
    "GET /looks": ("AO", None),
    "GET /me": (MEMBER, None),
    "POST /me/certificate-requests": (MEMBER, None),
    "GET /me/certificates": (MEMBER, None),
    "DELETE /me/consents/{purpose}": (MEMBER, None),
    "PUT /me/consents/{purpose}": (MEMBER, None),
    "POST /me/donations": (MEMBER, {"points": 10, "to": "help_pool"}),
    "GET /me/earlier-passbooks": (MEMBER, None),
    "GET /me/earlier-passbooks/{member_id}/transfers": (MEMBER, None),
    "GET /me/export": (MEMBER, None),
    "GET /me/export.xlsx": (MEMBER, None),
    "GET /me/household": (MEMBER, None),
    "GET /me/looks": (MEMBER, None),
    "GET /me/lots": (MEMBER, None),
    "GET /me/messages": (MEMBER, None),
    "POST /me/messages/{message_id}/reading": (MEMBER, None),
    "GET /me/objections": (MEMBER, None),
    "GET /me/passbook": (MEMBER, None),
    "GET /me/proxies": (MEMBER, None),
    "GET /me/rank?board_id={board}": (MEMBER, None),
    "GET /me/reservations": (MEMBER, None),
    "POST /me/reservations": (MEMBER, ORDER),
    "POST /me/reservations/{redemption_id}/cancellation": (MEMBER, {"reason": "-"}),
    "GET /me/suspensions": (MEMBER, None),
    "POST /me/suspensions/{suspension_id}/appeal": (MEMBER, {"reason": "-"}),
    "GET /me/transfers": (MEMBER, None),
    "GET /me/transfers/{transfer_id}/receipt": (MEMBER, None),
    "GET /me/waiting-list": (MEMBER, None),
    "POST /me/waiting-list": (MEMBER, {"reward_id": "reward", "desk_id": "desk"}),
    "GET /members": ("APRCO", None),
    "GET /objections": ("APRO", None),
    "GET /receipts/{code}": (EVERYBODY, None),
    "GET /reviews": ("APO", None),
    "GET /seals": (EVERYBODY, None),
    "GET /sponsors": (STAFF, None),
    "GET /staff": ("AO", None),
    "POST /staff": ("A", {"login": "new", "name": "王", "password": "battery staple"}),
    "GET /imports/{import_id}/report.csv": ("APR", None),
    "DELETE /imports/{import_id}/report": ("APR", None),
}
"""By route who may, by the letters of test_page_roles.py, and what is sent."""


def filled(town: Town, content: Any) -> Any:
    """A body with the ids of the scene where it names one."""
    if isinstance(content, dict):
        return {name: filled(town, each) for name, each in content.items()}
    if isinstance(content, list):
        return [filled(town, each) for each in content]
    return town.ids[content] if content in ("reward", "desk") else content


def client_of(town: Town, asker: Asker) -> httpx.AsyncClient:
    """The same person with a token instead of a cookie."""
    return town.server.client(asker.client.cookies.get(SESSION))


async def test_who_may_is_heard_and_nobody_else(town: Town) -> None:
    clients, wrong = {letter: client_of(town, asker) for letter, asker in (await askers_of(town)).items()}, []
    listed = (await clients["A"].get(f"/members/{town.scene.member}/certificates")).json()
    town.ids["number"] = listed["items"][0]["number"]
    for row, (may, content) in sorted(TABLE.items(), key=lambda each: (not each[0].startswith("GET"), each[0])):
        method, path = row.split()
        path = re.sub(r"\{(\w+)\}", lambda found: str(town.ids.get(found[1], 1)), path)
        for letter in EVERYBODY:
            answer = await clients[letter].request(
                method, path, json=filled(town, content), headers={"Idempotency-Key": uuid4().hex}
            )
            assert answer.status_code < 500, (letter, row, answer.text)
            wrong += [(letter, row, answer.text)] if (answer.status_code in {401, 403}) is (letter in may) else []
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_route_has_a_row_here_or_with_the_branches(application: Litestar) -> None:
    rows = {route(*row.split()).replace("/report.csv", "/{}").replace("/report", "/{}") for row in TABLE}
    own = {
        route(method, each.path.removeprefix(API))
        for each in application.routes
        for method in set(each.methods) - {"OPTIONS", "HEAD"}
        if each.path == f"{API}/me" or each.path.startswith(f"{API}/me/")
    }
    assert rows == own | (ELSEWHERE - SIGNING)
