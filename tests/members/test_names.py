"""Pinyin initials."""

import pytest

from points_bank.members.names import LONGEST_INITIALS, initials_of


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("张伟", "zw"),
        ("欧阳锋", "oyf"),
        ("单雄信", "sxx"),
        ("曾国藩", "zgf"),
        ("区寄", "oj"),
        ("仇英", "qy"),
        ("解缙", "xj"),
        ("查良镛", "zly"),
        ("覃小明", "qxm"),
        ("单于明", "cym"),
        ("尉迟恭", "ycg"),
        ("张 伟", "zw"),
        ("买买提·艾力", "mmtal"),
        ("John Smith", "js"),
        ("Ａnna", "a"),
        ("欧阳Anna", "oya"),
        ("Иван", ""),
        ("张" * 50, "z" * LONGEST_INITIALS),
        ("", ""),
    ],
)
def test_a_name_has_its_initials(name: str, initials: str) -> None:
    assert initials_of(name) == initials
