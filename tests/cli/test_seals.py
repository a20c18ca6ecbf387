"""`points-bank seals`: the chain as anyone may keep it."""

import json
from datetime import date

from points_bank.ledger.posting import Award, award
from points_bank.scheduler import run_due
from points_bank.transaction import Transaction
from tests.bank import Bank, at
from tests.cli.conftest import Command
from tests.members.conftest import estates_of


async def test_the_newest_days_are_shown_first(bank: Bank, opened: Command) -> None:
    member = await (await estates_of(bank)).member()
    assert opened.told("seals") == "No day is sealed yet."

    def carry(tx: Transaction, number: int) -> None:
        each = Award(
            member_id=member.id, branch_id=bank.district.id, points=10, minutes=0, activities=0,
            occurred_on=date(2026, 10, 1), lapses_on=date(2027, 12, 31), reference=f"carried:{number}",
        )  # fmt: skip
        award(tx, [each], grace_days=30)

    for number in (1, 2):
        bank.clock.set(at(f"2026-10-1{number + 1} 09:00"))
        await bank.database.write(carry, number)
    bank.clock.set(at("2026-10-20 09:00"))
    await run_due(bank.database)
    second, first = json.loads(opened.told("seals", "--json"))
    assert (first["day"], second["day"], second["previous"]) == ("2026-10-12", "2026-10-13", first["head"])
    assert opened.told("seals", "--limit", "1") == f"2026-10-13  2-2  {second['head']}"
