"""Why a database cannot be brought up to date."""


class SchemaMismatch(Exception):
    """The database was written by a newer version of the bank, or is no bank at all."""
