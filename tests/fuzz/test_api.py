"""The whole API under Schemathesis, as everybody who may ask: the bank never fails, and answers as documented."""

import copy
import json
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import TLS
from tests.fuzz.city import ASKERS, NOBODY, Served, all_transfers, points_of_all, what_there_is
from tests.fuzz.conftest import City
from tests.fuzz.fuzzer import Attack, Report

pytestmark = [pytest.mark.thorough, pytest.mark.fuzz]

MOVES_NO_POINTS = {Role.OVERSEER, Role.STOCK_KEEPER, NOBODY}
ENDS_ITSELF = ("/api/v1/tokens/current", "/api/v1/staff/{staff_id}/password")
"""Not fuzzed: with the token that they end (the second one where it is the asker's) there would be nothing to ask."""

LETTER, LETTER_IN_PYTHON = json.dumps(r"[\p{L}\p{Nl}\p{No}]")[1:-1], json.dumps(r"[^\W\d_]")[1:-1]


def contract_of(served: Served) -> dict[str, Any]:
    """The contract as it is served, but for what makes up words: it does so with Python's patterns."""
    text = httpx.get(f"{served.address}/api/v1/openapi.json", verify=TLS, timeout=60).text
    assert LETTER in text
    contract: dict[str, Any] = json.loads(text.replace(LETTER, LETTER_IN_PYTHON))
    for path in ENDS_ITSELF:
        del contract["paths"][path]
    return contract


def attacked(served: Served, city: City, asker: str, contract: dict[str, Any], *phases: str) -> Report:
    token = served.token_of(asker, city.demo.member.id)
    before = served.read(all_transfers)
    attack = Attack(served.address, contract, served.read(what_there_is), phases, token)
    report = attack.carry_out()
    report.note(asker, phases, city.settings.database_kind)
    assert served.differences() == []
    stored, moved = served.read(points_of_all)
    assert stored == moved
    assert asker not in MOVES_NO_POINTS or served.read(all_transfers) == before
    return report


@pytest.mark.parametrize("asker", ASKERS)
def test_chance_meets_no_failure(served: Served, city: City, asker: str) -> None:
    contract = contract_of(served)
    report = attacked(served, city, asker, contract, "fuzzing")
    assert report.failures == {}, report.told
    assert len(report.operations) == sum(len(item) for item in contract["paths"].values())


def _part(contract: dict[str, Any], part: int, parts: int) -> dict[str, Any]:
    chosen = copy.copy(contract)
    chosen["paths"] = {path: contract["paths"][path] for path in sorted(contract["paths"])[part::parts]}
    return chosen


@pytest.mark.parametrize("part", range(4))
def test_every_bound_is_kept(served: Served, city: City, part: int) -> None:
    """What lies on a bound and just beyond it, what is left out, and methods that there are not."""
    contract = _part(contract_of(served), part, 4)
    report = attacked(served, city, Role.ADMINISTRATOR, contract, "coverage")
    assert report.failures == {}, report.told
