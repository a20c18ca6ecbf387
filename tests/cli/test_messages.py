"""`points-bank messages`: what a sender outside of the bank is handed, and what it reports."""

import json

from points_bank.outbox import MessageKind, tell
from tests.bank import Bank
from tests.cli.conftest import Command
from tests.members.conftest import estates_of

NOW = {"POINTS_BANK_CLOCK": "2026-10-12T09:00:00+08:00"}


async def test_a_sender_claims_and_reports(bank: Bank, opened: Command) -> None:
    estates = await estates_of(bank)
    member = await estates.member(phone="13800001234")
    for number in range(2):
        await estates.write(tell, member_id=member.id, kind=MessageKind.SUSPENSION_ENDED, about=f"suspension:{number}")
    looked = opened.told("messages", "pending", "--language", "en", **NOW)
    assert looked.endswith("You can exchange points again.\nMessages to be sent: 2.")
    claimed = json.loads(opened.told("messages", "pending", "--json", "--claim-minutes", "5", "--limit", "1", **NOW))
    assert [(each["id"], each["phone"], each["text"]) for each in claimed] == [(1, "13800001234", "您已恢复兑换。")]
    assert opened.told("messages", "sent", "1", "--channel", "sms", **NOW) == "Messages noted as sent: 1."
    assert opened.told("messages", "sent", "1", "--channel", "sms", **NOW) == "Messages noted as sent: 0."
    assert [each["id"] for each in json.loads(opened.told("messages", "pending", "--json", **NOW))] == [2]
    assert opened("messages", "sent", "--channel", "sms").returncode == 2
