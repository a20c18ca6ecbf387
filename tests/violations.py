"""How each rule of the house can be broken: one file, what stands in it, and a part of what the rule must then say."""

TABLES = """import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from points_bank.columns import table_of
from points_bank.ledger import models as ledger
from points_bank.ledger.models import Lot, Transfer as T"""

VIOLATIONS: dict[str, list[tuple[str, str, str]]] = {
    "imports_follow_the_ranks": [
        ("points_bank/ledger/posting.py", "from points_bank.members import cards", "ledger imports"),
        ("points_bank/activities/logbook.py", "import points_bank.redemptions.desk", "activities imports"),
        ("points_bank/activities/logbook.py", "from ..redemptions import desk", "activities imports"),
        ("points_bank/members/cards.py", "def f():\n    from points_bank.passbook import view", "members imports"),
        ("points_bank/members/cards.py", "from points_bank import web", "members imports"),
        ("points_bank/members/cards.py", "from points_bank.members.api import Card", "members imports"),
        ("points_bank/members/api.py", "from points_bank.staff.api import Person", "edge imports"),
        ("points_bank/errors.py", "from points_bank.settings import Settings", "errors imports"),
        (
            "points_bank/staff/signin.py",
            "import importlib\nimportlib.import_module('points_bank.app')",
            "staff imports",
        ),
        ("points_bank/scheduler.py", "from points_bank.cli import main", "scheduler imports"),
        ("points_bank/extras/thing.py", "", "extras has no rank"),
    ],
    "nothing_imports_itself": [
        ("points_bank/audit.py", "from points_bank.audit import write", "points_bank.audit -> points_bank.audit"),
    ],
    "only_edges_know_the_server": [
        ("points_bank/members/cards.py", "from litestar import get", "imports litestar.get"),
        ("points_bank/database.py", "import uvicorn", "imports uvicorn"),
    ],
    "acts_are_synchronous": [
        ("points_bank/members/cards.py", "async def issue(tx): ...", "issue is async"),
        ("points_bank/members/cards.py", "def issue(tx):\n    tx.session.commit()", "commits"),
    ],
    "edges_hold_no_statements": [
        ("points_bank/members/api.py", "from sqlmodel import select", "imports sqlmodel.select"),
    ],
    "only_the_clock_asks_the_time": [
        ("points_bank/web.py", "from datetime import datetime as dt\nnow = dt.now()", "datetime.datetime.now"),
        ("points_bank/web.py", "import datetime\nday = datetime.date.today()", "datetime.date.today"),
        ("points_bank/web.py", "from time import time\nnow = time()", "time.time"),
        ("points_bank/staff/models.py", "import sqlalchemy as sa\nAT = sa.func.now()", "sqlalchemy.func.now"),
        ("points_bank/staff/models.py", "from datetime import datetime\nat = dict(make=datetime.utcnow)", "utcnow"),
    ],
    "only_posting_writes_the_ledger": [
        ("points_bank/redemptions/desk.py", f"{TABLES}\nTAKE = sa.update(Lot).values(remaining_points=0)", "update"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nGIVE = insert(T.__table__)", "insert"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nGIVE = insert(table=ledger.Account)", "insert"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nGONE = Lot.__table__.delete()", "delete"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\ndef f(tx):\n    tx.session.add(T(id=1))", "a new"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nLOT = table_of(Lot)\nTAKE = sa.update(LOT)", "update"),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nA, B = 1, table_of(Lot)\nTAKE = sa.update(B)", "update"),
        (
            "points_bank/redemptions/desk.py",
            f"{TABLES}\nLOT: sa.Table = table_of(Lot)\nGONE = sa.delete(LOT)",
            "delete",
        ),
        ("points_bank/redemptions/desk.py", f"{TABLES}\nLOT = Lot.__table__\nGIVE = LOT.insert()", "insert"),
        ("points_bank/redemptions/desk.py", "def f(account):\n    account.balance_points -= 1", "sets balance_points"),
        ("points_bank/redemptions/desk.py", "SQL = 'UPDATE lot SET remaining_points = 0'", "SQL"),
        ("points_bank/redemptions/desk.py", "SQL = 'insert or ignore into transfer values (1)'", "SQL"),
        ("points_bank/ledger/models.py", "class Lot: ...\n\nEMPTY = Lot()", "a new"),
    ],
    "rooms_stay_small": [
        ("points_bank/web.py", "#\n" * 401, "401 lines"),
        ("tests/test_web.py", "def test_it():\n" + "    pass\n" * 70, "test_it has 71 lines"),
        ("points_bank/web.py", "def f():\n" + "    pass\n" * 14, "the median function has 15 lines"),
    ],
    "names_say_what_is_inside": [
        ("points_bank/members/service.py", "", "service"),
        ("points_bank/common/dates.py", "", "common"),
        ("tests/helpers.py", "", "helpers"),
    ],
    "annotations_are_evaluated": [
        ("points_bank/members/models.py", "from __future__ import annotations", "models.py: from __future__"),
        ("points_bank/members/api.py", "from __future__ import annotations", "api.py: from __future__"),
    ],
    "folders_say_what_they_own": [
        ("points_bank/members/cards.py", "", "points_bank.members: no __init__.py"),
        ("points_bank/members/__init__.py", "", "a docstring of 0 lines"),
        ("points_bank/members/__init__.py", '"""Members."""', "a docstring of 1 lines"),
        (
            "points_bank/members/__init__.py",
            '"""Owns\nmembers."""\nfrom .cards import issue',
            "more than its docstring",
        ),
    ],
    "exceptions_have_reasons": [
        ("points_bank/web.py", "x = 1  # type: ignore", "web.py:1: # type: ignore"),
        ("points_bank/web.py", "x = 1  # type: ignore[misc]", "web.py:1: # type: ignore[misc]"),
        ("tests/test_web.py", "import os  # noqa: F401", "test_web.py:1: # noqa: F401"),
    ],
    "no_test_is_skipped": [
        ("tests/test_web.py", "import pytest\n@pytest.mark.skip\ndef test_it(): ...", "pytest.mark.skip"),
        ("tests/test_web.py", "from pytest import skip\nskip('later')", "pytest.skip"),
    ],
}
