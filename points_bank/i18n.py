"""Languages: choosing one, and putting sentences into it.

English sentences are the message ids; the Chinese catalogues are read from their .po files when first needed, so there
is no compiled file that could lag behind.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from points_bank.errors import Invalid, PointsBankError, message

CATALOGUES = files("points_bank").joinpath("locale/zh/LC_MESSAGES")
BETWEEN = message(", ")
"""What stands between the parts of a list."""


class Language(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"


def language_of(accept_language: str | None) -> Language:
    """The language of an Accept-Language header: English where it is preferred, Chinese otherwise."""
    best, best_quality = Language.CHINESE, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = _quality(parameters)
        language = {"zh": Language.CHINESE, "en": Language.ENGLISH}.get(tag.strip().lower().split("-")[0])
        if language and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


@cache
def catalogue() -> Mapping[str, str]:
    """Chinese by English sentence, from all catalogues: the bank's own, one for words, and one for each face."""
    # Here, because a start has time for what its first reader waits for anyway.
    from babel.messages.pofile import read_po

    sources = (each for each in CATALOGUES.iterdir() if each.name.endswith(".po"))
    entries = (entry for source in sources for entry in read_po(BytesIO(source.read_bytes())))
    return {str(entry.id): str(entry.string) for entry in entries if entry.id and entry.string}


def translate(sentence: str, language: Language, /, **values: Any) -> str:
    """The sentence in `language`, its named fields filled; a sentence without a translation stays English.

    A field that is a list is said as one: `a, b` or `甲、乙`.
    """
    text = sentence if language is Language.ENGLISH else catalogue().get(sentence, sentence)
    if not values:
        return text
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = translate(BETWEEN, language).join(map(str, value))
    return text.format(**values)


def tell(refusal: PointsBankError, language: Language) -> str:
    """A refusal as the sentence a clerk can read aloud."""
    if isinstance(refusal, Invalid):
        return translate(refusal.sentence, language)
    return translate(refusal.sentence, language, **refusal.fields)


def tell_fields(refusal: PointsBankError, language: Language) -> dict[str, Any]:
    """The fields of a refusal as JSON values; what is wrong with each field of an invalid one is put into words."""
    if isinstance(refusal, Invalid):
        return {path: translate(text, language, **refusal.values) for path, text in refusal.fields.items()}
    return {name: value if isinstance(value, int | float) else str(value) for name, value in refusal.fields.items()}
