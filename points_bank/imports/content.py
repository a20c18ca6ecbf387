"""What a file is, by its first bytes and not by its name."""

from points_bank.errors import message
from points_bank.imports.delimited import read_delimited
from points_bank.imports.table import EMPTY, Limits, Table, refuse
from points_bank.imports.workbook import read_workbook
from points_bank.settings import Settings

TOO_LARGE = message("The file has more than {most_bytes} bytes. Please cut it in parts.")
OLD_WORKBOOK = message("This is an old workbook (.xls), or one with a password. Save it as .xlsx or .csv without one.")

_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def limits_of(settings: Settings) -> Limits:
    return Limits(settings.import_limit_bytes, settings.import_unpacked_limit_bytes, settings.import_limit_rows)


def read_table(content: bytes, limits: Limits) -> Table:
    """The rows of a file. Refuses `invalid` what is too large, empty, or neither a workbook nor text."""
    if len(content) > limits.most_bytes:
        raise refuse(TOO_LARGE, most_bytes=limits.most_bytes)
    if not content.strip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00"):
        raise refuse(EMPTY)
    if content.startswith(_OLD):
        raise refuse(OLD_WORKBOOK)
    return (read_workbook if content.startswith(_ZIP) else read_delimited)(content, limits)
