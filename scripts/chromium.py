"""The Chromium that tests and measurements look at pages with: the one without windows takes a third of the time."""

from pathlib import Path

HEADLESS, FULL = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = HEADLESS if HEADLESS.exists() else FULL
QUIET = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
