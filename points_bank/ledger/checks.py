"""What must hold in the ledger, recomputed from its transfers."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check, query_check
from points_bank.ledger.kinds import WAYS
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.seal import broken_seals
from points_bank.ledger.walk import walked, wrong_link
from points_bank.transaction import Transaction

_BALANCES = sa.text("""
    SELECT a.owner_id, a.balance_points, COALESCE(m.points, 0) AS moved
    FROM account a
    LEFT JOIN (
        SELECT account_id, SUM(points) AS points FROM (
            SELECT credit_account_id AS account_id, amount_points AS points FROM transfer
            UNION ALL SELECT debit_account_id, -amount_points FROM transfer
        ) AS side GROUP BY account_id
    ) AS m ON m.account_id = a.id
    WHERE a.kind = 'member' AND a.balance_points <> COALESCE(m.points, 0)
""")
_LOTS = sa.text("""
    SELECT l.id, l.remaining_points, COALESCE(SUM(u.points), 0) AS used
    FROM lot l LEFT JOIN lot_use u ON u.lot_id = l.id
    GROUP BY l.id, l.remaining_points HAVING l.remaining_points <> COALESCE(SUM(u.points), 0)
""")
_DEFICITS = sa.text("""
    SELECT a.owner_id, a.balance_points, COALESCE(SUM(l.remaining_points), 0) AS in_lots
    FROM account a LEFT JOIN lot l ON l.account_id = a.id
    WHERE a.kind = 'member' GROUP BY a.owner_id, a.balance_points
    HAVING COALESCE(SUM(l.remaining_points), 0) <> CASE WHEN a.balance_points > 0 THEN a.balance_points ELSE 0 END
""")
_USES = sa.text("""
    SELECT id, kind, amount_points, put - taken AS in_lots FROM (
        SELECT t.id, t.kind, t.amount_points,
            COALESCE(SUM(CASE WHEN u.points > 0 THEN u.points END), 0) AS put,
            COALESCE(SUM(CASE WHEN u.points < 0 THEN -u.points END), 0) AS taken
        FROM transfer t LEFT JOIN lot_use u ON u.transfer_id = t.id
        GROUP BY t.id, t.kind, t.amount_points
    ) AS moved
    WHERE put > CASE WHEN kind IN ('award', 'release', 'refund', 'reinstatement', 'gift', 'grant', 'opening',
            'merger') THEN amount_points ELSE 0 END
        OR taken > CASE WHEN kind IN ('reversal', 'redemption', 'hold', 'lapse', 'donation', 'gift',
            'merger') THEN amount_points ELSE 0 END
        OR (kind IN ('redemption', 'hold', 'lapse', 'donation', 'gift') AND taken <> amount_points)
""")
_WRONG_LOT = sa.text("""
    SELECT u.transfer_id, u.lot_id FROM lot_use u
    JOIN transfer t ON t.id = u.transfer_id JOIN lot l ON l.id = u.lot_id
    WHERE l.account_id <> CASE WHEN u.points > 0 THEN t.credit_account_id ELSE t.debit_account_id END
""")
_RUNNING = sa.text("""
    SELECT id, owner_id, balance_after, running FROM (
        SELECT side.id, a.owner_id, side.balance_after,
            SUM(side.points) OVER (PARTITION BY side.account_id ORDER BY side.id) AS running
        FROM (
            SELECT id, credit_account_id AS account_id, amount_points AS points, credit_balance_points AS balance_after
            FROM transfer
            UNION ALL
            SELECT id, debit_account_id, -amount_points, debit_balance_points FROM transfer
        ) AS side JOIN account a ON a.id = side.account_id WHERE a.kind = 'member'
    ) AS checked WHERE balance_after IS NULL OR balance_after <> running
""")
_HONOUR = sa.text("""
    SELECT a.owner_id, a.honour_points, COALESCE(e.points, 0) AS earned
    FROM account a
    LEFT JOIN (
        SELECT account_id, SUM(points) AS points FROM (
            SELECT credit_account_id AS account_id, amount_points AS points FROM transfer
            WHERE kind IN ('award', 'opening')
            UNION ALL SELECT debit_account_id, -amount_points FROM transfer WHERE kind = 'reversal'
        ) AS side GROUP BY account_id
    ) AS e ON e.account_id = a.id
    WHERE a.kind = 'member' AND a.honour_points <> COALESCE(e.points, 0)
""")
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
_SIDES = sa.text("""
    SELECT t.id, t.kind, d.kind AS debit, c.kind AS credit FROM transfer t
    JOIN account d ON d.id = t.debit_account_id JOIN account c ON c.id = t.credit_account_id
    WHERE t.kind || ':' || d.kind || ':' || c.kind NOT IN (
        'award:issue:member', 'reversal:member:issue', 'redemption:member:redeemed', 'hold:member:held',
        'collection:held:redeemed', 'release:held:member', 'refund:redeemed:member', 'lapse:member:lapsed',
        'reinstatement:lapsed:member', 'donation:member:donated', 'gift:member:member', 'grant:donated:member',
        'opening:opening:member', 'merger:member:member'
    )
""")
_OVERDRAWN = sa.text("""
    SELECT a.owner_id, SUM(side.points) AS points FROM account a
    JOIN (
        SELECT credit_account_id AS account_id, amount_points AS points FROM transfer
        UNION ALL SELECT debit_account_id, -amount_points FROM transfer
    ) AS side ON side.account_id = a.id
    WHERE a.kind IN ('held', 'redeemed', 'lapsed', 'donated') GROUP BY a.id, a.owner_id HAVING SUM(side.points) < 0
""")


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
    Check("seals", broken_seals),
)
