"""Files that are taken in."""

import sqlalchemy as sa
from alembic import op


def create_imports() -> None:
    op.create_table(
        "import_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("branch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("new_rows", sa.Integer(), nullable=False),
        sa.Column("known_rows", sa.Integer(), nullable=False),
        sa.Column("refused_rows", sa.Integer(), nullable=False),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (ended_at IS NOT NULL)", name=op.f("ck_import_file_end")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> sent_by OR approved_by = 'system'",
            name=op.f("ck_import_file_two_people"),
        ),
        sa.CheckConstraint("choice IN ('good_rows', 'all_or_nothing')", name=op.f("ck_import_file_choice")),
        sa.CheckConstraint(
            "kind IN ('members', 'households', 'activities', 'balances', 'sheet')", name=op.f("ck_import_file_kind")
        ),
        sa.CheckConstraint("state IN ('proposed', 'running', 'done', 'refused')", name=op.f("ck_import_file_state")),
        sa.CheckConstraint("rows_done = new_rows + known_rows + refused_rows", name=op.f("ck_import_file_rows")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_import_file_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_import_file_content_hash")),
    )
    op.create_index(op.f("ix_import_file_branch_id"), "import_file", ["branch_id"], unique=False)


def create_import_rows() -> None:
    op.create_table(
        "import_row",
        sa.Column("identity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_subject", "import_row", ["import_id", "subject_id"], unique=False)
    op.create_table(
        "import_refusal",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_import_refusal_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_refusal")),
    )
