"""The contract as served: whole, described, true, and shown by a page that asks nobody outside."""

import inspect
import re
import typing
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from points_bank.actor import Role
from points_bank.app import ROUTES
from points_bank.contract import KEYLESS, NEEDS_KEY
from points_bank.web import API
from tests.bank import TLS, Server


@pytest.fixture
async def contract(server: Server) -> dict[str, Any]:
    async with httpx.AsyncClient(verify=TLS) as client:
        schema: dict[str, Any] = (await client.get(f"{server.url}/api/v1/openapi.json")).json()
    return schema


async def test_every_route_is_described_with_its_refusals(contract: dict[str, Any]) -> None:
    assert contract["openapi"].startswith("3.1")
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            assert operation["description"], f"{method} {path} says what it does"
            refusals = {status for status in operation["responses"] if not status.startswith("2")}
            assert "503" in refusals, f"{method} {path} may be busy"
            assert refusals <= {"401", "403", "404", "409", "422", "429", "503"}, (method, path)
            assert {"401", "403", "404"} <= refusals or not operation["security"], (method, path)
    for refusal in contract["components"]["responses"].values():
        told = refusal["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]
        assert told["code"]["enum"], refusal
    conflict = contract["components"]["responses"]["Conflict"]["content"]["application/problem+json"]["schema"]
    assert "insufficient_points" in conflict["allOf"][1]["properties"]["code"]["enum"]


async def test_it_says_where_a_key_is_needed(contract: dict[str, Any]) -> None:
    for handler in ROUTES:
        described, source = inspect.getdoc(handler.fn) or "", inspect.getsource(handler.fn)
        assert ("key_required=True" in source) == described.endswith(NEEDS_KEY), handler
        is_keyless = "POST" in handler.http_methods and "write_keyed(" not in source
        assert is_keyless == (handler.paths <= KEYLESS), handler
    operation = contract["paths"]["/api/v1/redemptions"]["post"]
    [key] = operation["parameters"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)
    [key] = contract["paths"]["/api/v1/members"]["post"]["parameters"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", False)
    assert contract["paths"]["/api/v1/redemptions/preview"]["post"]["parameters"] == []


async def test_its_patterns_hold_outside_of_python(contract: dict[str, Any]) -> None:
    """In ECMA-262 `\\w` is ASCII only, and a look ahead for a line break at the end means nothing."""
    patterns = set(_patterns_in(contract))
    assert len(patterns) > 5
    assert not [each for each in patterns if re.search(r"\\W|\\w|\(\?", each)]
    name = contract["components"]["schemas"]["NewMember"]["properties"]
    assert r"\p{L}" in name["name"]["pattern"]
    assert isinstance(name["branch_id"]["maximum"], int)


def _patterns_in(part: Any) -> Iterator[str]:
    for name, each in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "pattern" and isinstance(each, str):
            yield each
        yield from _patterns_in(each)


async def test_a_body_has_no_other_fields_than_those_it_names(contract: dict[str, Any]) -> None:
    shapes = {shape for handler in ROUTES for shape in _shapes_of(typing.get_type_hints(handler.fn).get("data"))}
    assert len(shapes) > 50
    for shape in shapes:
        assert shape.__struct_config__.forbid_unknown_fields, shape
    assert contract["components"]["schemas"]["NewMember"]["additionalProperties"] is False
    assert contract["components"]["schemas"]["GuardianShape"]["additionalProperties"] is False


def _shapes_of(kind: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for each in msgspec.structs.fields(kind):
            yield from _shapes_of(each.type)
    for each in typing.get_args(kind):
        yield from _shapes_of(each)


async def test_a_file_is_no_json(contract: dict[str, Any]) -> None:
    def kinds(path: str, method: str = "get", status: str = "200") -> set[str]:
        answer = contract["paths"][API + path][method]["responses"][status]
        return {kind.rpartition(".")[2] for kind in answer["content"]}

    assert kinds("/me/export.xlsx") == {"sheet"}
    assert kinds("/reviews/{review_id}/evidence.csv") == {"text/csv"}
    assert kinds("/desks/{desk_id}/register/{when}") == {"text/csv", "sheet"}
    assert kinds("/reports/{period}") == {"application/json", "text/csv", "sheet"}
    assert kinds("/imports", "post", "201") == kinds("/imports", "post") == {"application/json", "text/csv", "sheet"}
    assert "multipart/form-data" in contract["paths"][f"{API}/imports"]["post"]["requestBody"]["content"]


async def test_every_method_of_a_path_is_told(server: Server, application: Litestar) -> None:
    """Where several handlers share a path, whichever of them was there first."""
    client = await server.as_staff(Role.OVERSEER)
    for route in application.routes:
        if route.path.startswith(API) and "{" not in route.path:
            answer = await client.options(route.path.removeprefix(API))
            assert set(answer.headers["allow"].split(", ")) == set(route.methods), route.path


async def test_the_page_loads_nothing_from_outside(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, verify=TLS) as client:
        page = (await client.get("/docs")).text
        wanted = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert wanted
        assert all(each.startswith("/docs-files/") for each in wanted)
        assert [(await client.get(each)).status_code for each in wanted] == [200] * len(wanted)


async def test_the_page_runs_what_is_inside_it_and_no_other_script(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, verify=TLS) as client:
        answers = [await client.get(path) for path in ("/docs", "/docs/", "/docs")]
        policies = {each.headers["content-security-policy"] for each in answers}
        assert len(policies) == 1
        rules = {name: set(rest) for name, *rest in (part.split() for part in policies.pop().split(";"))}
        assert rules["frame-ancestors"] == rules["default-src"] == rules["base-uri"] == {"'none'"}
        for name in ("script", "style"):
            inside = re.findall(f"<{name}(?! src=)[^>]*>(.*?)</{name}>", answers[0].text, re.DOTALL)
            hashes = {f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in inside}
            assert len(hashes) == 1
            assert rules[f"{name}-src"] == {"'self'"} | hashes
        assert answers[0].headers["x-frame-options"] == "DENY"
        # Nothing beside that page has its policy, whatever its address begins with.
        for path in ("/docs/nowhere", "/docs-files/swagger-ui.css", "/docsx", "/docs/oauth2-redirect.html"):
            answer = await client.get(path)
            assert "sha256" not in answer.headers["content-security-policy"], path
            assert "'unsafe-inline'" not in answer.headers["content-security-policy"], path
