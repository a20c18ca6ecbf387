"""What a check of the books is. Every folder that keeps something has a `checks.py` with its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from points_bank.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Check:
    """`differences(tx)` names each place where the books do not agree with themselves; none when all is well."""

    name: str
    differences: Callable[[Transaction], Iterable[str]]
