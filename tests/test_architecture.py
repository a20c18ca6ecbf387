"""The house rules that can be read off the source: who may import whom, who asks the time, who writes the ledger.

A rule is a function from a `House` to its violations. Each is held against this project and against a small house in
which it is broken on purpose, so that a rule which no longer finds anything is noticed.
"""

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reading import House, Source
from tests.violations import VIOLATIONS

# --- who may import whom: places, from the ground up ----------------------------------------------------------------
# A place is a module or folder right under points_bank. A noun's api.py (with the shapes.py that a long one keeps
# its requests and answers in) and pages.py (with more named `..._pages.py`, a file a flow) are its edge.

STONES = {"clock", "errors", "keys", "settings"}
FLOOR = STONES | {
    *("actor", "audit", "beside", "checkpoints", "checks", "columns", "database", "encryption", "engine", "i18n"),
    *("idempotency", "ids", "job_runs", "migrations", "observing", "outbox", "postgres", "postgres_engine", "sizes"),
    *("spelling", "spreadsheets", "sqlite", "sqlite_engine", "sqlite_errors", "statements", "transaction", "typed"),
}
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(FLOOR, FLOOR),
    **{place: set() for place in STONES},
    "settings": {"errors"},  # it marks the sentences that it refuses with
    "ledger": FLOOR,
    "rules": FLOOR,
    "branches": FLOOR,
    "looks": FLOOR,
    "staff": FLOOR | {"branches", "looks"},
    "members": FLOOR | {"branches", "staff", "ledger", "looks"},
    "rewards": FLOOR | {"branches", "staff", "ledger"},
    "suspensions": FLOOR | {"branches", "staff", "ledger", "members"},
    "activities": FLOOR | {"branches", "staff", "ledger", "rules", "members", "rewards", "suspensions"},
    "redemptions": FLOOR | {"branches", "staff", "ledger", "rules", "members", "rewards", "suspensions"},
}
BELOW = FLOOR | {"ledger", "rules", "branches", "staff", "members", "rewards", "suspensions"}
BELOW |= {"activities", "redemptions", "extensions", "gifts"}
MAY_IMPORT |= {"leaderboards": BELOW, "passbook": BELOW, "reports": BELOW}
MAY_IMPORT |= {
    "gifts": FLOOR | {"branches", "staff", "ledger", "rules", "members", "suspensions"},
    "extensions": FLOOR | {"branches", "staff", "ledger", "rules", "members"},
    "reviews": FLOOR | {"branches", "staff", "ledger", "rules", "members", "activities"},
    **dict.fromkeys(("certificates", "exports", "imports", "messages", "waiting"), BELOW),
}
MAY_IMPORT |= {"goals": BELOW | {"waiting"}}
MAY_IMPORT |= {"receipts": BELOW | {"passbook"}, "jobs": FLOOR | {"branches", "scheduler"}}
MAY_IMPORT |= {"retention": FLOOR | {"branches", "staff", "ledger", "looks", "members"}}
MAY_IMPORT |= {"exports": BELOW | {"leaderboards"}}
NOUNS = set(MAY_IMPORT) - FLOOR
MAY_IMPORT |= {"opening": FLOOR | {"branches", "rules"}}
MAY_IMPORT |= {
    "validation": FLOOR,
    "callers": FLOOR | {"staff"},
    "watching": FLOOR | {"looks"},
    "web": FLOOR | {"callers", "looks", "staff", "validation", "watching"},
    "downloads": FLOOR | {"web"},
}
MAY_IMPORT |= {"uploads": FLOOR | {"web"}, "searching": FLOOR | {"watching", "web"}}
MAY_IMPORT |= {"scheduler": FLOOR | NOUNS, "site": FLOOR | NOUNS | {"validation", "web"}}
MAY_IMPORT |= {"edge": FLOOR | NOUNS | {"downloads", "scheduler", "searching", "site", "uploads", "validation", "web"}}
TOP = {"__main__", "app", "backup", "cli", "connections", "contract", "demo", "migrations.env", "rekeying", "restoring"}
TOP |= {"access", "alone", "answers", "figures", "health", "key_files", "logs", "moving", "serving", "tables"}
TOP |= {"tracing", "verify"}
"""They may import anything, and nobody imports them but each other."""

# --- the other tables ------------------------------------------------------------------------------------------------

SERVERS = {"litestar", "starlette", "uvicorn"}
MAY_SERVE = {
    "access",
    "app",
    "cli",
    "connections",
    "contract",
    "downloads",
    "edge",
    "health",
    "serving",
    "site",
    "tracing",
    "uploads",
    "validation",
    "web",
}
ASKING_THE_TIME = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
    *("sqlalchemy.func.now", "sqlalchemy.func.current_timestamp", "sqlmodel.func.now"),
}
LEDGER_TABLES = {f"points_bank.ledger.models.{table}" for table in ("Account", "Lot", "LotUse", "Transfer")}
REVISIONS = tuple(f"points_bank/migrations/{folder}/" for folder in ("depth", "opening", "versions"))
POSTING = {"points_bank/ledger/bulk.py", "points_bank/ledger/posting.py"}
LEDGER_FIGURES = {"balance_points", "honour_points", "remaining_points"}
LEDGER_SQL = re.compile(
    r"\b(insert\s+(or\s+\w+\s+)?into|replace\s+into|delete\s+from)\s+[\"']?(account|lot|lot_use|transfer)\b"
    r"|\bupdate\s+(or\s+\w+\s+)?[\"']?(account|lot|lot_use|transfer)[\"']?\s+(as\s+\w+\s+)?set\b",
    re.IGNORECASE,
)
VAGUE_NAMES = {"common", "core", "helper", "helpers", "misc", "service", "services", "util", "utils"}
EXCEPTION = re.compile(r"#\s*(type:\s*ignore(\[[^\]]*\])?|(ruff:\s*)?noqa(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?)")


def place_of(module: str) -> str:
    """Where a module, or a name in it, stands in the table; empty for the package itself."""
    parts = module.split(".")[1:]
    if parts[:2] in (["migrations", "env"], ["migrations", "versions"]):
        return "migrations.env"
    if len(parts) > 1 and parts[0] in NOUNS and is_edge(parts[1]):
        return "edge"
    return parts[0] if parts else ""


def is_edge(name: str) -> bool:
    """Whether a module of a noun speaks HTTP."""
    return name in {"api", "pages", "shapes"} or name.endswith("_pages")


def imports_follow_the_ranks(house: House) -> Iterator[str]:
    for source in house.package:
        place = place_of(source.module)
        if place not in MAY_IMPORT.keys() | TOP | {""}:
            yield f"{source.path}: {place} has no rank"
        for line, name in source.imports:
            if name.startswith("points_bank.") and not may_import(source.module, name):
                yield f"{source.path}:{line}: {place} imports {name}"


def may_import(module: str, name: str) -> bool:
    importer, imported = place_of(module), place_of(name)
    if importer in TOP or imported == "__version__":
        return True
    if imported == "edge":
        return importer == "edge" and name.split(".")[1] == module.split(".")[1]
    return imported == importer or imported in MAY_IMPORT.get(importer, set())


def nothing_imports_itself(house: House) -> Iterator[str]:
    """Modules that need each other to be imported first are one module or three."""
    modules = {source.module for source in house.package}
    needs = {
        source.module: {
            name if name in modules else name.rpartition(".")[0]
            for _, name in source.imports
            if name.startswith("points_bank.")
        }
        for source in house.package
    }
    seen: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> Iterator[str]:
        if module in path:
            yield " -> ".join([*path[path.index(module) :], module])
        elif module not in seen:
            for needed in sorted(needs.get(module, set())):
                yield from walk(needed, (*path, module))
            seen.add(module)

    for module in sorted(modules):
        yield from walk(module, ())


def only_edges_know_the_server(house: House) -> Iterator[str]:
    for source in house.package:
        may_serve = place_of(source.module) in MAY_SERVE
        for line, name in source.imports:
            if name.partition(".")[0] in SERVERS and not may_serve:
                yield f"{source.path}:{line}: imports {name}"


def acts_are_synchronous(house: House) -> Iterator[str]:
    """And leave it to the database to begin and to end a transaction."""
    for source in house.package:
        if place_of(source.module) not in NOUNS:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.AsyncFunctionDef):
                yield f"{source.path}:{node.lineno}: {node.name} is async"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                yield f"{source.path}:{node.lineno}: commits"


def edges_hold_no_statements(house: House) -> Iterator[str]:
    for source in house.package:
        is_edge = place_of(source.module) == "edge"
        for line, name in source.imports:
            if is_edge and name.partition(".")[0] in {"sqlalchemy", "sqlmodel"}:
                yield f"{source.path}:{line}: imports {name}"


def only_the_clock_asks_the_time(house: House) -> Iterator[str]:
    for source in house.package:
        if place_of(source.module) == "clock":
            continue
        for node in source.expressions:
            if source.meaning(node) in ASKING_THE_TIME:
                yield f"{source.path}:{node.lineno}: {source.meaning(node)}"


def only_posting_writes_the_ledger(house: House) -> Iterator[str]:
    ledger = names_of_the_ledger(house)
    for source in house.package:
        if source.path in POSTING or source.path.startswith("points_bank/migrations/"):
            continue
        for node in source.expressions:
            if deed := ledger_deed(source, node, ledger):
                yield f"{source.path}:{node.lineno}: {deed}"


def names_of_the_ledger(house: House) -> set[str]:
    """The ledger's classes and every name that some file gives to one of their tables, as in `_LOT = table_of(Lot)`."""
    names, before = set(LEDGER_TABLES), 0
    while len(names) > before:
        before = len(names)
        for source in house.package:
            for name, value in source.assignments:
                if is_table(source, value, names):
                    names.add(name)
    return names


def is_table(source: Source, node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Call):
        verb = source.meaning(node.func).rpartition(".")[2]
        return verb in {"alias", "aliased", "cast", "table_of"} and any(is_table(source, a, names) for a in node.args)
    return source.meaning(node).removesuffix(".__table__") in names


def ledger_deed(source: Source, node: ast.expr, ledger: set[str]) -> str:
    """What a node does to the ledger's tables: a statement, a new row, a changed attribute, SQL as text; or nothing."""
    if isinstance(node, ast.Call):
        verb = source.meaning(node.func).rpartition(".")[2] or getattr(node.func, "attr", "")
        table = [*node.args, *(key.value for key in node.keywords), node.func][0]
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if verb in {"insert", "update", "delete"} and any(is_table(source, part, ledger) for part in (table, owner)):
            return verb
        return f"a new {verb}" if source.meaning(node.func) in ledger else ""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in LEDGER_FIGURES:
        return f"sets {node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and LEDGER_SQL.search(node.value):
        return "SQL"
    return ""


def rooms_stay_small(house: House) -> Iterator[str]:
    """What makes tables is left out of the median: it is as long as they are, and never worked on again."""
    revisions = [source for source in house.package if source.path.startswith(REVISIONS)]
    rooms = [source for source in house.package if source not in revisions]
    for source in house.package + house.tests:
        if (lines := len(source.text.splitlines())) > 400:
            yield f"{source.path}: {lines} lines"
        for node in source.functions:
            if (lines := length(node)) > 70:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines"
    lengths = [length(node) for source in rooms for node in source.functions]
    if lengths and (median := statistics.median(lengths)) >= 15:
        yield f"the median function has {median:g} lines"


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def names_say_what_is_inside(house: House) -> Iterator[str]:
    for source in house.package + house.tests:
        for name in VAGUE_NAMES.intersection(source.module.split(".")):
            yield f"{source.path}: {name}"


def annotations_are_evaluated(house: House) -> Iterator[str]:
    """Litestar, SQLModel and Pydantic read them at run time."""
    for source in house.package:
        name = source.module.rpartition(".")[2]
        is_read = is_edge(name) or name == "models"
        if is_read and "__future__.annotations" in {name for _, name in source.imports}:
            yield f"{source.path}: from __future__ import annotations"


def folders_say_what_they_own(house: House) -> Iterator[str]:
    modules = {source.module: source.path for source in house.package}
    for folder in sorted({module.rpartition(".")[0] for module in modules}):
        if place_of(folder) in NOUNS and folder not in modules:
            yield f"{folder}: no __init__.py"
    for source in house.package:
        if source.path.endswith("/__init__.py") and source.module.removeprefix("points_bank.") in NOUNS:
            lines = [line for line in (ast.get_docstring(source.tree) or "").splitlines() if line.strip()]
            if not 2 <= len(lines) <= 4:
                yield f"{source.path}: a docstring of {len(lines)} lines"
            if len(source.tree.body) > 1:
                yield f"{source.path}: holds more than its docstring"


def exceptions_have_reasons(house: House) -> Iterator[str]:
    for source in house.package + house.tests:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT and EXCEPTION.search(token.string):
                reason = EXCEPTION.sub("", token.string).strip("# -:")
                if len(reason.split()) < 2:
                    yield f"{source.path}:{token.start[0]}: {token.string}"


def no_test_is_skipped(house: House) -> Iterator[str]:
    for source in house.tests:
        for node in source.expressions:
            if re.fullmatch(r"pytest(\.mark)?\.(skip|skipif|xfail|importorskip)", source.meaning(node)):
                yield f"{source.path}:{node.lineno}: {source.meaning(node)}"


Rule = Callable[[House], Iterator[str]]

PROJECT = House(Path(__file__).parents[1])
RULES: list[Rule] = [
    imports_follow_the_ranks,
    nothing_imports_itself,
    only_edges_know_the_server,
    acts_are_synchronous,
    edges_hold_no_statements,
    only_the_clock_asks_the_time,
    only_posting_writes_the_ledger,
    rooms_stay_small,
    names_say_what_is_inside,
    annotations_are_evaluated,
    folders_say_what_they_own,
    exceptions_have_reasons,
    no_test_is_skipped,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps(rule: Rule) -> None:
    assert list(rule(PROJECT)) == []


@pytest.mark.parametrize(
    ("rule", "path", "text", "said"),
    [(rule, *example) for rule in RULES for example in VIOLATIONS[rule.__name__]],
)
def test_a_broken_rule_is_noticed(rule: Rule, path: str, text: str, said: str, tmp_path: Path) -> None:
    plant(tmp_path, path, text)
    violations = list(rule(House(tmp_path)))
    assert len(violations) == 1
    assert said in violations[0]


def test_every_statement_of_posting_would_be_noticed_elsewhere(tmp_path: Path) -> None:
    for source in PROJECT.package:
        if source.path.startswith("points_bank/ledger/"):
            plant(tmp_path, source.path.replace("posting.py", "booking.py"), source.text)
    booking = (tmp_path / "points_bank/ledger/booking.py").read_text(encoding="utf-8")
    statements = sum(booking.count(f".{each}(") for each in ("insert", "update", "delete"))
    assert len(list(only_posting_writes_the_ledger(House(tmp_path)))) == statements > 0


def test_a_ring_of_imports_is_noticed(tmp_path: Path) -> None:
    plant(tmp_path, "points_bank/audit.py", "from points_bank.outbox import tell")
    plant(tmp_path, "points_bank/outbox.py", "from points_bank import audit")
    assert list(nothing_imports_itself(House(tmp_path))) == [
        "points_bank.audit -> points_bank.outbox -> points_bank.audit"
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "points_bank/ledger/posting.py",
            "from points_bank.ledger.models import Lot\nimport sqlalchemy as sa\nsa.update(Lot)",
        ),
        ("points_bank/clock.py", "from datetime import UTC, datetime\nnow = datetime.now(UTC)"),
        (
            "points_bank/redemptions/desk.py",
            "from points_bank.ledger import posting\nfrom points_bank.members import cards",
        ),
        ("points_bank/web.py", "import time\nstarted = time.monotonic()"),
        ("points_bank/web.py", "x = 1  # type: ignore[misc]  # the library says so in its manual"),
    ],
)
def test_what_is_allowed_is_not_reported(path: str, text: str, tmp_path: Path) -> None:
    plant(tmp_path, path, text)
    for noun in NOUNS.intersection(path.split("/")):
        plant(tmp_path, f"points_bank/{noun}/__init__.py", f'"""Owns {noun}.\n\nOwns nothing else.\n"""')
    assert [violation for rule in RULES for violation in rule(House(tmp_path))] == []


def plant(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
