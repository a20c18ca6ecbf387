"""What somebody knows a browser by: the device that it runs on."""

import re

from points_bank.errors import message

_DEVICES = (
    (r"iPhone", message("An iPhone")),
    (r"iPad", message("An iPad")),
    (r"HarmonyOS|OpenHarmony", message("A HarmonyOS phone or tablet")),
    (r"Android", message("An Android phone or tablet")),
    (r"Windows", message("A Windows computer")),
    (r"Macintosh", message("A Mac")),
    (r"Linux|X11", message("A Linux computer")),
)
_UNKNOWN = message("Some browser")


def device_words(user_agent: str) -> str:
    """A sentence for how a browser names itself. An Android phone calls itself Linux too: the first that fits."""
    return next((words for pattern, words in _DEVICES if re.search(pattern, user_agent)), _UNKNOWN)
