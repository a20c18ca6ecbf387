"""Phone numbers as people write them."""

import pytest

from points_bank.errors import Invalid
from points_bank.members.phones import masked, normalised


@pytest.mark.parametrize(
    ("text", "phone", "shown"),
    [
        ("13812341234", "13812341234", "138****1234"),
        (" 138 1234 1234 ", "13812341234", "138****1234"),
        ("138-1234-1234", "13812341234", "138****1234"),
        ("+86 13812341234", "13812341234", "138****1234"),
        ("008613812341234", "13812341234", "138****1234"),
        ("8613812341234", "13812341234", "138****1234"),
        ("１３８１２３４１２３４", "13812341234", "138****1234"),
        ("(0774) 202-1234", "07742021234", "077****1234"),
        ("+86 774 2021234", "07742021234", "077****1234"),
        ("+86 (0774) 2021234", "07742021234", "077****1234"),
        ("2021234", "2021234", "****1234"),
        ("+852 2345 6789", "+85223456789", "+85****6789"),
    ],
)
def test_a_phone_is_kept_in_one_form_and_shown_masked(text: str, phone: str, shown: str) -> None:
    assert normalised(text) == phone
    assert masked(phone) == shown


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1381234123", "138123412345", "12812341234", "1234", "-13812341234x", "+", "१३८१२३४१२३४", "0" * 500],
)
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalised(text)
    assert list(refusal.value.fields) == ["phone"]
