"""Find what was kept long enough."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

IS_TO_BE_ERASED = "closed_at IS NOT NULL AND erased_at IS NULL"


def upgrade() -> None:
    op.create_index(
        "ix_member_closed_at", "member", ["closed_at"], unique=False,
        sqlite_where=sa.text(IS_TO_BE_ERASED), postgresql_where=sa.text(IS_TO_BE_ERASED),
    )  # fmt: skip
    op.create_index("ix_token_expires_at", "token", ["expires_at"], unique=False)
    op.create_index("ix_visit_visited_on", "visit", ["visited_on"], unique=False)
