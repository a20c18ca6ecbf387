"""Count how many people staff look up in an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "lookup",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("ck_lookup_people")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_lookup_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "hour_at", name=op.f("pk_lookup")),
    )
    op.create_index("ix_lookup_hour_at", "lookup", ["hour_at"], unique=False)
