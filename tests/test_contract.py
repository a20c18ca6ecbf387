"""The contract as served: whole, described, and shown by a page that asks nobody outside."""

import re

import httpx

from tests.bank import TLS, Server


async def test_every_route_is_described_with_its_refusals(server: Server) -> None:
    async with httpx.AsyncClient(verify=TLS) as client:
        schema = (await client.get(f"{server.url}/api/v1/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/redemptions" in schema["paths"]
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["description"], f"{method} {path} says what it does"
            assert "400" not in operation["responses"], f"{method} {path} refuses in the bank's own shape"
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    keys = [each["name"] for each in schema["paths"]["/api/v1/redemptions"]["post"]["parameters"]]
    assert keys == ["Idempotency-Key"]


async def test_the_page_loads_nothing_from_outside(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, verify=TLS) as client:
        page = (await client.get("/docs")).text
        wanted = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert wanted
        assert all(each.startswith("/docs-files/") for each in wanted)
        assert [(await client.get(each)).status_code for each in wanted] == [200] * len(wanted)
