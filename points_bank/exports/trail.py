"""Who took what along. What is exported may be long, so it is read on a snapshot, and this is all that is written."""

from points_bank import audit
from points_bank.actor import Actor
from points_bank.transaction import Transaction


def note_export(tx: Transaction, subject: str, *details: str, by: Actor) -> None:
    """Write down that somebody is given a file about `subject`: once it was read, before it is handed out."""
    audit.note(tx, by, subject, *details)
