"""Seals: each day once, in a chain that a stranger can recompute and that shows every change."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger import seal as sealing
from points_bank.ledger.models import TransferKind
from points_bank.ledger.seal import (
    NOTHING_BEFORE,
    SealLine,
    broken_seals,
    latest_seal,
    list_seals,
    next_seal,
    seal_around,
)
from points_bank.scheduler import Done, run_due
from points_bank.settings import Settings
from tests.bank import at
from tests.banks import Banks
from tests.ledger.books import Books
from tests.tampering import tamper

DOCUMENT = Path(__file__).parents[2] / "docs/seals-and-receipts.md"


async def seals(books: Books) -> list[SealLine]:
    found: list[SealLine] = await books.read(list_seals, limit=1_000)
    return found[::-1]


async def sealed(books: Books, when: str) -> list[Done]:
    books.it_is(when)
    return [done for done in await run_due(books.database) if done.job == "seal"]


async def three_days(books: Books) -> int:
    """Two transfers on Monday, one on Tuesday, none on Wednesday, two on Thursday; nothing sealed yet. The member."""
    member_id = await books.account(next_year=120)
    await books.award(member_id, 30)
    books.it_is("2026-10-13 23:59")
    await books.spend(member_id, 100)
    books.it_is("2026-10-15 00:00")
    spent = await books.hold(member_id, 20)
    await books.collect(spent)
    return member_id


async def test_a_day_is_sealed_once_it_is_over(books: Books) -> None:
    assert await books.read(next_seal) is None
    await books.account(next_year=120)
    assert await books.read(next_seal) == at("2026-10-13 00:00")
    assert await sealed(books, "2026-10-12 23:59") == []
    assert [(done.due_at, done.count) for done in await sealed(books, "2026-10-13 00:00")] == [
        (at("2026-10-13 00:00"), 1)
    ]
    assert await sealed(books, "2026-10-20 00:00") == [], "days without transfers have no seal"
    (seal,) = await seals(books)
    assert (seal.day, seal.first_transfer_id, seal.last_transfer_id, seal.transfers) == (date(2026, 10, 12), 1, 1, 1)
    assert seal.previous == NOTHING_BEFORE


async def test_a_day_that_another_process_sealed_meanwhile_has_nothing_to_read(books: Books) -> None:
    await books.account(next_year=120)
    await sealed(books, "2026-10-13 00:00")
    draft: Any = await books.read(sealing.read_for_seal, None, due_at=at("2026-10-13 00:00"))
    assert (draft.is_whole, draft.transfers, draft.day) == (True, 0, date(2026, 10, 13))


async def test_days_that_were_missed_are_sealed_oldest_first(books: Books) -> None:
    await three_days(books)
    done = await sealed(books, "2026-11-20 09:00")
    assert [each.due_at for each in done] == [at("2026-10-13 00:00"), at("2026-10-14 00:00"), at("2026-10-16 00:00")]
    chain = await seals(books)
    assert [(seal.first_transfer_id, seal.last_transfer_id, seal.transfers) for seal in chain] == [
        (1, 2, 2),
        (3, 3, 1),
        (4, 5, 2),
    ]
    assert [seal.previous for seal in chain] == [NOTHING_BEFORE, chain[0].head, chain[1].head]


async def test_it_makes_no_difference_when_it_is_sealed_or_in_how_many_parts(
    books: Books, settings: Settings, banks: Banks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await three_days(books)
    (tmp_path / "copy").mkdir()
    with banks.copied(settings, tmp_path / "copy") as copy:
        await sealed(books, "2026-10-20 09:00")
        monkeypatch.setattr(sealing, "TRANSFERS_AT_A_TIME", 1)
        monkeypatch.setattr(sealing, "PARTS_A_SNAPSHOT", 1)
        clock = Clock(at("2026-10-14 09:00"))
        async with Database(copy, clock) as late:
            other = Books(late, clock)
            assert len(await sealed(other, "2026-10-14 09:00")) == 2
            assert len(await sealed(other, "2026-12-14 09:00")) == 1
            assert await seals(other) == await seals(books)


@pytest.mark.racing
async def test_many_who_look_at_once_seal_once(books: Books, settings: Settings) -> None:
    await three_days(books)
    books.it_is("2026-10-20 09:00")
    async with Database(settings, books.clock) as other:
        looks = await asyncio.gather(*(run_due(each) for each in (books.database, other) for _ in range(3)))
    assert sum(done.count for look in looks for done in look if done.job == "seal") == 3
    assert await books.read(lambda tx: list(broken_seals(tx))) == []


async def test_where_the_clock_was_put_back_every_transfer_is_still_in_one_seal(books: Books) -> None:
    member_id = await three_days(books)
    await sealed(books, "2026-10-20 09:00")
    books.it_is("2026-10-13 09:00")
    await books.award(member_id, 10)
    books.it_is("2026-10-25 09:00")
    await books.award(member_id, 10)
    await sealed(books, "2026-11-20 09:00")
    assert [(str(seal.day), seal.first_transfer_id, seal.last_transfer_id) for seal in (await seals(books))[3:]] == [
        ("2026-10-16", 6, 6),
        ("2026-10-25", 7, 7),
    ]


async def test_the_seal_of_a_transfer_and_of_a_position(books: Books) -> None:
    await three_days(books)
    assert await books.read(latest_seal) is None
    assert await books.read(seal_around, 3) is None
    await sealed(books, "2026-10-15 09:00")
    first, second = await seals(books)
    assert await books.read(latest_seal) == second
    assert [await books.read(seal_around, transfer_id) for transfer_id in (1, 2, 3, 4)] == [first, first, second, None]
    positions = [await books.read(latest_seal, up_to_transfer_id=transfer_id) for transfer_id in (1, 2, 3, 5)]
    assert positions == [None, first, second, second]


DEEDS = {
    "UPDATE transfer SET amount_points = amount_points + 1 WHERE id = 2": ["2026-10-12: sealed 2 transfers"],
    "UPDATE transfer SET posted_at = '2026-10-12 01:00:00.000001' WHERE id = 1": ["2026-10-12: sealed 2 transfers"],
    "UPDATE transfer SET reference = 'x:1' WHERE id = 5": ["2026-10-15: sealed 2 transfers"],
    "DELETE FROM transfer WHERE id = 5": ["2026-10-15: sealed 2 transfers"],
    "DELETE FROM transfer WHERE id = 3": ["2026-10-13: sealed 1 transfers"],
    "UPDATE transfer SET id = 40 WHERE id = 5": ["2026-10-15: sealed 2 transfers"],
    "DELETE FROM seal WHERE day = '2026-10-13'": [
        "2026-10-15: does not follow the seal before it",
        "2026-10-15: sealed 2 transfers",
    ],
    "UPDATE seal SET transfers = 7 WHERE day = '2026-10-15'": ["2026-10-15: sealed 7 transfers"],
}


@pytest.fixture
async def changed(books: Books, settings: Settings, banks: Banks, tmp_path: Path, deed: str) -> AsyncIterator[Settings]:
    """A copy of books that were sealed, in which somebody changed something behind the bank's back."""
    await three_days(books)
    await sealed(books, "2026-10-20 09:00")
    (tmp_path / "copy").mkdir()
    with banks.copied(settings, tmp_path / "copy") as copy:
        tamper(copy, deed)
        yield copy


@pytest.mark.parametrize("deed", DEEDS)
async def test_what_is_changed_behind_the_banks_back_is_found(changed: Settings, clock: Clock, deed: str) -> None:
    async with Database(changed, clock) as database:
        found = await database.read(lambda tx: list(broken_seals(tx)))
    assert [difference.startswith(said) for difference, said in zip(found, DEEDS[deed], strict=True)] == [True] * len(
        found
    )


@pytest.mark.only("sqlite", "the document's program reads a file")
@pytest.mark.parametrize("deed", DEEDS)
async def test_a_stranger_finds_it_too(changed: Settings, deed: str) -> None:
    stranger = recomputed(changed.database_path)
    assert "WAS SEALED AS" in stranger or deed.startswith("UPDATE seal"), "the head does not cover what is beside it"


@pytest.mark.only("sqlite", "the document's program reads a file")
async def test_a_stranger_recomputes_the_same_chain(books: Books, settings: Settings) -> None:
    member_id = await three_days(books)
    award_id = await books.award(member_id, 30)
    await books.reverse(member_id, 5, award_id)
    await books.spend(member_id, 10, TransferKind.REDEMPTION)
    await sealed(books, "2026-10-20 09:00")
    lines = recomputed(settings.database_path).splitlines()
    assert lines == [f"{seal.day} {seal.head} as sealed" for seal in await seals(books)]


def recomputed(path: Path) -> str:
    """What the document's own program prints for a file."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ended: Any = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    return str(ended.stdout)
