"""What is kept beside idempotency keys, which stay as long as the books: figures, and nothing of a person."""

import re
from uuid import uuid4

import httpx
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.columns import table_of
from points_bank.gifts.donating import donate_to_help_pool
from points_bank.idempotency import IdempotencyKey
from points_bank.transaction import Transaction
from tests.bank import Server
from tests.redemptions.shop import Shop, key, open_shop

KEYS = table_of(IdempotencyKey)


async def send(browser: httpx.AsyncClient, path: str, page: str, **fields: str) -> None:
    proof = re.search(r'name="form_proof" value="([^"]+)"', (await browser.get(page)).text)
    assert proof is not None
    answer = await browser.post(path, data={"form_proof": proof[1], "form_key": uuid4().hex, **fields})
    assert answer.status_code == 303, answer.text


def kept(tx: Transaction) -> str:
    rows = tx.all(sa.select(KEYS.c.outcome).order_by(KEYS.c.created_at))
    assert len(rows) == 3, "each form, and the request with a key"
    return " ".join(str(row.outcome) for row in rows)


async def test_details_and_reasons_do_not_stay_beside_their_keys(server: Server) -> None:
    shop: Shop = await open_shop(server)
    member = await shop.member(300)
    await shop.write(donate_to_help_pool, member_id=member.id, points=100, by=SYSTEM)
    token = await server.bank.token(await server.bank.staff(Role.RECORDER))
    office, at_home = await server.browser(token), f"/staff/members/{member.id}"
    details = {"name": "曾大伟", "phone": "", "born": "1958-03-12", "guardian_name": ""}
    await send(office, f"{at_home}/details", at_home, **details)
    await send(office, f"{at_home}/grant", f"{at_home}/grant", points="10", reason="独居，行动不便")
    grant = {"branch_id": shop.branch.id, "member_id": member.id, "points": 5, "reason": "独居，行动不便"}
    client, headers = server.client(token), key()
    answers = [await client.post("/help-pool/grants", json=grant, headers=headers) for _ in "12"]
    assert [each.json()["reason"] for each in answers] == [grant["reason"]] * 2

    outcomes = await shop.read(kept)
    for word in ("曾大伟", "1958", "独居"):
        assert word not in outcomes
