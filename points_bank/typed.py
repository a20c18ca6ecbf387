"""Text as people type it, with an input method and blanks around it, made the text that they meant."""

import unicodedata

LONGEST_WRITTEN_WIDE = 20_000
"""In longer text nobody looks for a number that was typed with full-width signs."""
_FULL_WIDTH = {ord("\u3000"): " "} | {
    code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()
}
"""Letters, digits and the blank as an input method makes them, to the plain ones."""


def plain(text: str) -> str:
    """Text as it was meant: what an input method made of digits and letters is undone; in a number, a time or a code
    also what it made of their signs. Chinese sentences keep their own commas and brackets.

    What is plain stays as it is, so that it does not matter how often this is done.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    whole = unicodedata.normalize("NFKC", text) if len(text) <= LONGEST_WRITTEN_WIDE else text
    return whole if whole.isascii() else unicodedata.normalize("NFC", text.translate(_FULL_WIDTH))
