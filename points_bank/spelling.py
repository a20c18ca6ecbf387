"""What the two databases spell differently, for statements that are written as text.

NUMBER_IN(text)   the whole number that a text begins with: `12` of `12/3`
INSTANT(column)   an instant as text, in UTC with microseconds: `2026-11-14 00:30:00.000000`
LINES(text)       all rows of a text in one, a line each, in the order in which they come
PRINTF(form, ...) values put into a form with `%s`, nothing for NULL
AS_IS(column)     a column whose index is not to be used
"""

import re

_ARGUMENT = r"\(((?:[^()]|\([^()]*\))*)\)"
_SPELLINGS: dict[str, dict[str, str]] = {
    "sqlite": {
        "NUMBER_IN": r"CAST(\1 AS INTEGER)",
        "INSTANT": r"\1",
        "LINES": r"GROUP_CONCAT(\1, CHAR(10))",
        "AS_IS": r"+\1",
    },
    "postgresql": {
        "NUMBER_IN": r"CAST(SUBSTRING(\1 FROM '^[0-9]{1,18}') AS BIGINT)",
        "INSTANT": r"TO_CHAR(\1 AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        "LINES": r"STRING_AGG(\1, CHR(10))",
        "PRINTF": r"FORMAT(\1)",
        "AS_IS": r"\1",
    },
}


def spell(sql: str, dialect: str) -> str:
    """A statement in the words of a database; one without such words stays as it is."""
    for word, meaning in _SPELLINGS[dialect].items():
        sql = re.sub(rf"\b{word}{_ARGUMENT}", meaning, sql)
    return sql
