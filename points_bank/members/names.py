"""Names: their pinyin initials, kept so that 张伟 is found by "zw", and how they are shown to others."""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache

LONGEST_INITIALS = 40

# As surnames these are read otherwise than as words, and the dictionary knows only the word.
_SURNAMES = {
    "仇": "q", "佴": "n", "单": "s", "区": "o", "召": "s", "晟": "c", "曾": "z", "查": "z", "祭": "z", "种": "c",
    "秘": "b", "繁": "p", "翟": "z", "覃": "q", "解": "x", "郇": "x", "阚": "k", "乐": "y",
}  # fmt: skip
_COMPOUND_SURNAMES = ("单于",)
_CHINESE = re.compile("[\u4e00-\u9fff]{1,6}")


@lru_cache(maxsize=100_000)
def initials_of(name: str) -> str:
    """Small letters and digits: `zw` for 张伟, `js` for John Smith; empty for a script that has no pinyin."""
    plain = unicodedata.normalize("NFKC", name).strip()
    read = [_letter_of(character) for character in plain] if _is_read_singly(plain) else _read(plain)
    if read and plain[0] in _SURNAMES and not plain.startswith(_COMPOUND_SURNAMES):
        read[0] = _SURNAMES[plain[0]]
    return "".join(read)[:LONGEST_INITIALS]


def masked(name: str) -> str:
    """A name as others see it: 张小明 is 张*明, 张明 is 张*, Bob Lee is B*; one letter alone is only a star."""
    letters = "".join(name.split())
    if len(letters) < 2:
        return "*"
    is_alphabetic = unicodedata.name(letters[0], "").startswith(("LATIN", "CYRILLIC", "GREEK"))
    return f"{letters[0]}*" if is_alphabetic or len(letters) == 2 else f"{letters[0]}*{letters[-1]}"


def _read(text: str) -> list[str]:
    # Its dictionary takes half a second to read, which only who writes a name has to wait for.
    from pypinyin import Style, lazy_pinyin

    return [_initial(part) for part in lazy_pinyin(text, style=Style.FIRST_LETTER)]


@lru_cache(maxsize=30_000)
def _letter_of(character: str) -> str:
    return "".join(_read(character))


def _is_read_singly(name: str) -> bool:
    """Whether every character is Chinese and no two or more of them are a word, which might be read otherwise."""
    if _CHINESE.fullmatch(name) is None:
        return False
    words, length = _words(), len(name)
    for start in range(length - 1):
        for end in range(start + 2, length + 1):
            if name[start:end] in words:
                return False
    return True


@lru_cache(maxsize=1)
def _words() -> Container[str]:
    from pypinyin.constants import PHRASES_DICT

    words: Container[str] = PHRASES_DICT
    return words


def _initial(part: str) -> str:
    """The letter of a character; of what is no Chinese, the first letter of each word."""
    return "".join(re.findall(r"(?<![a-z0-9])[a-z0-9]", part.lower()))
