"""A bank with something in it to take along."""

from datetime import date

from points_bank.actor import SYSTEM, Role
from points_bank.ledger.posting import Award, award
from points_bank.ledger.reversal import reverse
from points_bank.members.models import Purpose
from points_bank.members.register import register_member
from tests.bank import Bank
from tests.cli.conftest import command, opened

__all__ = ["command", "opened"]


async def lived_in(bank: Bank) -> list[int]:
    """Staff, and two members with three transfers between them; the members' ids."""
    await bank.staff(Role.RECORDER)
    members = [
        (await bank.database.write(
            register_member, name=name, branch_id=bank.district.id, phone="13900001234", consents=[Purpose.RECORDS],
            by=SYSTEM,
        )).id
        for name in ("张伟", "=李娜")
    ]  # fmt: skip
    first = await bank.database.write(award, [_award(members[0], 60, "grant:1")], grace_days=30)
    await bank.database.write(award, [_award(members[1], 40, "grant:2")], grace_days=30)
    await bank.database.write(reverse, _award(members[0], 10, "taken:1"), of=[first["grant:1"]], floor_points=-200)
    return members


def _award(member_id: int, points: int, reference: str) -> Award:
    return Award(
        member_id=member_id, branch_id=1, points=points, minutes=0, occurred_on=date(2026, 10, 1),
        lapses_on=date(2027, 12, 31), reference=reference, activities=0,
    )  # fmt: skip
