"""Why a database cannot be brought up to date."""


class SchemaMismatch(Exception):
    """The database was written by a newer version of the bank, or is no bank at all."""


class HalfMoved(SchemaMismatch):
    """A whole bank is being moved into the database, and not all of it is there yet."""
