"""What is written about a member: checked, and put into columns."""

from datetime import date
from typing import Any, TypedDict

import msgspec

from points_bank.errors import Invalid, message
from points_bank.members.names import initials_of
from points_bank.members.phones import normalised
from points_bank.transaction import Transaction

OLDEST_YEARS = 120

NEEDED = message("Is needed.")
NOT_A_BIRTHDAY = message("Not a possible date of birth.")
NOT_YET = message("This date has not come yet.")
BRANCH_ENDED = message("This branch has ended.")
GUARDIAN_NEEDED = message("A guardian needs both a name and the date of the consent.")
BEFORE_BIRTH = message("This date lies before the date of birth.")


class Guardian(msgspec.Struct, frozen=True):
    """Who agreed for a member under 18, and the date on the paper."""

    name: str
    consented_on: date


class Details(TypedDict, total=False):
    """What can be written about a member; what is left out stays as it is."""

    name: str
    phone: str | None
    born_on: date | None
    is_party_member: bool
    guardian: Guardian | None


def columns_of(tx: Transaction, details: Details, *, born_on: date | None = None) -> dict[str, Any]:
    """The columns of what is given, but `phone` only normalised: it is encrypted for its row, see `phone_columns`.

    `born_on` is the date of birth known so far. Refuses `invalid`, naming everything that is wrong.
    """
    problems: dict[str, str] = {}
    columns: dict[str, Any] = {}
    if "name" in details:
        columns |= _name_columns(details["name"], problems)
    if "phone" in details:
        columns["phone"] = _phone(details["phone"], problems)
    if "born_on" in details:
        born_on = columns["born_on"] = details["born_on"]
        _check_born_on(tx.today, born_on, problems)
    if "is_party_member" in details:
        columns["is_party_member"] = details["is_party_member"]
    if "guardian" in details:
        columns |= _guardian_columns(tx.today, details["guardian"], born_on, problems)
    if problems:
        raise Invalid(problems)
    return columns


def person_problems(today: date, *, born_on: date | None, guardian: Guardian | None) -> dict[str, str]:
    """What cannot be about somebody's dates, by the names of `Details`."""
    problems: dict[str, str] = {}
    _check_born_on(today, born_on, problems)
    _guardian_columns(today, guardian, born_on, problems)
    return problems


def _name_columns(name: str, problems: dict[str, str]) -> dict[str, Any]:
    plain = name.strip()
    if not plain:
        problems["name"] = NEEDED
    return {"name": plain, "name_initials": initials_of(plain)}


def _phone(phone: str | None, problems: dict[str, str]) -> str | None:
    try:
        return None if phone is None else normalised(phone)
    except Invalid as refusal:
        problems |= refusal.fields
        return None


def _check_born_on(today: date, born_on: date | None, problems: dict[str, str]) -> None:
    if born_on is not None and not (today.year - OLDEST_YEARS <= born_on.year and born_on <= today):
        problems["born_on"] = NOT_A_BIRTHDAY


def _guardian_columns(
    today: date, guardian: Guardian | None, born_on: date | None, problems: dict[str, str]
) -> dict[str, Any]:
    if guardian is None:
        return {"guardian_name": None, "guardian_consented_on": None}
    if not guardian.name.strip():
        problems["guardian.name"] = NEEDED
    if guardian.consented_on > today:
        problems["guardian.consented_on"] = NOT_YET
    elif born_on is not None and guardian.consented_on < born_on:
        problems["guardian.consented_on"] = BEFORE_BIRTH
    return {"guardian_name": guardian.name.strip(), "guardian_consented_on": guardian.consented_on}
