"""What a log never tells: passwords, PINs, tokens, keys, phones and what was typed, also where something fails."""

import logging

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff
from tests.bank import Server

PASSWORD, WRONG, PHONE, NAME = "correct horse battery", "wrong horse battery", "13812341234", "诸葛亮亮"


async def test_a_log_tells_no_secret_and_no_person(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for client in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=client)
    database, branch = server.bank.database, await server.bank.branch()
    await database.write(create_staff, login="lin", name="林", password_hash=hash_password(PASSWORD), by=SYSTEM)
    anyone, token = server.client(), await server.bank.token(await server.bank.staff(Role.ADMINISTRATOR))
    root = server.client(token)
    signed = (await anyone.post("/staff-tokens", json={"login": "lin", "password": PASSWORD})).json()["token"]
    await anyone.post("/staff-tokens", json={"login": "lin", "password": WRONG})
    made = {"name": NAME, "branch_id": branch.id, "phone": PHONE, "consents": []}
    member = (await root.post("/members", json=made)).json()
    pin = (await root.post(f"/members/{member['id']}/pin")).json()["pin"]
    own = (await anyone.post("/member-tokens", json={"card_no": member["card_no"], "pin": pin})).json()["token"]
    await root.get("/members", params={"q": PHONE})
    await database.write(lambda tx: tx.run(sa.text("DROP TABLE consent")))
    failed = await root.post("/members", json=made | {"consents": ["records"]})
    assert failed.status_code == 500
    await database.write(
        lambda tx: tx.run(sa.text("CREATE TABLE consent (id INTEGER PRIMARY KEY, member_id BIGINT, purpose VARCHAR(32),"
                                  " given_at TIMESTAMP, withdrawn_at TIMESTAMP)"))
    )  # fmt: skip
    assert "failed at POST /api/v1/members" in caplog.text
    key = database.settings.key_path.read_text().split()[0]
    for secret in (PASSWORD, WRONG, PHONE, NAME, pin, token, signed, own, key, member["card_no"]):
        assert secret not in caplog.text
