"""`points-bank seals`: the chain of the books, to be kept where the bank cannot change it."""

from datetime import date

import msgspec
import rich_click as click

from points_bank.cli.terminal import as_json, in_bank, print_json, say
from points_bank.errors import message
from points_bank.ledger.seal import list_seals


@click.command()
@as_json
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100_000), help="How many days.")
def seals(is_json: bool, limit: int) -> None:
    """Show the seals of the last days that had transfers, newest first; docs/seals-and-receipts.md explains them."""
    found = in_bank(lambda bank: bank.read(list_seals, before=date.max, limit=limit))
    if is_json:
        print_json([msgspec.to_builtins(seal) for seal in found])
        return
    for seal in found:
        click.echo(f"{seal.day}  {seal.first_transfer_id}-{seal.last_transfer_id}  {seal.head}")
    if not found:
        say(message("No day is sealed yet."))
