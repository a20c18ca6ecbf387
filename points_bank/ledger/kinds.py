"""What transfers of a kind may do, as data: adding a kind is adding a line."""

import msgspec

from points_bank.ledger.models import AccountKind, TransferKind


class Way(msgspec.Struct, frozen=True):
    """From which kind of account to which, what moves in lots, and what it undoes.

    `puts` and `takes`: whether points go into lots of the member who is credited (at most the amount: a deficit is
    filled first) and come out of lots of the one who is debited. `takes_all` of the amount, or up to it (a reversal may
    make a deficit). `earns` is what a point adds to the lifetime total of honour points: 1, -1 or 0.
    """

    debit: AccountKind
    credit: AccountKind
    puts: bool = False
    takes: bool = False
    takes_all: bool = False
    undoes: frozenset[TransferKind] = frozenset()
    earns: int = 0


_K, _A = TransferKind, AccountKind
WAYS: dict[TransferKind, Way] = {
    _K.AWARD: Way(_A.ISSUE, _A.MEMBER, puts=True, earns=1),
    _K.REVERSAL: Way(_A.MEMBER, _A.ISSUE, takes=True, undoes=frozenset({_K.AWARD}), earns=-1),
    _K.REDEMPTION: Way(_A.MEMBER, _A.REDEEMED, takes=True, takes_all=True),
    _K.HOLD: Way(_A.MEMBER, _A.HELD, takes=True, takes_all=True),
    _K.COLLECTION: Way(_A.HELD, _A.REDEEMED),
    _K.RELEASE: Way(_A.HELD, _A.MEMBER, puts=True, undoes=frozenset({_K.HOLD})),
    _K.REFUND: Way(_A.REDEEMED, _A.MEMBER, puts=True, undoes=frozenset({_K.HOLD, _K.REDEMPTION})),
    _K.LAPSE: Way(_A.MEMBER, _A.LAPSED, takes=True, takes_all=True),
    _K.REINSTATEMENT: Way(_A.LAPSED, _A.MEMBER, puts=True, undoes=frozenset({_K.LAPSE})),
    _K.DONATION: Way(_A.MEMBER, _A.DONATED, takes=True, takes_all=True),
    _K.GIFT: Way(_A.MEMBER, _A.MEMBER, puts=True, takes=True, takes_all=True),
    _K.GRANT: Way(_A.DONATED, _A.MEMBER, puts=True),
    _K.OPENING: Way(_A.OPENING, _A.MEMBER, puts=True, earns=1),
    _K.MERGER: Way(_A.MEMBER, _A.MEMBER, puts=True, takes=True),
}

NEVER_BELOW_ZERO = frozenset({_A.HELD, _A.REDEEMED, _A.LAPSED, _A.DONATED})
"""Accounts of the bank that only give what they were given."""
