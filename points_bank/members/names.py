"""Names: their pinyin initials, kept so that 张伟 is found by "zw", and how they are shown to others."""

import re
import unicodedata

LONGEST_INITIALS = 40

# As surnames these are read otherwise than as words, and the dictionary knows only the word.
_SURNAMES = {
    "仇": "q", "佴": "n", "单": "s", "区": "o", "召": "s", "晟": "c", "曾": "z", "查": "z", "祭": "z", "种": "c",
    "秘": "b", "繁": "p", "翟": "z", "覃": "q", "解": "x", "郇": "x", "阚": "k", "乐": "y",
}  # fmt: skip
_COMPOUND_SURNAMES = ("单于",)


def initials_of(name: str) -> str:
    """Small letters and digits: `zw` for 张伟, `js` for John Smith; empty for a script that has no pinyin."""
    # Its dictionary takes half a second to read, which only who writes a name has to wait for.
    from pypinyin import Style, lazy_pinyin

    plain = unicodedata.normalize("NFKC", name).strip()
    read = [_initial(part) for part in lazy_pinyin(plain, style=Style.FIRST_LETTER)]
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


def _initial(part: str) -> str:
    """The letter of a character; of what is no Chinese, the first letter of each word."""
    return "".join(re.findall(r"(?<![a-z0-9])[a-z0-9]", part.lower()))
