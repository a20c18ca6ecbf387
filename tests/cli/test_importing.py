"""Files by the command, and an import killed in its middle."""

import json
import signal
import subprocess
import time

import pytest

from points_bank.settings import Settings
from tests.cli.conftest import Command
from tests.imports.files import csv_of, xlsx_of
from tests.tampering import look_into

pytestmark = pytest.mark.thorough

ROWS = [["姓名", "手机号"], ["张伟", "13812341234"], ["李娜", "12"], ["王芳", "13812341234"]]


def test_a_file_is_tried_taken_and_corrected(opened: Command) -> None:
    file, report = opened.folder / "名册.xlsx", opened.folder / "report.csv"
    file.write_bytes(xlsx_of(ROWS))
    tried = opened("import", "members", str(file), "--dry-run")
    assert (tried.returncode, tried.stdout.splitlines()[0]) == (
        1, "Checked 名册.xlsx: 2 rows to be taken, 0 known, 1 refused.",
    )  # fmt: skip
    taken = opened("import", "members", str(file), "--report", str(report))
    assert (taken.returncode, taken.stdout.splitlines()) == (1, [
        "Import 1 of 名册.xlsx: 2 rows taken, 0 known, 1 refused.",
        "Row 3, B 手机号: Not a phone number: 11 digits for a mobile, or a landline with its area code.",
        "Member 2 may be the same person as 1. If so, merge the two.",
        f"The refused rows are in {report}. Correct them there and import that file.",
    ])  # fmt: skip
    report.write_text(report.read_text("utf-8-sig").replace("李娜,12", "李娜,13900000000"), "utf-8-sig")
    told = json.loads(opened.told("import", "members", str(report), "--json"))
    assert (told["new_rows"], told["refused_rows"], told["state"]) == (1, 0, "done")


def test_a_bad_file_is_refused_in_one_sentence(opened: Command) -> None:
    file = opened.folder / "x.csv"
    for content, said in ((b"", "The file is empty."), (b"PK\x03\x04", "This workbook cannot be read")):
        file.write_bytes(content)
        assert said in opened.refused("import", "members", str(file))
    file.write_bytes(b"x" * 2_000)
    limit = {"POINTS_BANK_IMPORT_LIMIT_BYTES": "1000"}
    assert "more than 1000 bytes" in opened.refused("import", "members", str(file), **limit)
    assert "no branch with this code" in opened.refused("import", "members", str(file), "--branch", "X")
    assert "login" in opened.refused("import", "members", str(file), "--login", "nobody")
    assert ".csv or .xlsx" in opened.refused("import", "members", str(file), "--report", "x.txt")


def test_an_import_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(opened: Command, settings: Settings) -> None:
    file = opened.folder / "many.csv"
    file.write_bytes(csv_of([["姓名", "手机号"], *([f"住户{n}", f"138{n:08}"] for n in range(30_000))]))
    call = opened._call(("import", "members", str(file)))
    process = subprocess.Popen(call, cwd=opened.folder, env=opened.env, stdout=subprocess.DEVNULL)
    while not 0 < rows_done(settings) < 30_000:
        assert process.poll() is None, "it was to be killed before its end"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < rows_done(settings) < 30_000
    assert "30000 rows taken" in opened.told("import", "members", str(file))
    with look_into(settings) as books:
        counted = books.execute("SELECT COUNT(*), COUNT(DISTINCT name), COUNT(DISTINCT phone) FROM member").fetchall()
    assert counted == [(30_000, 30_000, 30_000)]
    assert "in order" in opened.told("verify")


def rows_done(settings: Settings) -> int:
    with look_into(settings) as books:
        ((rows,),) = books.execute("SELECT COALESCE(SUM(rows_done), 0) FROM import_file").fetchall()
    return int(rows)
