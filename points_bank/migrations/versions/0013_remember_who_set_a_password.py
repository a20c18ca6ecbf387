"""Remember who set a password, who knows it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("staff", sa.Column("password_set_by", sa.String(length=40), nullable=True))
