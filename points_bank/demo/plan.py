"""What the demo is made of, as it stands in the TOML files beside this one."""

import tomllib
from importlib.resources import files
from typing import TypeVar

import msgspec

from points_bank.actor import Role
from points_bank.branches.models import BranchKind, ManagementMode
from points_bank.clock import PeriodKind
from points_bank.leaderboards.models import Measure, Population

T = TypeVar("T")


class Sizes(msgspec.Struct, frozen=True):
    """How much there is of everything. `publicity` and `mediation` are among `activities`; the others are service.

    `twins` are passbooks of people who have one already, at the other community.
    """

    members: int
    party_members: int
    over_60: int
    under_18: int
    core: int
    idle: int
    twins: int
    activities: int
    publicity: int
    mediation: int
    redemptions: int


class BranchPlan(msgspec.Struct, frozen=True):
    code: str
    name: str
    kind: BranchKind
    parent: str
    management_mode: ManagementMode | None = None


class StaffPlan(msgspec.Struct, frozen=True):
    login: str
    name: str
    role: Role
    branch: str


class OpeningPlan(msgspec.Struct, frozen=True):
    """Days of the month, put off where nobody works, and pairs of hours (`09:00`)."""

    days_of_month: list[int]
    hours: list[tuple[str, str]]


class DeskPlan(msgspec.Struct, frozen=True):
    """The first desk of a community is its own; a further one gives out little, on its opening days."""

    code: str
    name: str
    branch: str
    opening: OpeningPlan | None = None


class RewardPlan(msgspec.Struct, frozen=True):
    """`received` is what each desk gets at the start. Of what has a `left`, the first desk has no more in the end."""

    name: str
    cost_points: int
    received: int
    left: int | None = None


class BoardPlan(msgspec.Struct, frozen=True):
    branch: str
    name: str
    period: PeriodKind
    measure: Measure
    population: Population
    top: int
    publish_day: int
    objection_working_days: int


class DistrictPlan(msgspec.Struct, frozen=True):
    """Branches come after the one they lie below."""

    code: str
    name: str
    sponsors: list[str]
    sizes: Sizes
    branches: list[BranchPlan]
    staff: list[StaffPlan]
    desks: list[DeskPlan]
    rewards: list[RewardPlan]
    boards: list[BoardPlan]


class Title(msgspec.Struct, frozen=True):
    title: str
    theme: str


class Titles(msgspec.Struct, frozen=True):
    titles: list[Title]
    evidence: str | None = None


class GivenNames(msgspec.Struct, frozen=True):
    women: str
    men: str


class Reasons(msgspec.Struct, frozen=True):
    rejected: str
    overlap: str
    too_long: str
    too_short: str
    not_there: str
    closing: str
    cancelled: str
    damaged: str
    opening: str
    top_up: str
    counted: str
    returned: str
    not_on_photo: str
    not_me: str
    stayed_longer: str
    looked_into: str
    doubted_night: str
    doubted_names: str
    found_false: str
    colluded: str
    appeal: str
    misspelt: str
    extension: str
    in_need: str
    after_surgery: str
    broken: str
    run_out: str
    last_one: str
    same_person: str
    proxy_paper: str


class Words(msgspec.Struct, frozen=True):
    surnames: str
    given: GivenNames
    service: Titles
    publicity: Titles
    mediation: Titles
    reasons: Reasons


def read_plan() -> DistrictPlan:
    """The small district."""
    return _read("small.toml", DistrictPlan)


def read_words() -> Words:
    return _read("words.toml", Words)


def _read(name: str, kind: type[T]) -> T:
    text = files("points_bank.demo").joinpath(name).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), kind)
