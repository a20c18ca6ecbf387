"""`points-bank keys`: what there is, and changing the key in a process of its own."""

import json

from points_bank.actor import Role
from points_bank.members.record import member_record
from points_bank.members.register import register_member
from tests.bank import Bank
from tests.cli.conftest import Command


async def test_the_key_is_changed_while_the_bank_is_served(bank: Bank, opened: Command) -> None:
    recorder = await bank.staff(Role.RECORDER)
    member = await bank.database.write(
        register_member, name="张伟", branch_id=bank.district.id, phone="13812341234", by=recorder
    )
    assert "1 values" in opened.told("keys", "show")
    told = opened.told("keys", "rotate")
    assert told.startswith("Key 2 is in use; 1 values are encrypted with it.\nKeep a copy of ")
    assert json.loads(opened.told("keys", "rotate", "--json")) == {"number": 3, "values": 1, "retired": [1, 2]}
    lines = json.loads(opened.told("keys", "show", "--json"))
    assert [(line["number"], line["values"], line["retired_at"] is None) for line in lines] == [
        (1, 0, False),
        (2, 0, False),
        (3, 1, True),
    ]
    assert (await bank.database.read(member_record, member.id, by=recorder)).phone == "138****1234"
