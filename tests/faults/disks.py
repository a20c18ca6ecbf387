"""Disks that have no room left or take nothing, as context managers around a folder or a server."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = bytes(64 * 1024)


def may_mount() -> bool:
    """Whether we can have a disk of our own: root of a machine can, others and root of most containers cannot."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size at a new folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Nothing more fits on the folder's disk: `ENOSPC`."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(BLOCK)
            except OSError:
                pass
        yield
    finally:
        filler.unlink()


@contextmanager
def bounded_files(pid: int, limit_bytes: int) -> Iterator[None]:
    """No file that a process writes may be longer: `EFBIG`, as with a quota. Needs no rights over the machine."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def takes_nothing(files: list[Path], pid: int) -> Iterator[None]:
    """Nobody may write to these files any more, not even a process that has them open: `EPERM`.

    Where the disk or our rights are not up to `chattr +i`, that process may write to no file at all.
    """
    if subprocess.run(["chattr", "+i", *files], capture_output=True, check=False).returncode != 0:
        with bounded_files(pid, 0):
            yield
        return
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder and its files lose their write permissions. Root only minds when started with `MINDS_PERMISSIONS`."""
    paths = [folder, *folder.iterdir()]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


MINDS_PERMISSIONS = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all") if os.geteuid() == 0 else ()
)
"""What to put before a command so that a file's permissions bind it, whoever we are."""
