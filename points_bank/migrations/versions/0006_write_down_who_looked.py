"""Write down who looked at whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

VIEWS = ("record", "passbook", "card", "household", "desk", "data_file")


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("view", sa.String(length=32), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"view IN ({', '.join(repr(view) for view in VIEWS)})", name=op.f("ck_look_view")),
        sa.CheckConstraint("times > 0", name=op.f("ck_look_times")),
        sa.CheckConstraint("first_at <= last_at", name=op.f("ck_look_order")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_look_member_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_look_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        sa.UniqueConstraint(
            "staff_id", "member_id", "looked_on", "view", name=op.f("uq_look_staff_id_member_id_looked_on_view")
        ),
    )
    op.create_index(op.f("ix_look_looked_on"), "look", ["looked_on"], unique=False)
    op.create_index("ix_look_member", "look", ["member_id", "id"], unique=False)
