"""What must hold of files: that what they say was taken is there, once."""

import sqlalchemy as sa

from points_bank.checks import query_check

_TAKEN = sa.text("""
    SELECT f.id, f.new_rows, COUNT(r.identity) AS kept FROM import_file f
    LEFT JOIN import_row r ON r.import_id = f.id
    GROUP BY f.id, f.new_rows HAVING f.new_rows <> COUNT(r.identity)
""")
_NOBODY = sa.text("""
    SELECT r.import_id, r.number, r.subject_id FROM import_row r JOIN import_file f ON f.id = r.import_id
    WHERE f.kind = 'members' AND NOT EXISTS (SELECT 1 FROM member m WHERE m.id = r.subject_id)
""")
_UNPOSTED = sa.text("""
    SELECT r.import_id, r.number, r.subject_id FROM import_row r JOIN import_file f ON f.id = r.import_id
    WHERE f.kind = 'balances'
        AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = r.subject_id AND t.kind = 'opening')
""")
_FROM_NOWHERE = sa.text("""
    SELECT t.id, t.amount_points FROM transfer t WHERE t.kind = 'opening' AND NOT EXISTS (
        SELECT 1 FROM import_row r JOIN import_file f ON f.id = r.import_id
        WHERE r.subject_id = t.id AND f.kind = 'balances'
    )
""")

CHECKS = (
    query_check("rows of files", _TAKEN, "import {id} says it took {new_rows} rows, {kept} are known"),
    query_check("balances of files", _UNPOSTED, "row {number} of import {import_id} says transfer {subject_id}"),
    query_check("opening balances", _FROM_NOWHERE, "transfer {id} of {amount_points} points is in no file"),
    query_check(
        "what rows became", _NOBODY, "row {number} of import {import_id} became {subject_id}, which is not there"
    ),
)
