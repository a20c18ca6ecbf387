"""What a check of the books is. Every folder that keeps something has a `checks.py` with its own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.transaction import Transaction

ROWS_AT_A_TIME = 10_000

Told = Callable[[str, int, int], None]
"""Hears what is being read, how many rows of it were, and about how many there are."""

_told: ContextVar[Told | None] = ContextVar("_told", default=None)


class Check(msgspec.Struct, frozen=True):
    """`differences(tx)` names each place where the books do not agree with themselves; none when all is well."""

    name: str
    differences: Callable[[Transaction], Iterable[str]]


def query_check(name: str, query: sa.TextClause, sentence: str) -> Check:
    """A check that holds where its query finds nothing; each row found is told in the sentence, by column names."""

    def differences(tx: Transaction) -> Iterator[str]:
        for row in tx.all(query):
            yield sentence.format(**row._asdict())

    return Check(name, differences)


@contextmanager
def telling(told: Told | None) -> Iterator[None]:
    """Whom long reading is told to meanwhile."""
    before = _told.set(told)
    try:
        yield
    finally:
        _told.reset(before)


def read_through(tx: Transaction, what: str, query: sa.TextClause, *, about: int) -> Iterator[tuple[Any, ...]]:
    """All rows of a query, one after another, told how far it has come; `about` is how many there may be."""
    return chain.from_iterable(_parts(tx, what, query, about))


def _parts(tx: Transaction, what: str, query: sa.TextClause, about: int) -> Iterator[list[tuple[Any, ...]]]:
    """By parts, so that telling costs nothing a row."""
    told = _told.get() or _nobody
    rows, done = tx.each(query), 0
    told(what, 0, about)
    while part := list(islice(rows, ROWS_AT_A_TIME)):
        yield part
        done += len(part)
        told(what, done, max(about, done))


def _nobody(what: str, done: int, about: int) -> None:
    """Whom it is told to where nobody listens."""
