"""`points-bank keys`: what personal data is encrypted with, and changing it."""

import msgspec
import rich_click as click

from points_bank.cli.keeping import told_on_terminal
from points_bank.cli.terminal import as_json, in_bank, instant, print_json, say, sentence
from points_bank.encryption import KeyLine, key_lines
from points_bank.errors import message
from points_bank.keys import retired_path
from points_bank.rekeying import change_key
from points_bank.settings import Settings

IN_USE, REPLACED, RETIRED = message("in use"), message("no longer used"), message("retired")


@click.group()
def keys() -> None:
    """The keys that phones and refused rows of files are encrypted with; docs/privacy.md explains them."""


@keys.command("show")
@as_json
def show(is_json: bool) -> None:
    """Show each key's number, since when there is one, and how many values need it; never a key itself."""
    found = in_bank(lambda bank: bank.read(key_lines))
    if is_json:
        print_json(msgspec.to_builtins(found))
        return
    settings = Settings()
    for line in found:
        say(
            message("{number}  {since}  {state}  {values} values"),
            number=line.number, since=instant(line.made_at, settings), state=_state(line), values=line.values,
        )  # fmt: skip


@keys.command("rotate")
@as_json
def rotate(is_json: bool) -> None:
    """Encrypt everything with a new key while the bank is served; repeated, it goes on where it was ended."""
    settings = Settings()
    with told_on_terminal() as told:
        done = in_bank(lambda bank: change_key(bank, told=told), settings=settings)
    if is_json:
        print_json(msgspec.to_builtins(done))
        return
    say(message("Key {number} is in use; {values} values are encrypted with it."),
        number=done.number, values=done.values)  # fmt: skip
    if settings.key_text is None:
        say(message("Keep a copy of {path} elsewhere: it has changed."), path=settings.key_path)
    if retired_path(settings.key_path).exists():
        say(message("Backups made until now need the keys at {path}."), path=retired_path(settings.key_path))


def _state(line: KeyLine) -> str:
    return sentence(RETIRED if line.retired_at else REPLACED if line.replaced_at else IN_USE)
