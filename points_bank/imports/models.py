"""Tables of what came in: each file once, which of its rows became what, and which were refused."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to
from points_bank.encryption import Encrypted


class FileKind(StrEnum):
    MEMBERS = "members"
    HOUSEHOLDS = "households"
    ACTIVITIES = "activities"
    BALANCES = "balances"
    SHEET = "sheet"


class Choice(StrEnum):
    """What becomes of a file in which some rows are refused."""

    GOOD_ROWS = "good_rows"
    ALL_OR_NOTHING = "all_or_nothing"


class ImportState(StrEnum):
    """A proposed file waits for a second person; a running one goes on where it is when the file is sent again."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


class ImportFile(SQLModel, table=True):
    """A file by the hash of its content and of what was said with it. `rows_done` is where the import is.

    `headings` are the file's own, `places` say in which of its columns, from 0, each of ours stands, `notes` what to
    know about it: sentences with values. Every row done is new, known or refused.
    """

    __tablename__ = "import_file"
    __table_args__ = (
        is_one_of("kind", FileKind),
        is_one_of("choice", Choice),
        is_one_of("state", ImportState),
        check("rows", "rows_done = new_rows + known_rows + refused_rows"),
        check("end", "(state = 'done') = (ended_at IS NOT NULL)"),
        check("two_people", "approved_by IS NULL OR approved_by <> sent_by OR approved_by = 'system'"),
    )

    id: int | None = key()
    kind: FileKind = one_of(FileKind)
    content_hash: bytes = Field(sa_type=sa.LargeBinary(32), unique=True)
    name: str = Field(max_length=200)
    branch_id: int = refers_to("branch.id", index=True)
    choice: Choice = one_of(Choice)
    state: ImportState = one_of(ImportState)
    headings: list[str] = Field(sa_type=sa.JSON)
    places: dict[str, int] = Field(sa_type=sa.JSON)
    notes: list[Any] = Field(sa_type=sa.JSON)
    rows_done: int = 0
    new_rows: int = 0
    known_rows: int = 0
    refused_rows: int = 0
    sent_by: str = Field(max_length=40)
    approved_by: str | None = Field(default=None, max_length=40)
    started_at: datetime = instant()
    ended_at: datetime | None = instant(optional=True)


class ImportRow(SQLModel, table=True):
    """A row that was carried out, by a keyed hash of what it says: met again, in whatever file, it changes nothing.

    `subject_id` is what it became: a member, a participation, a transfer, a household.
    """

    __tablename__ = "import_row"
    __table_args__ = (sa.Index("ix_import_row_subject", "import_id", "subject_id"),)

    identity: bytes = Field(primary_key=True, sa_type=sa.LargeBinary(16))
    import_id: int = refers_to("import_file.id")
    number: int
    subject_id: int = Field(sa_type=BigInt)


class ImportRefusal(SQLModel, table=True):
    """A refused row with its cells, so that it can be corrected and sent again; kept for a while only.

    Both are encrypted JSON, since anything may stand in a row that was refused. `faults`: a list of column or null,
    sentence and values.
    """

    __tablename__ = "import_refusal"

    import_id: int = Field(primary_key=True, foreign_key="import_file.id")
    number: int = Field(primary_key=True)
    cells: bytes = Field(sa_type=Encrypted)
    faults: bytes = Field(sa_type=Encrypted)
