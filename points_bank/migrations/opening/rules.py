"""Rule sets."""

import sqlalchemy as sa
from alembic import op


def create_rules() -> None:
    op.create_table(
        "rule_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_rule_set_version")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_rule_set_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("branch_id", "code", "version", name=op.f("uq_rule_set_branch_id_code_version")),
        sa.UniqueConstraint("branch_id", "valid_from_on", name=op.f("uq_rule_set_branch_id_valid_from_on")),
    )
    op.create_index(
        "ix_rule_set_always",
        "rule_set",
        ["branch_id"],
        unique=True,
        sqlite_where=sa.text("valid_from_on IS NULL"),
        postgresql_where=sa.text("valid_from_on IS NULL"),
    )
