"""What service is about. A theme is a code in the books, and a word to people; the first five are what an estate should
have (五有)."""

from points_bank.errors import message
from points_bank.i18n import Language, translate

THEMES = {
    "cleaning": message("cleaning"),
    "greening": message("greening"),
    "repair": message("repair"),
    "parking": message("parking"),
    "security": message("security"),
    "safety": message("safety"),
    "policy": message("policy"),
    "education": message("education"),
    "company": message("company for people living alone"),
    "noise": message("noise"),
    "water": message("water"),
}


def theme_name(theme: str, language: Language) -> str:
    """A theme in words; one that the bank does not know stays as it was entered."""
    return translate(THEMES[theme], language) if theme in THEMES else theme


def theme_of(words: str) -> str | None:
    """The theme that is called so in either language; None for one that is not known."""
    wanted = words.strip().casefold()
    for theme in THEMES:
        if wanted in {theme, *(theme_name(theme, language).casefold() for language in Language)}:
            return theme
    return None
