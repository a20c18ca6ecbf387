"""The server answers, and refuses in the contract's shape."""

import httpx

from tests.bank import TLS, Server


async def test_it_is_healthy(server: Server) -> None:
    async with httpx.AsyncClient(verify=TLS) as client:
        answer = await client.get(f"{server.url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
