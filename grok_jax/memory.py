"""How much memory this process may still fill: what is free, within the limits of its container, job and shell."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
ROOT = Path("/")
# Where the tree of control groups with memory is mounted, its limit, what is used of it, and, in memory.stat, how much
# of that is kept of files and given up when memory is short.
VERSION_2 = (
    ("sys/fs/cgroup", "sys/fs/cgroup/unified"),
    ("memory.max", "memory.current", "inactive_file"),
)
VERSION_1 = (
    ("sys/fs/cgroup/memory",),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def free_memory() -> int:
    """Bytes that this process may still fill."""
    rooms = [psutil.virtual_memory().available, *control_group_rooms(ROOT), *process_rooms()]
    return max(0, min(rooms))


def control_group_rooms(root: Path) -> list[int]:
    """Bytes that each control group which this process is in leaves it; a group without a limit is not there.

    A group that is above others counts too: each bounds all that are in it. What cannot be read is no limit.

    Args:
      root: where proc and sys lie; "/", but for tests.
    """
    return [room for folder, names in _control_groups(root) if (room := _room(folder, *names)) is not None]


def process_rooms() -> list[int]:
    """Bytes that the limits of this process (ulimit -v, ulimit -d) leave it; nothing where there are none."""
    rooms = []
    with contextlib.suppress(ImportError, OSError, AttributeError):  # no such limits on this system
        import resource

        used = psutil.Process().memory_info()
        for limit, taken in ((resource.RLIMIT_AS, used.vms), (resource.RLIMIT_DATA, used.data)):
            allowed, _ = resource.getrlimit(limit)
            if allowed != resource.RLIM_INFINITY:
                rooms.append(allowed - taken)
    return rooms


def in_words(count: float | int) -> str:
    """A number of bytes as people read it, such as "3.2 MiB"."""
    power = min(int(math.log2(max(count, 1))) // 10, len(UNITS) - 1)
    return f"{count / 1024**power:.{min(power, 1)}f} {UNITS[power]}"


def _control_groups(root: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The folders of the process's groups and of all above them, and what their files are called."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, own = [*line.split(":", 2), "", ""][:3]
        if not own or (controllers and "memory" not in controllers.split(",")):
            continue
        mounts, names = VERSION_1 if controllers else VERSION_2
        # In a container the path may be as the host sees it: then only the topmost folder is there, and is the limit.
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
    """The number that a file holds; None where it cannot be read, or holds another thing ("max")."""
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
