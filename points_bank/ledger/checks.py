"""What must hold in the ledger, recomputed from its transfers."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check, query_check
from points_bank.ledger.kinds import WAYS
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.seal import broken_seals
from points_bank.ledger.walk import walked, wrong_link
from points_bank.transaction import Transaction

_REVERSED = sa.text("""
    SELECT t.id, t.amount_points, r.points AS reversed FROM (
        SELECT reverses_id, SUM(amount_points) AS points FROM transfer WHERE reverses_id IS NOT NULL
        GROUP BY reverses_id
    ) AS r JOIN transfer t ON t.id = r.reverses_id WHERE r.points > t.amount_points
""")
_UNDOING = sa.text("""
    SELECT r.id, r.kind, r.reverses_id, t.kind,
        t.credit_account_id = r.debit_account_id, t.debit_account_id = r.credit_account_id
    FROM transfer r LEFT JOIN transfer t ON t.id = r.reverses_id WHERE r.reverses_id IS NOT NULL
""")
_LASTING_GIFTS = sa.text("""
    SELECT t.id, l.id AS lot_id, l.lapses_on FROM transfer t
    JOIN lot_use u ON u.transfer_id = t.id AND u.points > 0 JOIN lot l ON l.id = u.lot_id
    WHERE t.kind = 'gift' AND l.extension_order = '' AND l.lapses_on > (
        SELECT MAX(given.lapses_on) FROM lot_use g JOIN lot given ON given.id = g.lot_id
        WHERE g.transfer_id = t.id AND g.points < 0
    )
""")


def wrong_links(tx: Transaction) -> Iterator[str]:
    """Transfers that undo nothing though their kind does, or another kind of transfer, or one of another member."""
    yield from walked(tx).differences["links"]
    for transfer_id, kind, undone_id, undone_kind, is_debited, is_credited in tx.each(_UNDOING):
        way = WAYS[TransferKind(kind)]
        is_same_member = is_debited if way.debit is AccountKind.MEMBER else is_credited
        if way.undoes and not (undone_kind in way.undoes and is_same_member):
            yield wrong_link(transfer_id, kind, undone_id)


def walk_check(name: str) -> Check:
    """A check that is made on the walk through the transfers, together with others."""
    return Check(name, lambda tx: walked(tx).differences[name])


SEALS = Check("seals", broken_seals)
CHECKS = (
    walk_check("balances"),
    walk_check("balances after"),
    walk_check("lots"),
    walk_check("lots and balances"),
    walk_check("lot uses"),
    walk_check("lot owners"),
    walk_check("honour points"),
    query_check("reversals", _REVERSED, "transfer {id} of {amount_points} is reversed by {reversed}"),
    Check("links", wrong_links),
    query_check("dates of gifts", _LASTING_GIFTS, "gift {id} made lot {lot_id}, which lapses later ({lapses_on})"),
    walk_check("sides of transfers"),
    walk_check("accounts of the bank"),
    SEALS,
)
