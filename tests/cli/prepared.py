"""The command in a process of its own, forked off one that has everything loaded already.

A new interpreter spends a second on loading the bank, and most tests of the command call it several times.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.cli.loaded"])


def run_command(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], stdin: str, timeout_seconds: float
) -> "subprocess.CompletedProcess[str]":
    """What `points-bank` with these arguments said, and how it ended, as `subprocess.run` tells it."""
    with tempfile.TemporaryDirectory() as streams:
        paths = [Path(streams, name) for name in ("stdin", "stdout", "stderr")]
        paths[0].write_text(stdin, encoding="utf-8")
        process = _CONTEXT.Process(target=_run, args=(list(arguments), folder, dict(env), paths))
        process.start()
        process.join(timeout_seconds)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(list(arguments), timeout_seconds)
        said, complained = (path.read_text(encoding="utf-8") for path in paths[1:])
        return subprocess.CompletedProcess(list(arguments), process.exitcode, stdout=said, stderr=complained)


def _run(arguments: list[str], folder: Path, env: dict[str, str], paths: list[Path]) -> None:
    """In the new process: its folder, environment and streams, then the command, which ends it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for place, path in enumerate(paths):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT if place else os.O_RDONLY, 0o600), place)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(place, "w" if place else "r", encoding="utf-8") for place in range(3)
    )
    from points_bank.cli import main

    try:
        main(arguments, prog_name="points-bank")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
