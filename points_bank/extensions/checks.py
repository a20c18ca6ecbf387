"""What must hold between orders, the lots they extended, and the ledger."""

import sqlalchemy as sa

from points_bank.checks import query_check

_DATES = sa.text("""
    SELECT l.id, l.lapses_on, l.extension_order, e.newest_on FROM lot l
    LEFT JOIN (
        SELECT x.lot_id, MAX(o.new_lapses_on) AS newest_on
        FROM extended_lot x JOIN extension_order o ON o.id = x.order_id GROUP BY x.lot_id
    ) AS e ON e.lot_id = l.id
    WHERE (l.extension_order = '') <> (e.newest_on IS NULL) OR l.lapses_on <> e.newest_on
""")
_NUMBERS = sa.text("""
    SELECT x.lot_id, l.extension_order, o.order_no FROM extended_lot x
    JOIN extension_order o ON o.id = x.order_id
    JOIN lot l ON l.id = x.lot_id AND l.lapses_on = o.new_lapses_on
    WHERE l.extension_order <> o.order_no AND l.extension_order NOT LIKE o.order_no || ' (%'
""")
_OWNERS = sa.text("""
    SELECT x.order_id, x.lot_id, x.member_id, a.owner_id FROM extended_lot x
    JOIN lot l ON l.id = x.lot_id JOIN account a ON a.id = l.account_id WHERE a.owner_id <> x.member_id
""")
_REINSTATED = sa.text("""
    SELECT lot_id, SUM(kept) AS kept, SUM(posted) AS posted FROM (
        SELECT lot_id, reinstated_points AS kept, 0 AS posted FROM extended_lot
        UNION ALL SELECT u.lot_id, 0, r.amount_points
        FROM transfer r JOIN lot_use u ON u.transfer_id = r.reverses_id WHERE r.kind = 'reinstatement'
    ) AS side GROUP BY lot_id HAVING SUM(kept) <> SUM(posted)
""")

CHECKS = (
    query_check("dates of extended lots", _DATES, "lot {id} lapses on {lapses_on}, its newest order says {newest_on}"),
    query_check("orders of lots", _NUMBERS, "lot {lot_id} names order {extension_order}, extended by {order_no}"),
    query_check("owners of extended lots", _OWNERS, "order {order_id}: lot {lot_id} is not of member {member_id}"),
    query_check("reinstatements", _REINSTATED, "lot {lot_id}: {kept} points came back, transfers say {posted}"),
)
