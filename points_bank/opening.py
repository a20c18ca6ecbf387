"""Opening an empty bank: the district, its calendar, and rule set R1."""

from points_bank.actor import Actor
from points_bank.branches.calendar import load_year
from points_bank.branches.calendar_data import shipped_calendars
from points_bank.branches.tree import BranchLine, found_district
from points_bank.encryption import prove_first_key
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.rule_set import reference_content
from points_bank.transaction import Transaction


def open_bank(tx: Transaction, *, code: str, name: str, by: Actor) -> BranchLine:
    """Make the district with rule set R1, which applies to all dates, and the calendars that are shipped.

    Refuses where there is a district.
    """
    branch = found_district(tx, code=code, name=name, by=by)
    prove_first_key(tx)
    for calendar in shipped_calendars():
        load_year(tx, calendar.year, calendar.days, source="chinesecalendar", by=by)
    add_rule_set(tx, branch_id=branch.id, content=reference_content(), valid_from_on=None)
    return branch
