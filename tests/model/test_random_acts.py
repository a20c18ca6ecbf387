"""Chance runs acts of the whole bank; a bank on paper says what must come of them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import settings as chance
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test as run_machine

from points_bank.settings import DatabaseKind, Settings
from tests.banks import Banks
from tests.fuzz.figures import LONGER, write_down
from tests.model.acts_at_once import ActsAtOnce
from tests.model.random_acts import RandomActs, furnish

pytestmark = [pytest.mark.thorough, pytest.mark.fuzz]

OUTCOMES: set[tuple[str, str | None]] = {
    *((act, None) for act in ("log_activity", "approve_activity", "approve_correction", "redeem", "reserve")),
    *(("collect_reservation", None), ("cancel_redemption", None), ("reserve", "redemption_limit")),
    *(("approve_activity", "overlapping_service"), ("redeem", "below_redemption_minimum")),
}
"""What the run that is the same each time must have met, so that nobody has to believe that it tries enough."""
OUTCOMES_OF_FEW: set[tuple[str, str | None]] = {
    *((act, None) for act in ("log_activity", "approve_activity", "redeem", "reserve", "donate", "cancel_redemption")),
    *(("redeem", "out_of_stock"), ("redeem", "insufficient_points")),
}
"""The same where there is time for few examples."""

MANNER: dict[str, Any] = {"stateful_step_count": 40, "deadline": None, "database": None}
AT_ONCE: set[tuple[str, str | None]] = {
    *(("redeem", None), ("redeem", "out_of_stock"), ("redeem", "insufficient_points"), ("donate", None)),
    *(("log_activity", None), ("any", "replayed")),
}
"""What acts that were begun together must have met."""


@pytest.mark.parametrize("is_the_same", [True, False], ids=["the same each time", "anew"])
def test_chance_finds_no_difference(settings: Settings, banks: Banks, *, is_the_same: bool) -> None:
    """One run meets the same chances each time, and must meet what makes a bank; the other finds new ones."""
    is_file = settings.database_kind is DatabaseKind.SQLITE
    with furnished(RandomActs, settings, banks):
        # A server takes its time to verify the books after each step.
        manner = {**MANNER, "derandomize": is_the_same, "max_examples": (30 if is_file else 3) * LONGER}
        run_machine(RandomActs, settings=chance(**manner))
    if is_the_same:
        expected = OUTCOMES if is_file else OUTCOMES_OF_FEW
        assert RandomActs.met.keys() >= expected, expected - RandomActs.met.keys()


def test_what_is_done_at_once_was_done_in_some_order(settings: Settings, banks: Banks) -> None:
    """Chance says what is begun at the same time; which act comes first is up to the bank, each time anew.

    Hypothesis ends a run where the same beginning led to something else; what was found until then is written down.
    """
    is_file = settings.database_kind is DatabaseKind.SQLITE
    manner = {
        **MANNER,
        "derandomize": True,
        "max_examples": (16 if is_file else 6) * LONGER,
        "phases": [Phase.generate],
    }
    with furnished(ActsAtOnce, settings, banks), suppress(Flaky):
        ActsAtOnce.faults = []
        run_machine(ActsAtOnce, settings=chance(**manner))
    assert ActsAtOnce.faults == []
    met = ActsAtOnce.met
    assert met.keys() >= AT_ONCE, AT_ONCE - met.keys()
    begun = Counter({code or "done": met["any", code] for act, code in met if act == "any"})
    write_down(f"{settings.database_kind}, acts begun at once: {begun.total():,}", begun)


@contextmanager
def furnished(machine: type[RandomActs], settings: Settings, banks: Banks) -> Iterator[None]:
    with asyncio.Runner() as runner:
        RandomActs.runner, RandomActs.banks, RandomActs.furnished = runner, banks, settings
        machine.met = Counter()
        runner.run(furnish(settings))
        yield
