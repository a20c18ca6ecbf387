"""Triggers that keep a table's rows as they are. Revisions rely on it: it stays as it is."""

from alembic import op


def keep_for_ever(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for deed, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed} BEFORE {deed.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION keep_rows()"
            )
        return
    for deed in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{deed} BEFORE {deed.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        )
