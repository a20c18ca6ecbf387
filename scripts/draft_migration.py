"""Draft the next migration from what the models say and the newest revision does not: review what it writes.

python scripts/draft_migration.py "what changes"
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from sqlmodel import AutoString

from points_bank.columns import EnumText, UTCDateTime
from points_bank.migrations import upgrade
from points_bank.migrations.upgrading import configuration
from points_bank.settings import Settings
from points_bank.tables import metadata


def plain(kind: str, value: Any, _: object) -> str | bool:
    """Column types of the bank as plain SQL types: a revision must not change meaning when the code does."""
    if kind != "type":
        return False
    if isinstance(value, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(value, EnumText):
        return "sa.String(length=32)"
    if isinstance(value, sa.BigInteger):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return f"sa.String(length={value.length})" if isinstance(value, AutoString) else False


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'draft.db'}")
        upgrade(settings)
        engine = sa.create_engine(settings.database_url)
        with engine.connect() as connection:
            config = configuration(connection)
            config.attributes |= {"metadata": metadata, "render_item": plain}
            number = len(list(Path("points_bank/migrations/versions").glob("0*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "change")
