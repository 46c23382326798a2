"""How much memory arrays take, and how much this process can still use within the limits of its machine and job."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import jax
import psutil

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
ROOT = Path("/")
# Mount points of the control groups that limit memory; the files with the limit and the usage; and the entry of
# memory.stat for cached files, which the kernel drops when memory is short.
VERSION_2 = (
    ("sys/fs/cgroup", "sys/fs/cgroup/unified"),
    ("memory.max", "memory.current", "inactive_file"),
)
VERSION_1 = (
    ("sys/fs/cgroup/memory",),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def bytes_of(arrays: Any) -> int:
    """Bytes that the leaves of a pytree of arrays, or of their shapes, take."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(arrays))


def free_memory() -> int:
    """Bytes that this process can still use."""
    rooms = [psutil.virtual_memory().available, *control_group_rooms(ROOT), *process_rooms()]
    return max(0, min(rooms))


def control_group_rooms(root: Path) -> list[int]:
    """Bytes that each control group of this process leaves it; groups without a limit are left out.

    Parent groups count too, as each one limits everything inside it. A file that cannot be read sets no limit.

    Args:
      root: the folder that holds proc and sys; "/" except in tests.
    """
    return [room for folder, names in _control_groups(root) if (room := _room(folder, *names)) is not None]


def process_rooms() -> list[int]:
    """Bytes that the limits of this process (ulimit -v, ulimit -d) leave it; empty without limits."""
    rooms = []
    with contextlib.suppress(ImportError, OSError, AttributeError):  # this system has no such limits
        import resource

        used = psutil.Process().memory_info()
        for limit, taken in ((resource.RLIMIT_AS, used.vms), (resource.RLIMIT_DATA, used.data)):
            allowed, _ = resource.getrlimit(limit)
            if allowed != resource.RLIM_INFINITY:
                rooms.append(allowed - taken)
    return rooms


def in_words(count: float | int) -> str:
    """A number of bytes in readable form, such as "3.2 MiB"."""
    power = min(int(math.log2(max(count, 1))) // 10, len(UNITS) - 1)
    return f"{count / 1024**power:.{min(power, 1)}f} {UNITS[power]}"


def _control_groups(root: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The folders of the process's groups and of all their parents, with the names of their files."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, own = [*line.split(":", 2), "", ""][:3]
        if not own or (controllers and "memory" not in controllers.split(",")):
            continue
        mounts, names = VERSION_1 if controllers else VERSION_2
        # In a container the path may be the host's: then only the topmost folder exists, and its limit applies.
        parts = [part for part in PurePosixPath(own).parts if part not in ("/", "..")]
        for mount in mounts:
            for depth in range(len(parts) + 1):
                yield root.joinpath(mount, *parts[:depth]), names


def _room(folder: Path, limit: str, usage: str, given_up: str) -> int | None:
    allowed, used = _number(folder / limit), _number(folder / usage)
    if allowed is None or used is None:
        return None
    statistics = dict(line.split(maxsplit=1) for line in _lines(folder / "memory.stat") if " " in line)
    files = statistics.get(given_up, "")
    return allowed - max(0, used - (int(files) if files.isdigit() else 0))


def _number(path: Path) -> int | None:
    """The number in a file; None if the file cannot be read or holds something else ("max")."""
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
