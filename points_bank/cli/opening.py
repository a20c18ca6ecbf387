"""`points-bank init` and `migrate`: a bank that was not there, and tables that were another version's."""

import msgspec
import rich_click as click

from points_bank.actor import SYSTEM
from points_bank.cli.terminal import in_bank, say
from points_bank.errors import message
from points_bank.migrations import HEAD, upgrade
from points_bank.opening import open_bank
from points_bank.settings import Settings
from points_bank.validation import in_shape
from points_bank.web import Code, Line


class NewDistrict(msgspec.Struct):
    code: Code
    name: Line


@click.command()
@click.option("--code", required=True, help="A short code for the district, such as LX.")
@click.option("--name", required=True, help="The district's name.")
def init(code: str, name: str) -> None:
    """Make the database, the district, its calendar and rule set R1."""
    new, settings = in_shape({"code": code, "name": name}, NewDistrict), Settings()
    in_bank(
        lambda bank: bank.write(open_bank, code=new.code, name=new.name, by=SYSTEM), settings=settings, may_make=True
    )
    say(
        message("{name} is open. Keep {key_path} together with the database, and keep it secret."),
        name=new.name,
        key_path=settings.key_path,
    )


@click.command()
def migrate() -> None:
    """Bring the tables to this version, without serving."""
    upgrade(Settings())
    say(message("The tables are at revision {revision}."), revision=HEAD)
