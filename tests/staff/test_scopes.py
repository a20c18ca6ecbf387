"""Tokens for some tasks only: what programs get, and what they never get."""

from collections.abc import Collection
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Role, Task
from points_bank.columns import table_of
from points_bank.errors import Invalid
from points_bank.staff.models import Staff, Token
from points_bank.staff.people import grant_right
from points_bank.staff.tokens import hash_of, issue_client_token, new_token
from points_bank.web import SESSION
from tests.bank import Bank, Server

STAFF, TOKEN = table_of(Staff), table_of(Token)


async def program(server: Server, whose: Actor, scopes: Collection[Task] | None = None) -> httpx.AsyncClient:
    """A program that works as somebody, for these tasks."""
    return server.client(await client_token(server.bank, whose, scopes))


async def client_token(bank: Bank, whose: Actor, scopes: Collection[Task] | None) -> str:
    token = new_token()
    login = await bank.database.read(lambda tx: tx.scalar(sa.select(STAFF.c.login).where(STAFF.c.id == whose.id)))
    await bank.database.write(
        issue_client_token, login=login, token_hash=hash_of(token), days=1, scopes=scopes, by=SYSTEM
    )
    return token


async def test_the_token_of_a_program_opens_no_page_and_ends_nobodys_session(server: Server) -> None:
    root = await server.bank.staff(Role.ADMINISTRATOR)
    at_work = await server.browser(await server.bank.token(root))
    for scopes in ([Task.READ_REWARDS], None):
        token = await client_token(server.bank, root, scopes)
        with_cookie = httpx.AsyncClient(base_url=server.url, cookies={SESSION: token})
        proof = server.bank.database.keys.digest("form", token).hex()[:32]
        async with with_cookie:
            for path in ("/sessions", "/admin/staff", "/staff/members"):
                answer = await with_cookie.get(path)
                assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path
            for path in ("/sessions/1/end", "/sign-out"):
                await with_cookie.post(path, data={"form_proof": proof})
        # Nor is it ended by what is done with its cookie.
        assert (await server.client(token).get("/rewards")).status_code == 200
    assert (await at_work.get("/sessions")).status_code == 200


async def test_a_narrow_token_is_not_told_what_a_wider_one_was_answered(server: Server) -> None:
    root, key = await server.bank.staff(Role.ADMINISTRATOR), {"Idempotency-Key": "1"}
    branch = {"code": "B7", "name": "新社区", "kind": "community", "parent_id": server.bank.district.id}
    wide = await program(server, root)
    made = await wide.post("/branches", json=branch, headers=key)
    assert made.status_code == 201
    narrow = await program(server, root, [Task.READ_REWARDS])
    answer = await narrow.post("/branches", json=branch, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    again = await wide.post("/branches", json=branch, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made.json(), "true")


async def test_tokens_for_the_same_tasks_share_their_keys(server: Server) -> None:
    recorder, key = await server.bank.staff(Role.RECORDER), {"Idempotency-Key": "1"}
    form: dict[str, Any] = {"name": "张伟", "branch_id": server.bank.district.id, "consents": []}
    tasks = [Task.KEEP_MEMBERS, Task.READ_MEMBERS]
    ids = [
        (await (await program(server, recorder, scopes)).post("/members", json=form, headers=key)).json()["id"]
        for scopes in (tasks, tasks[::-1], [Task.KEEP_MEMBERS])
    ]
    assert ids[0] == ids[1] != ids[2]


async def test_a_task_named_twice_is_kept_once(bank: Bank) -> None:
    clerk = await bank.staff(Role.CLERK)
    token = await client_token(bank, clerk, [Task.SERVE, Task.READ_REWARDS, Task.SERVE])
    kept = sa.select(TOKEN.c.scopes).where(TOKEN.c.token_hash == hash_of(token))
    assert await bank.database.read(lambda tx: tx.scalar(kept)) == ["read_rewards", "serve"]


async def test_a_task_that_no_right_of_the_holder_is_good_for_is_refused(bank: Bank) -> None:
    clerk = await bank.staff(Role.CLERK)
    with pytest.raises(Invalid) as refused:
        await client_token(bank, clerk, [Task.SERVE, Task.ADMINISTER])
    assert (list(refused.value.fields), refused.value.values) == (["scope"], {"task": "administer"})
    coming = bank.clock.now().date().replace(year=2027)
    await bank.database.write(
        grant_right, clerk.id, role=Role.ADMINISTRATOR, branch_id=bank.district.id, from_on=coming, by=SYSTEM
    )
    await client_token(bank, clerk, [Task.ADMINISTER])
    with pytest.raises(Invalid):
        await client_token(bank, await bank.staff(), [Task.READ_REWARDS])
