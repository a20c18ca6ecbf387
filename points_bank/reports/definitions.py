"""What each figure of a report means, once. `docs/reports.md` says the same for readers.

Points owed are what members have in lots, less deficits, and what is held for their reservations. A transfer belongs
to the branch whose account it left or entered: service to the branch that logged it, goods to the branch of the desk.
What members have belongs to the branch where they are at home.
"""

from enum import StrEnum

import msgspec

from points_bank.ledger.models import TransferKind


class Figure(StrEnum):
    """The figures of a branch, in the order of the sheet."""

    OPENING = "opening_points"
    BROUGHT_IN = "brought_in_points"
    ISSUED = "issued_points"
    REVERSED = "reversed_points"
    REDEEMED = "redeemed_points"
    REFUNDED = "refunded_points"
    LAPSED = "lapsed_points"
    REINSTATED = "reinstated_points"
    DONATED = "donated_points"
    GRANTED = "granted_points"
    MOVED = "moved_points"
    CLOSING = "closing_points"
    LAPSING = "lapsing_points"
    WAITING = "waiting_entries"
    CORRECTED_MINUTES = "corrected_minutes"


class Belongs(StrEnum):
    """Which branch a transfer is a figure of: that of the bank's account, or the member's home."""

    ACCOUNT = "account"
    HOME = "home"


class Flow(msgspec.Struct, frozen=True):
    """How transfers of a kind change what is owed: by `sign` times their points, told in the column `figure`."""

    figure: Figure
    sign: int
    belongs: Belongs = Belongs.ACCOUNT


FLOWS: dict[TransferKind, Flow | None] = {
    TransferKind.OPENING: Flow(Figure.BROUGHT_IN, +1),
    TransferKind.AWARD: Flow(Figure.ISSUED, +1),
    TransferKind.REVERSAL: Flow(Figure.REVERSED, -1),
    TransferKind.REDEMPTION: Flow(Figure.REDEEMED, -1),
    TransferKind.HOLD: None,
    TransferKind.COLLECTION: Flow(Figure.REDEEMED, -1),
    TransferKind.RELEASE: None,
    TransferKind.REFUND: Flow(Figure.REFUNDED, +1),
    TransferKind.LAPSE: Flow(Figure.LAPSED, -1, Belongs.HOME),
    TransferKind.REINSTATEMENT: Flow(Figure.REINSTATED, +1, Belongs.HOME),
    TransferKind.DONATION: Flow(Figure.DONATED, -1),
    TransferKind.GIFT: None,
    TransferKind.MERGER: None,
    TransferKind.GRANT: Flow(Figure.GRANTED, +1),
}
"""Each kind of transfer and its column.

None leaves what is owed in all as it is: a hold, its release, and what goes from one member's account to another.
"""

SIGNS: dict[Figure, int] = {Figure.OPENING: +1} | {flow.figure: flow.sign for flow in FLOWS.values() if flow}
"""How a column counts towards the closing; `MOVED` is what is still missing."""

LAPSING_WITHIN_DAYS = 60


def moved_points(figures: dict[Figure, int]) -> int:
    """What came to a branch's members from elsewhere, less what went elsewhere.

    Members who moved here bring their points, those who moved away take them along; members of here serve and redeem
    elsewhere, and others here. Over the whole district this is 0.
    """
    return figures.get(Figure.CLOSING, 0) - sum(sign * figures.get(figure, 0) for figure, sign in SIGNS.items())
