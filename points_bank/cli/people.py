"""`points-bank staff` and `points-bank token`: who operates the bank, and with what they show it."""

import sys

import rich_click as click

from points_bank.actor import SYSTEM, Role, Task
from points_bank.cli.terminal import in_bank, say, sentence
from points_bank.errors import message
from points_bank.staff.accounts import change_password, disable_staff, enable_staff, staff_with_login
from points_bank.staff.api import NewStaff
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import appoint_staff
from points_bank.staff.tokens import (
    end_every_token,
    end_staff_tokens,
    hash_of,
    issue_client_token,
    new_token,
    revoke_token,
)
from points_bank.validation import in_shape


@click.group()
def staff() -> None:
    """Who operates the bank."""


@staff.command("create")
@click.option("--login", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--branch", required=True, metavar="CODE", help="Where the role holds, and in all below.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(login: str, name: str, role: str, branch: str, password_stdin: bool) -> None:
    """Make a member of staff with a first right."""
    password = _read_password(from_stdin=password_stdin)
    new = in_shape({"login": login, "name": name, "password": password}, NewStaff)
    in_bank(
        lambda bank: bank.write(
            appoint_staff,
            login=new.login,
            name=new.name,
            password_hash=hash_password(password),
            role=Role(role),
            branch_code=branch,
            by=SYSTEM,
        )
    )
    say(message("{name} can sign in as {login}."), name=new.name, login=new.login)


@staff.command("password")
@click.option("--login", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def password_of(login: str, password_stdin: bool) -> None:
    """Give a member of staff a new password, and end all their tokens and sessions."""
    staff_id = in_bank(lambda bank: bank.read(staff_with_login, login))
    password_hash = hash_password(_read_password(from_stdin=password_stdin))
    in_bank(lambda bank: bank.write(change_password, staff_id, password_hash=password_hash, by=SYSTEM))
    say(message("{login} has a new password, and is signed in nowhere any more."), login=login)


@staff.command("disable")
@click.option("--login", required=True)
def disable(login: str) -> None:
    """Shut a member of staff out, and end all their tokens and sessions. Their rights stay."""
    staff_id = in_bank(lambda bank: bank.read(staff_with_login, login))
    in_bank(lambda bank: bank.write(disable_staff, staff_id, by=SYSTEM))
    say(message("{login} cannot sign in any more."), login=login)


@staff.command("enable")
@click.option("--login", required=True)
def enable(login: str) -> None:
    """Let a member of staff in again, with the password and the rights that they have."""
    staff_id = in_bank(lambda bank: bank.read(staff_with_login, login))
    in_bank(lambda bank: bank.write(enable_staff, staff_id, by=SYSTEM))
    say(message("{login} can sign in again."), login=login)


@click.group()
def token() -> None:
    """Tokens with which programs work as a member of staff."""


@token.command("create")
@click.option("--login", required=True, help="Whose token it is.")
@click.option("--days", default=90, show_default=True, help="How long it is good.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([task.value for task in Task]),
    help="A task that it is for, as often as needed; without one it is for all that its holder may do.",
)
def create_token(login: str, days: int, scopes: tuple[str, ...]) -> None:
    """Print a new token, and nothing else. It is shown this once."""
    new, tasks = new_token(), [Task(scope) for scope in scopes] or None
    in_bank(
        lambda bank: bank.write(
            issue_client_token, login=login, token_hash=hash_of(new), days=days, scopes=tasks, by=SYSTEM
        )
    )
    click.echo(new)


@token.command("revoke")
@click.option("--login", help="End all tokens of this member of staff.")
@click.option("--token-stdin", is_flag=True, help="End the one token that is read from standard input.")
@click.option("--all", "is_all", is_flag=True, help="End everybody's, and all sessions in browsers: after pg_restore.")
def revoke(login: str | None, token_stdin: bool, is_all: bool) -> None:
    """End tokens now. A server goes on believing an ended token for a few seconds."""
    if [login is not None, token_stdin, is_all].count(True) != 1:
        raise click.UsageError("Say either --login, --token-stdin, or --all.")
    if is_all:
        count = in_bank(lambda bank: bank.write(end_every_token, by=SYSTEM))
    elif login is not None:
        count = in_bank(lambda bank: bank.write(end_staff_tokens, login=login, by=SYSTEM))
    else:
        digest, count = hash_of(sys.stdin.readline().strip()), 1
        in_bank(lambda bank: bank.write(revoke_token, token_hash=digest, by=SYSTEM))
    say(message("Tokens ended: {count}."), count=count)


def _read_password(*, from_stdin: bool) -> str:
    """From standard input, or typed twice at a terminal."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt(sentence(message("Password")), hide_input=True, confirmation_prompt=True)
    return password
