"""The contract's table of rights, walked over HTTP: each route as each role, inside and outside their branches."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from points_bank.actor import SYSTEM, Role, Task
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import find_branch
from points_bank.staff.tokens import hash_of, issue_member_token, issue_staff_token, new_token, revoke_token
from points_bank.web import API
from tests.bank import FAR, Server, at
from tests.scene import (
    AUTHORISED,
    Scene,
    board,
    body,
    extension,
    grant,
    moved,
    new_branch,
    new_member,
    new_rules,
    nothing,
    order,
    set_scene,
    sheet,
    trial,
)

A, P, R, C, K, O = Role  # noqa: E741  # the table's columns, by their letters
ALL = frozenset(Role)


TIMES = {"started_at": at("2026-10-10 08:00").isoformat(), "ended_at": at("2026-10-10 08:30").isoformat()}
CORRECTED = {"minutes": 30, "reason": "-"}

TABLE: list[tuple[str, str, Callable[[Scene], Any], frozenset[Role]]] = [
    # branches, staff, rights, boards, rule sets, desks, rewards
    ("POST", "/branches", new_branch, frozenset({A})),
    ("POST", "/staff/{staff}/rights", lambda scene: {"role": "clerk", "branch_id": scene.branch}, frozenset({A})),
    ("DELETE", "/staff/{staff}/rights/{right}", nothing, frozenset({A})),
    (
        "POST",
        "/staff/{staff}/handover",
        lambda scene: {"to_staff_id": 1, "branch_id": scene.branch, "on": "2026-10-12"},
        frozenset({A}),
    ),
    ("POST", "/staff/{staff}/password", body(password="battery staple"), frozenset({A})),
    ("POST", "/staff/{staff}/disabling", nothing, frozenset({A})),
    ("DELETE", "/staff/{staff}/disabling", nothing, frozenset({A})),
    ("POST", "/leaderboards", board, frozenset({A})),
    ("GET", "/rule-sets/current?branch_id={branch}", nothing, frozenset({A, O})),
    ("POST", "/rule-sets", new_rules, frozenset({A})),
    ("POST", "/rule-sets/trial", trial, frozenset({A})),
    ("POST", "/rule-sets/{rules}/differences", body(month="2026-10", reason="-"), frozenset({A})),
    ("PATCH", "/desks/{desk}", body(name="点"), frozenset({A})),
    (
        "POST",
        "/desks",
        lambda scene: {"code": uuid4().hex[:8], "name": "点", "branch_id": scene.branch},
        frozenset({A}),
    ),
    (
        "POST",
        "/rewards",
        lambda scene: {"name": uuid4().hex, "cost_points": 5, "branch_id": scene.branch},
        frozenset({A}),
    ),
    ("PATCH", "/rewards/{reward}", body(cost_points=60), frozenset({A})),
    ("POST", "/extension-orders", extension, frozenset({A})),
    ("GET", "/extension-orders/{order}", nothing, frozenset({A, O})),
    ("GET", "/extension-orders/{order}/lots", nothing, frozenset({A, O})),
    # donations, the help pool and its grants
    ("GET", "/donations?branch_id={branch}", nothing, frozenset({A, O})),
    ("GET", "/help-pool?branch_id={branch}", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/help-pool/grants?branch_id={branch}", nothing, frozenset({A, P, R, C, O})),
    ("POST", "/help-pool/grants", grant, frozenset({A, P, R})),
    ("POST", "/help-pool/grants/{grant}/approval", nothing, frozenset({A, P})),
    ("POST", "/help-pool/grants/{grant}/rejection", nothing, frozenset({A, P})),
    ("POST", "/members/{member}/donations", body(points=10, to="help_pool"), frozenset({A, C})),
    # register, change, move, close members; cards; consents
    ("POST", "/members", new_member, frozenset({A, P, R})),
    ("GET", "/members/{member}", nothing, frozenset({A, P, R, C, O})),
    ("PATCH", "/members/{member}", body(is_party_member=True), frozenset({A, P, R})),
    ("POST", "/members/{member}/cards", nothing, frozenset({A, P, R, C})),
    ("POST", "/members/{member}/card-loss", nothing, frozenset({A, P, R, C})),
    ("POST", "/members/{member}/pin", nothing, frozenset({A, P, R, C})),
    ("PUT", "/members/{member}/consents/{purpose}", nothing, frozenset({A, P, R})),
    ("DELETE", "/members/{member}/consents/{purpose}", nothing, frozenset({A, P, R})),
    (
        "POST",
        "/members/{member}/move",
        lambda scene: {"branch_id": scene.branch, "on": "2026-10-12"},
        frozenset({A, P, R}),
    ),
    ("POST", "/members/{member}/erasure", nothing, frozenset({A})),
    ("POST", "/members/{member}/closing", body(reason="-"), frozenset({A, P, R})),
    # households
    ("POST", "/households", lambda scene: {"branch_id": scene.branch}, frozenset({A, P, R})),
    ("GET", "/households/{household}", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/members/{member}/household", nothing, frozenset({A, P, R, C, O})),
    (
        "POST",
        "/households/{household}/members",
        lambda scene: {"member_id": scene.member},
        frozenset({A, P, R}),
    ),
    ("DELETE", "/households/{household}/members/{member}", nothing, frozenset({A, P, R})),
    ("GET", "/members/twins?branch_id={branch}", nothing, frozenset({A, P, R})),
    (
        "POST",
        "/members/{member}/merger",
        lambda scene: {"into_member_id": scene.member, "reason": "-"},
        frozenset({A, P}),
    ),
    ("POST", "/imports?kind=members&branch_id={branch}", nothing, frozenset({A, P, R})),
    # proxies
    ("POST", "/members/{member}/proxies", body(**AUTHORISED), frozenset({A, P, R})),
    ("GET", "/members/{member}/proxies", nothing, frozenset({A, P, R, C, O})),
    ("DELETE", "/members/{member}/proxies/{proxy}", nothing, frozenset({A, P, R})),
    # passbooks and transfers of members
    ("GET", "/members/{member}/passbook", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/members/{member}/lots", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/members/{member}/transfers", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/members/{member}/earlier-passbooks", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/members/{member}/messages", nothing, frozenset({A, P, R, C, O})),
    # log, preview activities; propose a correction
    ("POST", "/activities", sheet, frozenset({A, P, R})),
    ("POST", "/activities/preview", sheet, frozenset({A, P, R})),
    ("GET", "/activities/{activity}", nothing, frozenset({A, P, R, O})),
    ("POST", "/participations/{participation}/correction", body(**CORRECTED), frozenset({A, P, R})),
    (
        "POST",
        "/participations/{participation}/follow-up",
        body(outcome="settled", followed_up_on="2026-10-12"),
        frozenset({A, P, R}),
    ),
    ("POST", "/participations/{participation}/objection", body(reason="-"), frozenset({A, P, R, O})),
    ("GET", "/activities/{activity}/call-back-sample", nothing, frozenset({A, P, O})),
    # approve, reject, trim; approve a correction; resolve an objection
    (
        "POST",
        "/participations/{participation}/objection/resolution",
        body(upheld=False, reason="-"),
        frozenset({A, P}),
    ),
    ("POST", "/activities/{activity}/approval", nothing, frozenset({A, P})),
    ("POST", "/activities/{activity}/rejection", body(reason="-"), frozenset({A, P})),
    ("POST", "/activities/{activity}/return", body(reason="-"), frozenset({A, P})),
    ("POST", "/participations/{participation}/trim", body(**TIMES), frozenset({A, P})),
    ("POST", "/participations/{participation}/rejection", body(reason="-"), frozenset({A, P})),
    ("POST", "/participations/{participation}/correction/approval", nothing, frozenset({A, P})),
    ("POST", "/participations/{participation}/correction/rejection", nothing, frozenset({A, P})),
    ("POST", "/activities/{activity}/call-back-sample", body(size=1), frozenset({A, P})),
    ("POST", "/participations/{participation}/call-back", body(answer="not_reached"), frozenset({A, P})),
    (
        "POST",
        "/reviews",
        lambda scene: {"branch_id": scene.branch, "reason": "-", "activity_ids": [scene.activity]},
        frozenset({A, P}),
    ),
    ("GET", "/reviews/{review}", nothing, frozenset({A, P, O})),
    ("GET", "/reviews/{review}/evidence.csv", nothing, frozenset({A, P, O})),
    ("GET", "/reviews/{review}/evidence.xlsx", nothing, frozenset({A, P, O})),
    ("POST", "/reviews/{review}/decision", body(false_participation_ids=[], reason="-"), frozenset({A, P})),
    ("POST", "/reviews/{review}/corrections/approval", nothing, frozenset({A, P})),
    ("POST", "/reviews/{review}/recorder-suspension", body(staff_id=1), frozenset({A})),
    # suspend redemption
    ("POST", "/members/{member}/suspensions", body(reason="-", until_on="2026-12-31"), frozenset({A, P})),
    ("GET", "/members/{member}/suspensions", nothing, frozenset({A, P, O})),
    ("POST", "/members/{member}/suspensions/{suspension}/approval", nothing, frozenset({A, P})),
    ("POST", "/members/{member}/suspensions/{suspension}/rejection", nothing, frozenset({A, P})),
    ("POST", "/members/{member}/suspensions/{suspension}/end", body(reason="-"), frozenset({A, P})),
    ("POST", "/members/{member}/suspensions/{suspension}/appeal", body(reason="-"), frozenset({A, P, R})),
    (
        "POST",
        "/members/{member}/suspensions/{suspension}/appeal/answer",
        body(upheld=False, reason="-"),
        frozenset({A, P}),
    ),
    # files out
    ("GET", "/members/{member}/export", nothing, frozenset({A, P, R})),
    ("GET", "/members/{member}/export.xlsx", nothing, frozenset({A, P, R})),
    ("GET", "/branches/{branch}/months/{file}", nothing, frozenset({A, P, O})),
    ("GET", "/desks/{desk}/register/{file}", nothing, frozenset({A, C, O})),
    # reports upward: overseers read, whoever approves signs
    ("GET", "/reports/{week}?branch_id={branch}", nothing, frozenset({A, P, R, O})),
    ("POST", "/reports/{month}/signatures", lambda scene: {"branch_id": scene.branch}, frozenset({A, P})),
    ("GET", "/transfers/{transfer}/receipt", nothing, frozenset({A, P, R, C, O})),
    # certificates of service
    ("POST", "/members/{member}/certificates", nothing, frozenset({A, P, R})),
    ("GET", "/members/{member}/certificates", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/certificates?branch_id={branch}", nothing, frozenset({A, P, R, C, O})),
    ("GET", "/certificate-requests?branch_id={branch}", nothing, frozenset({A, P, R, C, O})),
    # redeem, reserve, collect, cancel at a desk
    ("POST", "/redemptions", order, frozenset({A, C})),
    ("POST", "/redemptions/preview", order, frozenset({A, C})),
    ("POST", "/reservations", order, frozenset({A, C})),
    (
        "POST",
        "/reservations/{redemption}/collection",
        lambda scene: {"desk_id": scene.desk, "code": "000000"},
        frozenset({A, C}),
    ),
    ("POST", "/redemptions/{redemption}/cancellation", body(reason="-"), frozenset({A, C})),
    ("GET", "/desks/{desk}/register?on=2026-10-12", nothing, frozenset({A, C, O})),
    # stock movements
    ("POST", "/rewards/{reward}/stock-movements", moved("received"), frozenset({A, C, K})),
    ("POST", "/rewards/{reward}/stock-movements", moved("counted"), frozenset({A, C, K})),
    ("POST", "/rewards/{reward}/stock-movements", moved("damaged"), frozenset({A, K})),
    ("POST", "/rewards/{reward}/stock-movements", moved("returned"), frozenset({A, K})),
    ("POST", "/stock-movements/{movement}/confirmation", nothing, frozenset({A, K})),
    ("POST", "/stock-movements/{movement}/rejection", body(reason="-"), frozenset({A, K})),
    ("GET", "/desks/{desk}/write-offs", nothing, ALL),
    # sponsors
    ("POST", "/sponsors", lambda scene: {"name": uuid4().hex, "branch_id": scene.branch}, frozenset({A})),
    ("GET", "/sponsors/{sponsor}/months/{month}", nothing, ALL),
    # waiting lists
    (
        "POST",
        "/rewards/{reward}/waiting-list",
        lambda scene: {"member_id": scene.member, "desk_id": scene.desk},
        frozenset({A, C}),
    ),
    ("GET", "/rewards/{reward}/waiting-list?desk_id={desk}", nothing, frozenset({A, C})),
    ("DELETE", "/waiting-list/{waiting}", nothing, frozenset({A, C})),
    # open to whoever works there
    ("GET", "/branches/{branch}", nothing, ALL),
    ("GET", "/rewards?desk_id={desk}", nothing, ALL),
]
ELSEWHERE = {
    # signing in and out
    *("POST /member-tokens", "POST /staff-tokens", "DELETE /tokens/current"),
    # lists of one's own, and staff who have no branch yet
    *("GET /branches", "GET /members", "GET /activities", "GET /desks", "GET /rewards", "GET /staff", "POST /staff"),
    "GET /activities/waiting",
    *("GET /objections", "GET /reviews"),
    # the audit list, which is the district's
    *("GET /audit", "GET /looks"),
    "GET /objections",
    "GET /extension-orders",
    *("GET /imports", "GET /imports/{}", "GET /imports/{}/{}", "DELETE /imports/{}/{}"),
    "GET /sponsors",
    # what is published
    *("GET /leaderboards", "GET /leaderboards/{}/editions", "GET /leaderboards/{}/editions/{}"),
    *("GET /leaderboards/{}/live", "GET /desks/{}/opening-days"),
    # what a number in hand tells anyone, and what who revokes it names
    *("GET /certificates/{}", "POST /certificates/{}/revocation", "GET /receipts/{}", "GET /seals"),
}
"""Routes that name nothing of a branch: what they show or take is tested beside them."""


SCOPE_OF_REWARDS = {
    "GET /branches/{}",
    "GET /desks/{}/write-offs",
    "GET /rewards",
    "GET /sponsors/{}/months/{}",
}
"""What can be asked with a token for reading rewards: that, and what anybody may who works in the branch."""


def route(method: str, path: str) -> str:
    """`GET /members/{}`: a route without the names of its ids."""
    parts = path.partition("?")[0].split("/")
    return f"{method} " + "/".join("{}" if part.startswith("{") else part for part in parts)


@pytest.fixture
async def scene(server: Server) -> Scene:
    return await set_scene(server)


async def ask(client: httpx.AsyncClient, method: str, path: str, scene: Scene, content: Any) -> httpx.Response:
    headers = {"Idempotency-Key": uuid4().hex}
    return await client.request(method, path.format(**vars(scene)), json=content, headers=headers)


async def test_who_may_not_is_forbidden_and_outside_nothing_is_found(server: Server, scene: Scene) -> None:
    community = await server.bank.database.read(find_branch, scene.branch)
    elsewhere = await server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    for role in Role:
        here = await server.as_staff(role, branch=community)
        there = await server.as_staff(role, branch=elsewhere)
        for method, path, content, may in TABLE:
            answer = await ask(there, method, path, scene, content(scene))
            # Who administers nothing may be told so before anybody is looked for.
            is_told = path.startswith("/staff") and role not in may and answer.json()["code"] == "forbidden"
            assert is_told or answer.json()["code"] == "not_found", (role, method, path)
            if role not in may:
                answer = await ask(here, method, path, scene, content(scene))
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (role, method, path)


async def test_who_may_is_heard(server: Server, scene: Scene) -> None:
    community = await server.bank.database.read(find_branch, scene.branch)
    clients = {role: await server.as_staff(role, branch=community) for role in Role}
    ending = ("/closing", "/rights/{right}")
    for method, path, content, may in sorted(TABLE, key=lambda row: row[1].endswith(ending)):
        for role in sorted(may):
            answer = await ask(clients[role], method, path, scene, content(scene))
            assert answer.status_code not in {401, 403, 500}, (role, method, path, answer.text)
            assert method != "GET" or answer.status_code == 200, (role, path, answer.text)


async def test_nobody_and_members_reach_nothing_of_staff(server: Server, scene: Scene) -> None:
    token = new_token()
    await server.bank.database.write(
        issue_member_token, member_id=scene.member, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    clients = {401: server.client(), 403: server.client(token)}
    for method, path, content, _ in TABLE:
        for status, client in clients.items():
            if (status == 403 and path.startswith(("/rewards?", "/waiting-list/"))) or path.endswith("/objection"):
                continue
            answer = await ask(client, method, path, scene, content(scene))
            assert answer.status_code == status, (method, path, answer.text)


async def test_a_token_that_ran_out_or_was_revoked_opens_nothing(server: Server, scene: Scene) -> None:
    """Every route of the API, and every one that is open to lists of one's own."""
    database, root = server.bank.database, await server.bank.staff(Role.ADMINISTRATOR)
    tokens = {name: new_token() for name in ("expired", "revoked")}
    for name, token in tokens.items():
        expires_at = server.bank.clock.now() - timedelta(seconds=1) if name == "expired" else FAR
        await database.write(
            issue_staff_token, staff_id=root.id, token_hash=hash_of(token), expires_at=expires_at, by=SYSTEM
        )
    await database.write(revoke_token, token_hash=hash_of(tokens["revoked"]), by=SYSTEM)
    open_to_all = {"GET /certificates/{}", "GET /receipts/{}", "GET /seals"}
    lists = [route.split() for route in ELSEWHERE - open_to_all if route.startswith("GET") and "{" not in route]
    for token in tokens.values():
        client = server.client(token)
        for method, path in [*((row[0], row[1]) for row in TABLE), *lists]:
            answer = await ask(client, method, path, scene, None)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)


async def test_a_token_reaches_no_further_than_its_scopes(server: Server, scene: Scene) -> None:
    """An administrator's token for reading rewards: of the whole table, the rows of whoever works here are left."""
    database, root = server.bank.database, await server.bank.staff(Role.ADMINISTRATOR)
    token = new_token()
    await database.write(
        issue_staff_token, staff_id=root.id, token_hash=hash_of(token), expires_at=FAR, scopes=[Task.READ_REWARDS],
        by=SYSTEM,
    )  # fmt: skip
    client, heard = server.client(token), set()
    for method, path, content, may in TABLE:
        answer = await ask(client, method, path, scene, content(scene))
        if answer.status_code != 403:
            heard.add(route(method, path))
            assert may == ALL, (method, path, answer.text)
    assert heard == SCOPE_OF_REWARDS


async def test_lists_tell_nothing_of_other_branches(server: Server, scene: Scene) -> None:
    """Lists that name no branch: what is somebody's here is not told to staff of elsewhere, nor to another member."""
    elsewhere = await server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    root = await server.as_staff(Role.ADMINISTRATOR)
    card_no = (await root.get(f"/members/{scene.member}")).json()["card_no"]
    lists = [route.split()[1] for route in ELSEWHERE if route.startswith("GET") and "{" not in route]
    for role in Role:
        stranger = await server.as_staff(role, branch=elsewhere)
        for path in lists:
            answer = await stranger.get(path)
            assert answer.status_code < 500
            assert not {word for word in ("李明", "王强", card_no) if word in answer.text}, (role, path)
        for text in ("李明", "lm", card_no[-4:]):
            assert (await stranger.get("/members", params={"q": text})).json().get("items", []) == []


def test_every_route_has_a_row(application: Litestar) -> None:
    known = {route(method, path) for method, path, _, _ in TABLE} | ELSEWHERE
    for each in application.routes:
        if not each.path.startswith(f"{API}/") or each.path == f"{API}/openapi.json":
            continue
        path = each.path.removeprefix(API)
        for method in set(each.methods) - {"OPTIONS", "HEAD"}:
            assert (path.startswith("/me") and not path.startswith("/members")) or route(method, path) in known, path
