"""`verify` notices an edition that is not as it was published."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.leaderboards.boards import BOARD
from points_bank.leaderboards.checks import CHECKS
from points_bank.leaderboards.editions import EDITION, STANDING
from points_bank.transaction import Transaction
from tests.bank import at
from tests.leaderboards.conftest import Community


class TakenBack(Exception):
    """Carries what was found out of an act whose changes must not stay."""


async def found_after(community: Community, change: Callable[[Transaction], Any]) -> list[str]:
    """The differences that the checks find once something was changed behind the bank's back."""

    def look(tx: Transaction) -> None:
        change(tx)
        raise TakenBack([difference for check in CHECKS for difference in check.differences(tx)])

    with pytest.raises(TakenBack) as caught:
        await community.write(look)
    found: list[str] = caught.value.args[0]
    return found


@pytest.fixture
async def published(community: Community) -> Community:
    """Two editions with two participants each."""
    community.bank.clock.set(at("2026-10-12 09:00"))
    await community.board()
    zhang, li = await community.member("张小明"), await community.member("李华")
    await community.serve("2026-10-17", {zhang: 60, li: 120})
    await community.serve("2026-11-07", {zhang: 60, li: 120})
    await community.run("2026-12-05 09:00")
    return community


async def test_what_was_published_holds(published: Community) -> None:
    assert await found_after(published, lambda tx: None) == []


async def test_a_changed_value_is_found(published: Community) -> None:
    (found,) = await found_after(
        published,
        lambda tx: tx.run(
            sa.update(STANDING).where(STANDING.c.edition_id == 1, STANDING.c.member_id == 1).values(value=999)
        ),
    )
    assert found.startswith("edition 1: its hash is ")


async def test_a_standing_that_was_taken_out_is_found(published: Community) -> None:
    found = await found_after(
        published, lambda tx: tx.run(sa.delete(STANDING).where(STANDING.c.edition_id == 2, STANDING.c.member_id == 1))
    )
    assert found[0] == "edition 2: 2 took part, 1 standings are kept"
    assert found[1].startswith("edition 2: its hash is ")


@pytest.mark.parametrize("change", [{"ledger_position": 99}, {"period": "2025-01"}])
async def test_another_position_or_period_is_found(published: Community, change: dict[str, Any]) -> None:
    update = sa.update(EDITION).where(EDITION.c.id == 1).values(**change)
    found = await found_after(published, lambda tx: tx.run(update))
    assert found[0].startswith("edition 1: its hash is ")


@pytest.mark.parametrize(("edition_id", "left"), [(1, "2026-11"), (2, "2026-10")])
async def test_a_missing_edition_is_found(published: Community, edition_id: int, left: str) -> None:
    def take_out(tx: Transaction) -> None:
        tx.run(sa.delete(STANDING).where(STANDING.c.edition_id == edition_id))
        tx.run(sa.delete(EDITION).where(EDITION.c.id == edition_id))

    assert await found_after(published, take_out) == [
        f"leaderboard 1: published {left}; its schedule says 2026-10, 2026-11"
    ]


async def test_a_schedule_that_leaves_a_period_out_is_found(published: Community) -> None:
    changed = sa.update(BOARD).values(next_period_on=at("2027-01-01 00:00").date())
    assert await found_after(published, lambda tx: tx.run(changed)) == [
        "leaderboard 1: published 2026-10, 2026-11; its schedule says 2026-10, 2026-11, 2026-12"
    ]
