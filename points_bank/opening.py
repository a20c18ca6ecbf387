"""Opening an empty bank: the district, its calendar, and rule set R1."""

from importlib.resources import files

from points_bank.actor import Actor
from points_bank.branches.tree import BranchLine, found_district
from points_bank.rules.in_force import add_rule_set
from points_bank.transaction import Transaction


def open_bank(tx: Transaction, *, code: str, name: str, by: Actor) -> BranchLine:
    """Make the district with rule set R1, which applies to all dates. Refuses where there is a district."""
    branch = found_district(tx, code=code, name=name, by=by)
    content = files("points_bank.rules").joinpath("R1.toml").read_text(encoding="utf-8")
    add_rule_set(tx, branch_id=branch.id, content=content, valid_from_on=None)
    return branch
