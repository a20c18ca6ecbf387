"""Every sentence for people has its Chinese, with the same named fields, and none is left over."""

import ast
import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import nodes

from points_bank.i18n import CATALOGUES, catalogue
from points_bank.site.rendering import templates
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


def sentences_in(name: str) -> list[str]:
    """What a template says with `t(...)`."""
    loader = templates().loader
    assert loader is not None
    text, path, _ = loader.get_source(templates(), name)
    said = [
        call.args[0]
        for call in templates().parse(text).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "t"
    ]
    for each in said:
        assert isinstance(each, nodes.Const), f"{path}:{each.lineno}: no text in full"
    return [each.value for each in said if isinstance(each, nodes.Const)]


SENTENCES = sorted(
    {sentence for source in PROJECT.package for sentence in sentences_of(source)}
    | {sentence for name in templates().list_templates() for sentence in sentences_in(name)}
)


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_has_its_chinese(sentence: str) -> None:
    assert sentence in catalogue()
    assert fields_of(catalogue()[sentence]) == fields_of(sentence)


def test_the_catalogue_has_no_sentence_that_is_not_said() -> None:
    assert set(catalogue()) - set(SENTENCES) == set()


def test_no_sentence_stands_twice_in_the_catalogue() -> None:
    """Who reads the catalogues keeps one of two entries in silence, so the files themselves are looked at."""
    text = "".join(each.read_text(encoding="utf-8") for each in CATALOGUES.iterdir())
    sentences = [
        "".join(re.findall(r'"(.*)"', lines)) for lines in re.findall(r'^msgid ((?:".*"\n)+)', text, re.MULTILINE)
    ]
    assert [sentence for sentence, times in Counter(sentences).items() if times > 1 and sentence] == []
    assert set(SENTENCES) <= {sentence.replace(r"\"", '"') for sentence in sentences}
