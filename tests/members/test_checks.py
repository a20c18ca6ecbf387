"""What the checks of members find when the books are spoiled by hand."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.members.checks import CHECKS
from points_bank.members.models import Home, Member
from points_bank.members.moving import move_member
from points_bank.transaction import Transaction
from tests.members.conftest import Estates

MEMBER, HOME = table_of(Member), table_of(Home)


class SpoiltOnPurpose(Exception):
    """Takes the spoiling back once the checks have looked."""


def spoil_and_check(tx: Transaction, *spoiling: Any) -> None:
    for statement in spoiling:
        tx.run(statement)
    raise SpoiltOnPurpose([difference for check in CHECKS for difference in check.differences(tx)])


@pytest.mark.parametrize(
    ("spoiling", "found"),
    [
        ([], []),
        ([sa.text("DELETE FROM account")], ["member 1: 0 accounts instead of 1", "member 2: 0 accounts instead of 1"]),
        ([sa.delete(HOME).where(HOME.c.member_id == 1)], ["member 1: no first home"]),
        (
            [sa.update(HOME).where(HOME.c.member_id == 2, HOME.c.from_on == date(2026, 10, 12)).values(branch_id=1)],
            ["member 2: belongs to branch 3, lives in branch 1"],
        ),
        (
            [sa.text("DROP INDEX uq_card_active"), sa.text("UPDATE card SET member_id = 1")],
            ["member 1: 2 active cards"],
        ),
        (
            [sa.update(MEMBER).where(MEMBER.c.id == 1).values(phone_tail_hash=b"x")],
            ["member 1: a hash of the phone differs"],
        ),
        (
            [sa.update(MEMBER).values(phone_hash=b"x")],
            ["member 1: a hash of the phone differs", "member 2: a hash of the phone differs"],
        ),
        (
            [sa.update(MEMBER).where(MEMBER.c.id == 1).values(phone=b"\0\1" + bytes(40))],
            ["member 1: the phone cannot be decrypted"],
        ),
    ],
)
async def test_a_spoilt_book_is_noticed(estates: Estates, spoiling: list[Any], found: list[str]) -> None:
    await estates.member(phone="13812341234")
    second = await estates.member("李娜")
    await estates.write(move_member, second.id, branch_id=estates.other.id, on=date(2026, 10, 12), by=estates.recorder)
    with pytest.raises(SpoiltOnPurpose) as raised:
        await estates.write(spoil_and_check, *spoiling)
    assert raised.value.args[0] == found
