"""What results depend on besides their config: versions, devices, the revision of this code."""

import datetime
import functools
import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import jax

PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "xarray", "neural-tangents")


def environment() -> dict[str, Any]:
    """Versions, devices and git revision, all of which can affect a result, and the date."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}},
        "devices": own_devices(),
        "git_revision": _git_revision(),
    }


def own_devices() -> str:
    """The number and kind of this process's devices, such as "2 x cpu"; other processes of a group have their own."""
    return f"{jax.local_device_count()} x {jax.local_devices()[0].device_kind}"


def version_of(package: str) -> str | None:
    """The version of an installed package; None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def _git_revision() -> str | None:
    """The checkout's revision, followed by "+" if files have changed since; None outside a checkout."""
    here = Path(__file__).parent
    try:
        command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty=+"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
