"""The rules in force over HTTP."""

from datetime import date

import pytest

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.rules.drafts import NEVER_BINDS_IN_A_DAY
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.rule_set import reference_content
from tests.bank import Server


async def test_the_rules_in_force_are_told_in_full(server: Server) -> None:
    estate = await server.bank.branch()
    client = await server.as_staff(Role.OVERSEER)
    answer = await client.get("/rule-sets/current", params={"branch_id": estate.id, "on": "2026-11-21"})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": 1,
        "branch_id": server.bank.district.id,
        "valid_from_on": None,
        "code": "R1",
        "version": 1,
        "name": {"zh": "积分细则 R1", "en": "Rule set R1"},
        "roles": {
            "publicity": {
                "kind": "per_session",
                "name": {"zh": "宣传", "en": "Publicity"},
                "points": 10,
                "minimum_minutes": 30,
                "sessions_per_day": 2,
            },
            "mediation": {
                "kind": "per_case",
                "name": {"zh": "调解", "en": "Mediation"},
                "points": 30,
                "referred_points": 10,
                "mediators_per_case": 2,
                "follow_up_days": 7,
            },
            "service": {
                "kind": "per_unit",
                "name": {"zh": "服务", "en": "Service"},
                "unit_minutes": 30,
                "points_per_unit": 5,
                "limit_minutes_per_activity": 240,
            },
        },
        "lead_points": 5,
        "day_cap_points": 60,
        "month_cap_points": 400,
        "notice_working_days": 3,
        "late_entry_days": 7,
        "late_entry_with_evidence_days": 30,
        "years_kept": 1,
        "grace_days": 30,
        "redemption_minimum_points": 100,
        "visit_limit_items": 3,
        "month_limit_points": 500,
        "household_month_limit_points": 800,
        "reservation_days": 30,
        "reservation_tries": 5,
        "balance_floor_points": -200,
        "star_hours": [100, 300, 600, 1000, 1500],
    }


async def test_without_a_day_it_is_today(server: Server) -> None:
    content = reference_content().replace("version = 1", "version = 2")
    branch_id = server.bank.district.id
    await server.bank.database.write(
        add_rule_set, branch_id=branch_id, content=content, valid_from_on=date(2026, 10, 12)
    )
    client = await server.as_staff(Role.ADMINISTRATOR)
    today = (await client.get("/rule-sets/current", params={"branch_id": branch_id})).json()
    yesterday = (await client.get("/rule-sets/current", params={"branch_id": branch_id, "on": "2026-10-11"})).json()
    assert (today["version"], today["valid_from_on"]) == (2, "2026-10-12")
    assert (yesterday["version"], yesterday["valid_from_on"]) == (1, None)


async def test_what_is_strange_in_a_draft_is_told_in_the_language_of_who_asks(server: Server) -> None:
    content = reference_content().replace("day_cap_points = 60 ", "day_cap_points = 5000 ")
    client = await server.as_staff(Role.ADMINISTRATOR)
    told = []
    for language in ("zh", "en"):
        body = {"content": content.replace("month_cap_points = 400", "month_cap_points = 9000"), "month": "2026-10"}
        answer = await client.post("/rule-sets/trial", json=body, headers={"Accept-Language": language})
        (oddity,) = answer.json()["oddities"]
        told.append((oddity["path"], oddity["explanation"]))
    assert told == [
        ("day_cap_points", "任何一天都达不到这个数：服务满 24 小时、加上全部场次和一次调解也不到。"),
        ("day_cap_points", NEVER_BINDS_IN_A_DAY),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"branch_id": ""},
        {"branch_id": "0"},
        {"branch_id": "-1"},
        {"branch_id": "x"},
        {"branch_id": "9" * 30},
        {"branch_id": "1", "on": "soon"},
        {"branch_id": "1", "on": "2026-13-01"},
    ],
)
async def test_what_makes_no_sense_is_invalid(server: Server, query: dict[str, str]) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    answer = await client.get("/rule-sets/current", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_who_may_not_see_it_does_not(server: Server) -> None:
    district = server.bank.district
    own = await server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    other = await server.bank.branch("银宇社区", BranchKind.COMMUNITY)
    answers = {
        "nobody": await server.client().get("/rule-sets/current", params={"branch_id": own.id}),
        "recorder": await (await server.as_staff(Role.RECORDER, branch=own)).get(
            "/rule-sets/current", params={"branch_id": own.id}
        ),
    }
    administrator = await server.as_staff(Role.ADMINISTRATOR, branch=own)
    for name, branch_id in {"own": own.id, "other": other.id, "above": district.id, "unknown": 999}.items():
        answers[name] = await administrator.get("/rule-sets/current", params={"branch_id": branch_id})
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "nobody": 401,
        "recorder": 403,
        "own": 200,
        "other": 404,
        "above": 404,
        "unknown": 404,
    }


async def test_it_is_in_the_description_of_the_contract(server: Server) -> None:
    described = (await server.client().get("/openapi.json")).json()
    route = next(path for path in described["paths"] if path.endswith("/rule-sets/current"))
    assert "get" in described["paths"][route]
