"""Stars: whole hours of service, by the rule set."""

import pytest

from points_bank.rules.rule_set import parse_rule_set, reference_content


@pytest.mark.parametrize(
    ("minutes", "stars"),
    [
        (0, 0),
        (5_999, 0),
        (6_000, 1),
        (17_999, 1),
        (18_000, 2),
        (36_000, 3),
        (60_000, 4),
        (89_999, 4),
        (90_000, 5),
        (10**9, 5),
    ],
)
def test_one_to_five_stars(minutes: int, stars: int) -> None:
    assert parse_rule_set(reference_content()).stars_of(minutes) == stars
