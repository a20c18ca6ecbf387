"""A large file, read in a process of its own: the same as read here, refused in the same way, and gone on with when
that process ends."""

import asyncio
import signal
import subprocess
import sys
from datetime import date
from multiprocessing import active_children

import pytest

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.errors import Invalid, ReadingEnded
from points_bank.imports.api import carry_out
from points_bank.imports.beside import BESIDE_FROM_BYTES, FileBeside, open_file
from points_bank.imports.content import limits_of
from points_bank.imports.delimited import NOT_CSV
from points_bank.imports.incoming import FileHere, Reading, Sending
from points_bank.imports.models import FileKind
from points_bank.imports.pace import Pace
from points_bank.members.register import register_member
from points_bank.settings import Environment, Settings
from tests.bank import Bank
from tests.imports.files import Rows, csv_of, xlsx_of

ROWS: Rows = [
    ["姓名", "手机号", "出生日期", "监护人", "监护人同意日期", "同意记录", "同意上榜"],
    ["张　伟", "13812341234", "1950年1月2日", "", "", "√", "√"],
    ["李娜", "12", "昨天", "", "", "", ""],
    ["李小明", "0774-3821234", "2015-3-4", "李建国", "2026/9/1", "是", "否"],
    ["王芳", "", "2015-02-03", "李娜", "", "", ""],
]
MANY = 20_000


def reading_of(content: bytes, *, rows_of_a_part: int = 2) -> Reading:
    sending = Sending(kind=FileKind.MEMBERS, branch_id=1, name="名册")
    limits = limits_of(Settings(environment=Environment.TEST))
    return Reading(content, sending, limits, date(2026, 10, 12), rows_of_a_part)


def many() -> bytes:
    return csv_of([["姓名", "手机号"], *([f"住户{n:05}", f"138{n:08}"] for n in range(MANY))])


@pytest.mark.parametrize("content", [csv_of(ROWS), xlsx_of(ROWS)], ids=["csv", "xlsx"])
def test_a_file_says_the_same_wherever_it_is_read(content: bytes) -> None:
    here, beside = FileHere(reading_of(content)), FileBeside(reading_of(content))
    try:
        assert beside.head == here.head
        assert list(beside.parts()) == list(here.parts())
        assert list(beside.parts(done=3)) == list(here.parts(done=3)) != []
    finally:
        beside.close()


def test_what_is_refused_of_a_file_is_refused_wherever_it_is_read() -> None:
    for content, problems in (
        (csv_of([["血型", "电话"], ["x"]]), {"A1 血型", "headings"}),
        (csv_of([["姓名"], ["张伟"], ["李娜"]]) + b'"not closed', {"file"}),
    ):
        with pytest.raises(Invalid) as caught:
            list(FileBeside(reading_of(content)).parts())
        assert set(caught.value.fields) == problems
    assert caught.value.fields["file"] == NOT_CSV
    assert caught.value.values == {"line": 4}


def test_only_a_large_file_is_worth_a_process() -> None:
    assert len(many()) > BESIDE_FROM_BYTES
    for content, kind in ((csv_of(ROWS), FileHere), (many(), FileBeside)):
        file = open_file(reading_of(content))
        assert type(file) is kind
        file.close()


async def test_an_import_whose_reader_is_killed_goes_on_when_the_file_is_sent_again(bank: Bank) -> None:
    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="名册.csv")
    told: list[int] = []

    def kill(done: int, _: int) -> None:
        told.append(done)
        for reader in active_children():
            reader.kill()

    with pytest.raises(ReadingEnded):
        await carry_out(bank.database, many(), sending, by=SYSTEM, rows_of_a_part=50, pace=Pace(1), tell=kill)
    assert 0 < told[-1] < MANY
    outcome = await carry_out(bank.database, many(), sending, by=SYSTEM)
    assert outcome.line is not None
    assert (outcome.line.state, outcome.new_rows, outcome.refused_rows) == ("done", MANY, 0)
    assert active_children() == []


async def test_a_desk_is_answered_while_a_large_file_is_taken_in(bank: Bank) -> None:
    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="名册.csv")
    during: list[int] = []

    async def register() -> None:
        await bank.database.write(register_member, name="李", branch_id=bank.district.id, by=SYSTEM)
        during.append(1)

    tasks: list[asyncio.Task[None]] = []
    answered: list[int] = []

    def come(done: int, _: int) -> None:
        answered.append(len(during))
        if len(tasks) < 5:
            tasks.append(asyncio.create_task(register()))

    outcome = await carry_out(bank.database, many(), sending, by=SYSTEM, tell=come)
    assert outcome.new_rows == MANY
    assert answered[-1] == len(during) == 5


@pytest.mark.only("sqlite", "a server's acts are asked for the time before each statement, be it ever so small")
async def test_a_step_that_takes_longer_than_an_act_may_is_cut(bank: Bank, settings: Settings) -> None:
    """SQLite asks how late it is after some thousand rows' work: small steps are never asked."""
    hasty = settings.model_copy(update={"act_limit_seconds": 1e-6})
    content = csv_of([["姓名"], *([f"住户{n}"] for n in range(600))])
    sending = Sending(kind=FileKind.MEMBERS, branch_id=bank.district.id, name="名册.csv")
    async with Database(hasty, bank.clock) as database:
        outcome = await carry_out(database, content, sending, by=SYSTEM)
    assert outcome.line is not None
    assert (outcome.line.state, outcome.new_rows, outcome.line.rows_done) == ("done", 600, 600)


def test_the_reading_process_ends_with_who_asked_for_it() -> None:
    script = """
import sys
from tests.imports.test_beside import FileBeside, many, reading_of
if __name__ == "__main__":
    file = FileBeside(reading_of(many()))
    next(file.parts())
    print("reading", flush=True)
    sys.stdin.read()
"""
    call = [sys.executable, "-c", script]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reading\n"
        process.send_signal(signal.SIGKILL)
        # Its end is read when nobody holds it any more, the reading process neither.
        assert process.stdout.read() == b""
