"""What tables hold, as a server's planner has been told."""

from collections.abc import Sequence

import sqlalchemy as sa

from points_bank.transaction import Transaction


def learn_sizes(tx: Transaction, tables: Sequence[sa.Table]) -> None:
    """Have the planner look at tables of which an act has filled many rows.

    PostgreSQL does so by itself within a minute; until then it would join 30,000 members as if they were ten, for
    longer than an act may take. SQLite goes by the indexes, whatever a table holds.
    """
    if not tx.writes_alone:
        names = ", ".join(f'"{table.name}"' for table in tables)
        tx.run(sa.text(f"ANALYZE {names}"))
