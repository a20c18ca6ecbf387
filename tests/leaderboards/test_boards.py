"""Setting boards up: by administrators, with figures that make sense."""

from datetime import datetime, time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from points_bank.actor import SYSTEM, Role
from points_bank.audit import Audit
from points_bank.branches.models import BranchKind
from points_bank.clock import PeriodKind
from points_bank.columns import table_of
from points_bank.errors import Forbidden, Invalid, NotFound
from points_bank.leaderboards.boards import BOARD, create_board, list_boards
from points_bank.transaction import Transaction
from tests.bank import Server, at
from tests.leaderboards.conftest import MONTHLY, Community, as_member

AUDIT = table_of(Audit)

SENT: dict[str, Any] = {
    "name": "居民积分榜",
    "period": "month",
    "measure": "points",
    "role": "service",
    "population": "residents",
    "top": 20,
    "publish_day": 5,
    "publish_time": "09:00",
    "objection_working_days": 3,
}


async def test_a_board_is_set_up(server: Server, served: Community) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR, branch=served.branch)
    answer = await client.post("/leaderboards", json={**SENT, "branch_id": served.estate.id})
    board = answer.json()
    assert answer.status_code == 201
    assert datetime.fromisoformat(board.pop("next_due_at")) == at("2026-11-05 09:00")
    assert datetime.fromisoformat(board.pop("created_at")) >= at("2026-10-12 09:00")
    assert board == {**SENT, "branch_id": served.estate.id, "id": 1}

    def noted(tx: Transaction) -> list[tuple[str, str]]:
        notes = sa.select(AUDIT.c.act, AUDIT.c.subject).order_by(AUDIT.c.id.desc()).limit(1)
        return [tuple(row) for row in tx.all(notes)]

    assert await served.read(noted) == [("create_board", "leaderboard:1")]


async def test_role_and_population_may_be_left_out(server: Server, served: Community) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    sent = {name: value for name, value in SENT.items() if name not in {"role", "population"}}
    board = (await client.post("/leaderboards", json={**sent, "branch_id": served.branch.id})).json()
    assert (board["role"], board["population"]) == (None, "everyone")


async def test_the_same_key_makes_one_board(server: Server, served: Community) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    answers = [
        await client.post(
            "/leaderboards", json={**SENT, "branch_id": served.branch.id}, headers={"Idempotency-Key": "b1"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(await served.read(list_boards, after_id=None, limit=10)) == 1


async def test_boards_are_listed_in_pages(server: Server, served: Community) -> None:
    ids = [(await served.board(name=f"榜 {number}")).id for number in range(3)]
    client = await server.as_staff(Role.CLERK)
    first = (await client.get("/leaderboards", params={"limit": 2})).json()
    rest = (await client.get("/leaderboards", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [board["id"] for board in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None
    answer = await client.get("/leaderboards", params={"cursor": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"publish_day": 0}, "publish_day"),
        ({"publish_day": 29}, "publish_day"),
        ({"period": "week", "publish_day": 8}, "publish_day"),
        ({"period": "quarter", "publish_day": 31}, "publish_day"),
        ({"period": "day"}, "period"),
        ({"measure": "money"}, "measure"),
        ({"role": "cooking"}, "role"),
        ({"population": "children"}, "population"),
        ({"top": 0}, "top"),
        ({"top": 1001}, "top"),
        ({"top": "ten"}, "top"),
        ({"objection_working_days": -1}, "objection_working_days"),
        ({"objection_working_days": 61}, "objection_working_days"),
        ({"publish_time": "24:00"}, "publish_time"),
        ({"publish_time": "9:00"}, "publish_time"),
        ({"publish_time": "09:00\n"}, "publish_time"),
        ({"publish_time": "09:00:00"}, "publish_time"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "榜" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"color": "red"}, "color"),
    ],
)
async def test_figures_that_make_no_sense_are_refused(
    server: Server, served: Community, changes: dict[str, Any], field: str
) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    answer = await client.post("/leaderboards", json={**SENT, "branch_id": served.branch.id, **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert list(answer.json()["fields"]) == [field]
    assert await served.read(list_boards, after_id=None, limit=10) == []


async def test_what_is_missing_is_named(server: Server, served: Community) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    answer = await client.post("/leaderboards", json={"branch_id": served.branch.id})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"period": PeriodKind.WEEK, "publish_day": 8}, {"publish_day"}),
        ({"publish_day": 29, "top": 0, "objection_working_days": 61}, {"publish_day", "top", "objection_working_days"}),
        ({"top": 1001}, {"top"}),
    ],
)
async def test_the_act_refuses_them_as_well(community: Community, changes: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        await community.board(**changes)
    assert set(refusal.value.fields) == fields


@pytest.mark.parametrize(
    "changes", [{"period": "week", "publish_day": 8}, {"publish_day": 29}, {"top": 0}, {"objection_working_days": 61}]
)
async def test_the_schema_refuses_them_as_well(community: Community, changes: dict[str, Any]) -> None:
    await community.board()

    def change(tx: Transaction) -> None:
        tx.run(sa.update(BOARD).values(**changes))

    with pytest.raises(IntegrityError):
        await community.write(change)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
async def test_only_administrators_set_boards_up(community: Community, role: Role) -> None:
    by = await community.bank.staff(role, branch=community.branch)
    with pytest.raises(Forbidden):
        await community.board(by=by)


async def test_a_branch_outside_ones_own_is_not_found(community: Community) -> None:
    other = await community.bank.branch("龙湖社区", BranchKind.COMMUNITY)
    by = await community.bank.staff(Role.ADMINISTRATOR, branch=community.branch)
    for branch_id in (other.id, 999):
        with pytest.raises(NotFound):
            await community.write(create_board, **{**MONTHLY, "branch_id": branch_id, "by": by})
    assert await community.read(list_boards, after_id=None, limit=10) == []


async def test_members_set_no_boards_up(server: Server, served: Community) -> None:
    client = await as_member(server, await served.member("张小明"))
    answer = await client.post("/leaderboards", json={**SENT, "branch_id": served.branch.id})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    answer = await server.client().post("/leaderboards", json={**SENT, "branch_id": served.branch.id})
    assert answer.status_code == 401


async def test_the_first_period_is_the_one_that_runs(community: Community) -> None:
    community.bank.clock.set(at("2026-11-30 23:59"))
    assert (await community.board()).next_due_at == at("2026-12-05 09:00")
    community.bank.clock.set(at("2026-12-01 00:00"))
    board = await community.write(create_board, **{**MONTHLY, "publish_time": time(18, 30)}, branch_id=1, by=SYSTEM)
    assert (board.next_period.name, board.next_due_at) == ("2026-12", at("2027-01-05 18:30"))
