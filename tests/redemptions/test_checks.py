"""`verify` names what does not fit: each book is spoilt by one statement, looked at, and left as it was."""

import pytest
import sqlalchemy as sa

from points_bank.transaction import Transaction
from points_bank.verify import verify
from tests.redemptions.shop import Shop


class Looked(Exception):
    """Ends a write act that only looked, so that nothing of it is kept."""


async def spoil(shop: Shop, statement: str) -> dict[str, list[str]]:
    """What `verify` finds, by check, once a statement has spoilt the books."""
    findings: dict[str, list[str]] = {}

    def look(tx: Transaction) -> None:
        tx.run(sa.text(statement))
        findings.update({finding.check: finding.differences for finding in verify(tx) if finding.differences})
        raise Looked

    with pytest.raises(Looked):
        await shop.write(look)
    return findings


async def test_what_is_spoilt_is_named(shop: Shop) -> None:
    member, other = await shop.member(400), await shop.member(400)
    reward_id = await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()["id"]
    reserved = (await shop.reserve(member.id, (reward_id, 2))).json()["id"]
    spoilt = {
        f"UPDATE redemption SET state = 'cancelled' WHERE id = {redeemed}": {
            "transfers of redemptions": ["redemption 1 (cancelled): redemption instead of redemption, refund"],
            "goods of redemptions": ["redemption 1 (cancelled): 1 of reward 1, 1 taken, 0 put back"],
        },
        f"UPDATE redemption SET state = 'collected', collected_at = ordered_at WHERE id = {reserved}": {
            "held points": ["branch 2 holds 160, open reservations are 0"],
            "transfers of redemptions": ["redemption 2 (collected): hold instead of hold, collection"],
        },
        f"UPDATE redemption SET amount_points = 90 WHERE id = {redeemed}": {
            "amounts of redemptions": ["redemption 1 of 90: its items cost 80"],
            "transfers of redemptions": ["redemption 1: redemption of 80, not 90"],
        },
        f"UPDATE redemption SET member_id = {other.id} WHERE id = {redeemed}": {
            "transfers of redemptions": [f"redemption 1: redemption with member {member.id}, not {other.id}"],
        },
        f"UPDATE redemption_item SET quantity = 3, cost_points = 40 WHERE redemption_id = {redeemed}": {
            "amounts of redemptions": ["redemption 1 of 80: its items cost 120"],
            "goods of redemptions": ["redemption 1 (collected): 3 of reward 1, 1 taken, 0 put back"],
        },
        "UPDATE stock SET remaining_quantity = 8": {
            "stock is the sum of its movements": ["desk 1, reward 1: 8 remain, 7 by its movements"],
        },
        "INSERT INTO stock_movement (desk_id, reward_id, kind, quantity, redemption_id, moved_by, moved_at)"
        " VALUES (1, 1, 'redeemed', -1, NULL, 'system', '2026-10-12 00:00:00')": {
            "stock is the sum of its movements": ["desk 1, reward 1: 7 remain, 6 by its movements"],
            "goods with a redemption": ["stock movement 4 (redeemed) belongs to no redemption"],
        },
    }
    assert {statement: await spoil(shop, statement) for statement in spoilt} == spoilt


async def test_a_transfer_without_its_redemption_is_named(shop: Shop) -> None:
    member, reward_id = await shop.member(400), await shop.reward(80)
    await shop.redeem(member.id, (reward_id, 1))
    added = await spoil(
        shop,
        "INSERT INTO transfer (kind, debit_account_id, credit_account_id, amount_points, occurred_on, posted_at,"
        " reference) SELECT 'refund', credit_account_id, debit_account_id, 80, occurred_on, posted_at, 'redemption:77'"
        " FROM transfer WHERE kind = 'redemption'",
    )
    assert added["transfers with a redemption"] == ["transfer 3 (refund) has no redemption:77"]
