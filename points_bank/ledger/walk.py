"""The books read once from the first transfer to the last, with everything recomputed on the way.

One pass in the order of keys, because nothing else is as fast on a file that is larger than memory: every account's
balance, honour points and every lot are a number in an array meanwhile (about 50 bytes a member in all), and the rows
themselves are looked at and forgotten.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from points_bank.checks import read_through
from points_bank.ledger.kinds import NEVER_BELOW_ZERO, WAYS, Way
from points_bank.ledger.models import AccountKind
from points_bank.transaction import Transaction

_KINDS = list(AccountKind)
_CODES = {kind: number for number, kind in enumerate(_KINDS)}
_MEMBER, _NOBODY = _CODES[AccountKind.MEMBER], len(_KINDS)

_SIZES = sa.text("""
    SELECT (SELECT COALESCE(MAX(id), 0) FROM account) AS accounts, (SELECT COALESCE(MAX(id), 0) FROM lot) AS lots,
        (SELECT COALESCE(MAX(id), 0) FROM transfer) AS transfers,
        (SELECT COALESCE(MAX(lot_id), 0) FROM lot_use) AS lots_used,
        (SELECT COALESCE(MAX(CASE WHEN debit_account_id > credit_account_id THEN debit_account_id
            ELSE credit_account_id END), 0) FROM transfer) AS accounts_used
""")
_ACCOUNTS = sa.text("SELECT id, kind, owner_id, balance_points, honour_points FROM account ORDER BY id")
_LOTS = sa.text("SELECT id, account_id, remaining_points FROM lot ORDER BY id")
_TRANSFERS = sa.text("""
    SELECT t.id, t.kind, t.debit_account_id, t.credit_account_id, t.amount_points, t.debit_balance_points,
        t.credit_balance_points, t.reverses_id, u.lot_id, u.points
    FROM transfer t LEFT JOIN lot_use u ON u.transfer_id = t.id ORDER BY t.id
""")
_END = (0, "", 0, 0, 0, None, None, None, None, None)
"""A row after the last one, so that what is said of a transfer is said of the last one too."""


@dataclass(slots=True)
class Walk:
    """What a walk found: differences by the name of their check, and each account's balance by its transfers."""

    balances: "array[int]"
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


_walks: WeakKeyDictionary[Transaction, Walk] = WeakKeyDictionary()


def walked(tx: Transaction) -> Walk:
    """The walk through the books of a snapshot; the first who asks on it waits for it."""
    found = _walks.get(tx)
    if found is None:
        found = _walks[tx] = _Walking(tx).go()
    return found


class _Walking:
    def __init__(self, tx: Transaction) -> None:
        sizes = tx.one(_SIZES)
        accounts, lots = max(sizes.accounts, sizes.accounts_used) + 1, max(sizes.lots, sizes.lots_used) + 1
        self._tx, self._transfers = tx, sizes.transfers
        self._kinds = bytearray([_NOBODY]) * accounts
        self._owners, self._balances, self._earned, self._in_lots = (_zeros(accounts) for _ in range(4))
        self._lot_accounts, self._remaining, self._used = (_zeros(lots) for _ in range(3))
        self._walk = Walk(self._balances)

    def go(self) -> Walk:
        for account_id, kind, owner_id, _, _ in self._tx.each(_ACCOUNTS):
            self._kinds[account_id], self._owners[account_id] = _CODES.get(kind, _NOBODY), owner_id
        for lot_id, account_id, remaining in self._tx.each(_LOTS):
            self._lot_accounts[lot_id], self._remaining[lot_id] = account_id, remaining
            if account_id < len(self._in_lots):
                self._in_lots[account_id] += remaining
        self._pass_transfers()
        self._compare_lots()
        self._compare_accounts()
        return self._walk

    def _pass_transfers(self) -> None:
        """Every transfer with each of its lot uses, in order. What costs time here costs it ten million times."""
        kinds, balances, earned = self._kinds, self._balances, self._earned
        lot_accounts, used = self._lot_accounts, self._used
        ways = {str(kind): (_CODES[way.debit], _CODES[way.credit], *_bounds(way)) for kind, way in WAYS.items()}
        last_id = last_points = most_put = most_taken = least_taken = put = taken = 0
        last_kind = ""
        for row in chain(read_through(self._tx, "transfers", _TRANSFERS, about=self._transfers), [_END]):
            transfer_id, kind, debit, credit, points, debit_after, credit_after, undone_id, lot_id, in_lot = row
            if transfer_id != last_id:
                if put > most_put * last_points or not least_taken * last_points <= taken <= most_taken * last_points:
                    self._wrong_uses(last_id, last_kind, last_points, put - taken)
                if row is _END:
                    return
                debit_kind, credit_kind, undoes, earns, most_put, most_taken, least_taken = ways[kind]
                last_id, last_kind, last_points, put, taken = transfer_id, kind, points, 0, 0
                balances[debit] -= points
                balances[credit] += points
                if kinds[debit] != debit_kind or kinds[credit] != credit_kind:
                    self._wrong_sides(transfer_id, kind, debit, credit)
                if kinds[debit] == _MEMBER and balances[debit] != debit_after:
                    self._wrong_balance_after(transfer_id, debit, debit_after)
                if kinds[credit] == _MEMBER and balances[credit] != credit_after:
                    self._wrong_balance_after(transfer_id, credit, credit_after)
                if earns:
                    earned[credit if earns > 0 else debit] += earns * points
                if undoes != (undone_id is not None):
                    self._found("links", wrong_link(transfer_id, kind, undone_id))
            if lot_id is not None:
                used[lot_id] += in_lot
                if in_lot > 0:
                    put += in_lot
                else:
                    taken -= in_lot
                if lot_accounts[lot_id] != (credit if in_lot > 0 else debit):
                    self._found("lot owners", f"transfer {transfer_id} uses lot {lot_id} of somebody else")

    def _compare_lots(self) -> None:
        if self._remaining == self._used:
            return
        for lot_id, (remaining, used) in enumerate(zip(self._remaining, self._used, strict=True)):
            if remaining != used:
                self._found("lots", f"lot {lot_id} has {remaining}, its uses say {used}")

    def _compare_accounts(self) -> None:
        for account_id, kind, owner_id, stored, honour in self._tx.each(_ACCOUNTS):
            moved, in_lots = self._balances[account_id], self._in_lots[account_id]
            if kind != AccountKind.MEMBER:
                if moved < 0 and kind in NEVER_BELOW_ZERO:
                    self._found("accounts of the bank", f"an account of branch {owner_id} is at {moved}")
                continue
            if stored != moved:
                self._found("balances", f"member {owner_id} has {stored}, transfers say {moved}")
            if in_lots != max(0, stored):
                self._found("lots and balances", f"member {owner_id} has {stored}, lots hold {in_lots}")
            if honour != self._earned[account_id]:
                text = f"member {owner_id} has {honour}, awards say {self._earned[account_id]}"
                self._found("honour points", text)

    def _wrong_uses(self, transfer_id: int, kind: str, points: int, in_lots: int) -> None:
        self._found("lot uses", f"transfer {transfer_id} ({kind}) of {points} moved {in_lots} in lots")

    def _wrong_sides(self, transfer_id: int, kind: str, debit: int, credit: int) -> None:
        names = [*_KINDS, "nobody"]
        sides = f"from {names[self._kinds[debit]]} to {names[self._kinds[credit]]}"
        self._found("sides of transfers", f"transfer {transfer_id} ({kind}) goes {sides}")

    def _wrong_balance_after(self, transfer_id: int, account_id: int, said: int | None) -> None:
        owner, was = self._owners[account_id], self._balances[account_id]
        self._found("balances after", f"transfer {transfer_id} of member {owner} says {said}, it was {was}")

    def _found(self, check: str, difference: str) -> None:
        self._walk.differences[check].append(difference)


def wrong_link(transfer_id: int, kind: str, undone_id: int | None) -> str:
    return f"transfer {transfer_id} ({kind}) undoes transfer {undone_id}, which it cannot"


def _bounds(way: Way) -> tuple[bool, int, int, int, int]:
    """Whether it undoes something, what it earns, and how much goes into lots and out of them, as parts of the amount:
    at most into them, at most out of them, at least out of them."""
    return bool(way.undoes), way.earns, int(way.puts), int(way.takes), int(way.takes_all)


def _zeros(length: int) -> "array[int]":
    return array("q", bytes(8 * length))
