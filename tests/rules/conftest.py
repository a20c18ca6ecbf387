"""What the tests of the rules share: R1 as shipped, and lines of service as they come from a sheet."""

import pytest

from points_bank.rules.rule_set import RuleSet, parse_rule_set, reference_content


@pytest.fixture(scope="session")
def r1() -> RuleSet:
    return parse_rule_set(reference_content())
