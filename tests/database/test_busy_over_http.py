"""When too many wait, a client is told so, and when to come back."""

import asyncio

import pytest

from points_bank.actor import Role
from points_bank.settings import Settings
from tests.bank import Server
from tests.database.test_group_commit import hold


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"queue_limit_acts": 1})


async def test_a_full_queue_is_503_with_retry_after(server: Server) -> None:
    administrator = await server.as_staff(Role.ADMINISTRATOR)
    recorder = await server.as_staff(Role.RECORDER)
    held, task = await hold(server.bank.database)
    body = {"name": "张伟", "branch_id": server.bank.district.id, "consents": []}
    first = asyncio.create_task(recorder.post("/members", json=body))
    await asyncio.sleep(0.2)
    refused = await administrator.post("/members", json=body)
    held.may_end.set()
    await task
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["detail"] == "The bank is busy. Nothing was changed; please try again."
    assert (await first).status_code == 201
    assert (await administrator.post("/members", json=body)).status_code == 201
