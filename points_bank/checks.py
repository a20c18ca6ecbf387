"""What a check of the books is. Every folder that keeps something has a `checks.py` with its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from points_bank.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Check:
    """`differences(tx)` names each place where the books do not agree with themselves; none when all is well."""

    name: str
    differences: Callable[[Transaction], Iterable[str]]


def query_check(name: str, query: sa.TextClause, sentence: str) -> Check:
    """A check that holds where its query finds nothing; each row found is told in the sentence, by column names."""

    def differences(tx: Transaction) -> Iterator[str]:
        for row in tx.all(query):
            yield sentence.format(**row._asdict())

    return Check(name, differences)
