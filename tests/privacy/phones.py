"""Every phone number that stands in the tests, to be looked for where none may be."""

import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]


@cache
def known_phones() -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py"))
    return frozenset(phone for text in texts for phone in re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text))


def phones_in(content: bytes) -> list[str]:
    """Those that stand in it as digits."""
    return sorted(phone for phone in known_phones() if phone.encode() in content)


def phones_in_files(database: Path) -> list[str]:
    """Those in a database and its log."""
    files = (database, database.with_name(f"{database.name}-wal"))
    return sorted({phone for file in files if file.exists() for phone in phones_in(file.read_bytes())})
