"""Each kind of transfer has its column, and every list of the columns is whole."""

import pytest

from points_bank.i18n import Language
from points_bank.ledger.models import TransferKind
from points_bank.reports.api import FiguresShape
from points_bank.reports.definitions import FLOWS, SIGNS, Figure, moved_points
from points_bank.reports.models import Cut
from points_bank.reports.sheets import CUTS, HEADINGS, VALUES, value_name
from points_bank.rules.rule_set import ServiceRole


@pytest.mark.parametrize("kind", TransferKind)
def test_a_kind_of_transfer_has_its_column(kind: TransferKind) -> None:
    assert kind in FLOWS


def test_every_figure_is_in_the_sheet_and_in_the_answer() -> None:
    assert set(HEADINGS) == set(Figure)
    assert {str(figure) for figure in Figure} <= set(FiguresShape.__struct_fields__)
    assert set(CUTS) == set(Cut)
    assert {str(role) for role in ServiceRole} <= set(VALUES)


def test_what_no_column_says_was_moved() -> None:
    figures = {Figure.OPENING: 100, Figure.ISSUED: 50, Figure.REDEEMED: 30, Figure.REFUNDED: 5, Figure.CLOSING: 130}
    assert moved_points(figures) == 5
    assert SIGNS[Figure.REVERSED] == SIGNS[Figure.LAPSED] == -1


def test_a_theme_is_told_in_words_and_an_unknown_one_as_entered() -> None:
    assert value_name("greening", Language.CHINESE) == "绿化"
    assert value_name("腰鼓", Language.CHINESE) == "腰鼓"
    assert value_name("", Language.ENGLISH) == "-"
