"""What people type with a Chinese input method, and what the bank takes it for."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from points_bank.activities.handwriting import read_list
from points_bank.typed import plain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("９：３０", "9:30"),
        ("１，１５", "1,15"),
        ("ＦＬ－１", "FL-1"),
        ("　１２０　", "120"),
        ("代签三次，已查实（见照片）", "代签三次，已查实（见照片）"),
        ("３号楼：换灯！", "3号楼：换灯！"),
        ("第一行\r\n第二行", "第一行\n第二行"),
    ],
)
def test_numbers_become_plain_and_sentences_keep_their_signs(typed: str, meant: str) -> None:
    assert plain(typed) == meant


@given(st.text())
@example("ａ\u0301")
@example("　ﬁ　")
def test_what_is_plain_stays_so(typed: str) -> None:
    assert plain(plain(typed)) == plain(typed)


def test_a_pasted_list_is_read_with_chinese_signs_too() -> None:
    people = read_list("（1）张三，李四；王五（5678）\n2．赵六、钱七")
    assert [(each.name, each.number) for each in people] == [
        ("张三", ""),
        ("李四", ""),
        ("王五", "5678"),
        ("赵六", ""),
        ("钱七", ""),
    ]
