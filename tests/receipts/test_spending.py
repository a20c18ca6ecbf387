"""Which of a lot's points were spent: the oldest first, undone in the opposite order, none twice and none lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.receipts.spending import Spent, Use, spent_of


def test_the_oldest_is_spent_first() -> None:
    uses = [Use(1, 25), Use(2, 10), Use(3, -30), Use(4, 40), Use(5, -20)]
    assert spent_of(uses, 1) == ([Spent(3, 25)], 0)
    assert spent_of(uses, 2) == ([Spent(3, 5), Spent(5, 5)], 0)
    assert spent_of(uses, 4) == ([Spent(5, 15)], 25)


def test_what_is_given_back_is_unspent_where_it_was_taken_last() -> None:
    uses = [Use(1, 25), Use(2, 10), Use(3, -30), Use(4, 30, undoes_id=3)]
    assert [spent_of(uses, each) for each in (1, 2, 4)] == [([], 25), ([], 10), ([], 0)]
    partly = [*uses[:3], Use(4, 7, undoes_id=3)]
    assert [spent_of(partly, each) for each in (1, 2)] == [([Spent(3, 23)], 2), ([], 10)]


def test_a_reversal_takes_its_own_award_first() -> None:
    uses = [Use(1, 25), Use(2, 40), Use(3, -30, undoes_id=2)]
    assert [spent_of(uses, each) for each in (1, 2)] == [([], 25), ([Spent(3, 30)], 10)]
    more = [*uses, Use(4, -20, undoes_id=2)]
    assert [spent_of(more, each) for each in (1, 2)] == [([Spent(4, 10)], 15), ([Spent(3, 30), Spent(4, 10)], 0)]


def test_what_comes_back_from_elsewhere_is_a_filling_of_its_own() -> None:
    assert spent_of([Use(9, 20, undoes_id=3), Use(10, -5)], 9) == ([Spent(10, 5)], 15)


@st.composite
def histories(draw: st.DrawFn) -> list[Use]:
    uses: list[Use] = []
    for number in range(1, draw(st.integers(1, 25))):
        held = sum(use.points for use in uses)
        debits = [use for use in uses if use.points < 0 and use.undoes_id is None]
        back = [each for each in debits if each.transfer_id not in {use.undoes_id for use in uses}]
        kind = draw(st.sampled_from(["fill", "drain", "undo"]))
        if kind == "undo" and back:
            undone = draw(st.sampled_from(back))
            uses.append(Use(number, -undone.points, undoes_id=undone.transfer_id))
        elif kind == "drain" and held:
            uses.append(Use(number, -draw(st.integers(1, held))))
        else:
            uses.append(Use(number, draw(st.integers(1, 60))))
    return uses


@given(histories())
def test_nothing_is_lost_or_spent_twice(uses: list[Use]) -> None:
    found = {use.transfer_id: spent_of(uses, use.transfer_id) for use in uses if use.points > 0}
    assert sum(left for _, left in found.values()) == sum(use.points for use in uses)
    spent_with: dict[int, int] = {}
    for spent, _ in found.values():
        for each in spent:
            spent_with[each.transfer_id] = spent_with.get(each.transfer_id, 0) + each.points
    for use in uses:
        if use.points < 0:
            undone = sum(other.points for other in uses if other.undoes_id == use.transfer_id)
            assert spent_with.get(use.transfer_id, 0) == -use.points - undone


def test_a_lot_that_gave_more_than_it_held_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError):
        spent_of([Use(1, 5), Use(2, -6)], 1)
