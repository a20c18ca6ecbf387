"""Let a token be for some tasks only."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("token", sa.Column("scopes", sa.JSON(), nullable=True))
