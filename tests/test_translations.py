"""Every sentence for people has its Chinese, with the same named fields, and none is left over."""

import ast
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from points_bank.i18n import catalogue
from tests.reading import House, Source

PROJECT = House(Path(__file__).parents[1])


def sentences_of(source: Source) -> list[str]:
    """What a file marks with `message(...)`; anything but a text in full could not be translated."""
    marked = [
        node.args[0]
        for node in source.expressions
        if isinstance(node, ast.Call) and source.meaning(node.func) == "points_bank.errors.message"
    ]
    for text in marked:
        assert isinstance(text, ast.Constant), f"{source.path}:{text.lineno}: no text in full"
    return [str(text.value) for text in marked if isinstance(text, ast.Constant)]


SENTENCES = sorted({sentence for source in PROJECT.package for sentence in sentences_of(source)})


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_has_its_chinese(sentence: str) -> None:
    assert sentence in catalogue()
    assert fields_of(catalogue()[sentence]) == fields_of(sentence)


def test_the_catalogue_has_no_sentence_that_is_not_said() -> None:
    assert set(catalogue()) - set(SENTENCES) == set()


def test_no_sentence_stands_twice_in_the_catalogue() -> None:
    """Who reads the catalogue keeps one of two entries in silence, so the file itself is looked at."""
    text = files("points_bank").joinpath("locale/zh/LC_MESSAGES/points_bank.po").read_text(encoding="utf-8")
    sentences = [
        "".join(re.findall(r'"(.*)"', lines)) for lines in re.findall(r'^msgid ((?:".*"\n)+)', text, re.MULTILINE)
    ]
    assert [sentence for sentence, times in Counter(sentences).items() if times > 1] == []
    assert set(SENTENCES) <= {sentence.replace(r"\"", '"') for sentence in sentences}
