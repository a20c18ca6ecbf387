"""Seals: each day's transfers hashed into a chain, so that nobody can change an old one without all that came after.

A chain that only lies beside the data proves nothing: its head is printed on editions, receipts and backups, and
docs/seals.md tells a stranger how to recompute it. Reading is done on snapshots, a part at a time; the act that writes
a seal writes one row.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import job_runs
from points_bank.clock import day_of, start_of_day
from points_bank.columns import table_of
from points_bank.ledger.models import Seal, Transfer
from points_bank.transaction import Transaction

TRANSFER, SEAL = table_of(Transfer), table_of(Seal)

NOTHING_BEFORE = "0" * 64
"""What stands as the head before the first seal."""
TRANSFERS_AT_A_TIME = 5_000
"""How many transfers the database puts into one text."""
PARTS_A_SNAPSHOT = 10


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class SealLine(msgspec.Struct, frozen=True):
    """A day's seal: the transfers from `first_transfer_id` to `last_transfer_id`, after the seal `previous`."""

    day: date
    first_transfer_id: int
    last_transfer_id: int
    transfers: int
    previous: str
    head: str


class Draft(msgspec.Struct, frozen=True):
    """A seal in the making: what was hashed so far, up to `last_id`; whole once that is `until_id`."""

    day: date
    previous: str
    first_id: int
    until_id: int
    last_id: int
    transfers: int
    hash: Hash

    @property
    def is_whole(self) -> bool:
        return self.last_id == self.until_id


_COLUMNS = [SEAL.c[name] for name in SealLine.__struct_fields__]
_LATEST = sa.select(*_COLUMNS).order_by(SEAL.c.day.desc()).limit(1)
_LATEST_BY = (
    sa.select(*_COLUMNS)
    .where(SEAL.c.last_transfer_id <= sa.bindparam("transfer_id"))
    .order_by(SEAL.c.last_transfer_id.desc())
    .limit(1)
)
_AROUND = (
    sa.select(*_COLUMNS)
    .where(SEAL.c.last_transfer_id >= sa.bindparam("transfer_id"))
    .order_by(SEAL.c.last_transfer_id)
    .limit(1)
)
_ALL = sa.select(*_COLUMNS).order_by(SEAL.c.day)
_BEFORE = (
    sa.select(*_COLUMNS)
    .where(SEAL.c.day < sa.bindparam("before"))
    .order_by(SEAL.c.day.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_ADD = sa.insert(SEAL)
_NEXT = (
    sa.select(TRANSFER.c.id, TRANSFER.c.posted_at)
    .where(TRANSFER.c.id > sa.bindparam("after_id"))
    .order_by(TRANSFER.c.id)
    .limit(1)
)
_FIRST_LATER = (
    sa.select(TRANSFER.c.id)
    .where(TRANSFER.c.id > sa.bindparam("after_id"), TRANSFER.c.posted_at >= sa.bindparam("end"))
    .order_by(TRANSFER.c.id)
    .limit(1)
)
_LAST_BEFORE = sa.select(sa.func.max(TRANSFER.c.id)).where(TRANSFER.c.id < sa.bindparam("before_id"))
_LAST = sa.select(sa.func.max(TRANSFER.c.id))

# The database writes the lines: that is three times as fast as fetching rows and writing them here.
_LINES = sa.text("""
    SELECT MAX(id) AS last_id, COUNT(*) AS transfers, LINES(line) AS lines FROM (
        SELECT id, PRINTF(
            '%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', id, kind, debit_account_id, credit_account_id, amount_points,
            debit_balance_points, credit_balance_points, occurred_on, INSTANT(posted_at), reference, reverses_id
        ) AS line
        FROM transfer WHERE id > :after_id AND id <= :until_id ORDER BY id LIMIT :most
    ) AS written
""")


def next_seal(tx: Transaction) -> datetime | None:
    """24:00 of the first day that has transfers and no seal, past or to come."""
    day = _next_day(tx, latest_seal(tx))
    return None if day is None else _end_of(tx, day)


def read_for_seal(tx: Transaction, draft: Draft | None, *, due_at: datetime) -> Draft:
    """Hash some more of the day that ended at `due_at`: transfers never change, so each part may be read by itself.

    A day's seal takes the transfers after the last seal, by id, up to the first that was posted after the day. So
    each transfer is in one seal, also where the clock was put back meanwhile and days overlap.
    """
    if draft is None:
        draft = _begin(tx, latest_seal(tx), due_at=due_at)
    for _ in range(PARTS_A_SNAPSHOT):
        if draft.is_whole:
            break
        draft = _go_on(tx, draft)
    return draft


def seal_due(tx: Transaction, *, due_at: datetime, gathered: Draft) -> int:
    """Write the seal of the day that ended at `due_at`, once, from what was read."""
    seal = _sealed(gathered)
    latest = latest_seal(tx)
    assert seal.previous == (latest.head if latest else NOTHING_BEFORE), "the chain goes on where it ended"
    is_first = job_runs.claim(tx, "seal", seal.day.isoformat(), due_at=due_at)
    assert is_first, "a day that is due was not sealed"
    values = {name: getattr(seal, name) for name in SealLine.__struct_fields__}
    tx.run(_ADD, **values, sealed_at=tx.now)
    return 1


def latest_seal(tx: Transaction, *, up_to_transfer_id: int | None = None) -> SealLine | None:
    """The newest seal, or the newest that covers nothing after a transfer; None while there is none."""
    row = tx.maybe(_LATEST) if up_to_transfer_id is None else tx.maybe(_LATEST_BY, transfer_id=up_to_transfer_id)
    return None if row is None else SealLine(*row)


def seal_around(tx: Transaction, transfer_id: int) -> SealLine | None:
    """The seal that covers a transfer; None until its day is over."""
    row = tx.maybe(_AROUND, transfer_id=transfer_id)
    return None if row is None else SealLine(*row)


def list_seals(tx: Transaction, *, before: date = date.max, limit: int) -> list[SealLine]:
    """The seals of the days before one, newest first."""
    return [SealLine(*row) for row in tx.all(_BEFORE, before=before, most=limit)]


def broken_seals(tx: Transaction) -> Iterator[str]:
    """Recompute the whole chain from the transfers; each seal that says something else."""
    before: SealLine | None = None
    for row in tx.all(_ALL):
        seal = SealLine(*row)
        if seal.previous != (before.head if before else NOTHING_BEFORE):
            yield f"{seal.day}: does not follow the seal before it"
        again = _recomputed(tx, seal, after_id=before.last_transfer_id if before else 0)
        if again != seal:
            yield (
                f"{seal.day}: sealed {seal.transfers} transfers as {seal.head}, now {again.transfers} as {again.head}"
            )
        before = seal


def _next_day(tx: Transaction, latest: SealLine | None) -> date | None:
    """The district's day of the first transfer without a seal, or the day after the last one where that is later."""
    first = tx.maybe(_NEXT, after_id=latest.last_transfer_id if latest else 0)
    if first is None:
        return None
    day = day_of(first.posted_at, tx.zone)
    return max(day, latest.day + timedelta(days=1)) if latest else day


def _end_of(tx: Transaction, day: date) -> datetime:
    return start_of_day(day + timedelta(days=1), tx.zone)


def _begin(tx: Transaction, latest: SealLine | None, *, due_at: datetime) -> Draft:
    after_id = latest.last_transfer_id if latest else 0
    day = _next_day(tx, latest)
    if day is None or _end_of(tx, day) != due_at:
        # Another process has sealed it since it was found due: there is nothing to read, and nobody will ask for it.
        return _draft(day_of(due_at, tx.zone), NOTHING_BEFORE, after_id=after_id, until_id=after_id)
    later_id = tx.scalar(_FIRST_LATER, after_id=after_id, end=due_at)
    until_id = tx.scalar(_LAST) if later_id is None else tx.scalar(_LAST_BEFORE, before_id=later_id)
    previous = latest.head if latest else NOTHING_BEFORE
    return _draft(day, previous, after_id=after_id, until_id=until_id)


def _draft(day: date, previous: str, *, after_id: int, until_id: int) -> Draft:
    digest = hashlib.sha256(f"{day} {previous}\n".encode())
    return Draft(day, previous, first_id=0, until_id=until_id, last_id=after_id, transfers=0, hash=digest)


def _go_on(tx: Transaction, draft: Draft) -> Draft:
    row: Any = tx.one(_LINES, after_id=draft.last_id, until_id=draft.until_id, most=TRANSFERS_AT_A_TIME)
    if not row.transfers:
        return replace(draft, until_id=draft.last_id)
    text: str = row.lines
    draft.hash.update(text.encode() + b"\n")
    first_id = draft.first_id or int(text[: text.index("|")])
    return replace(draft, first_id=first_id, last_id=row.last_id, transfers=draft.transfers + row.transfers)


def _recomputed(tx: Transaction, seal: SealLine, *, after_id: int) -> SealLine:
    draft = _draft(seal.day, seal.previous, after_id=after_id, until_id=seal.last_transfer_id)
    while not draft.is_whole:
        draft = _go_on(tx, draft)
    return _sealed(draft)


def _sealed(draft: Draft) -> SealLine:
    return SealLine(draft.day, draft.first_id, draft.last_id, draft.transfers, draft.previous, draft.hash.hexdigest())
