"""The device and precision of the benchmarks: CPU cores or a GPU, the same for both sides."""

import datetime
import importlib.util
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

PACKAGES = ("jax", "jaxlib", "optax", "torch", "numpy")
NO_PEER = "torch is not installed"
NO_CUDA = "torch has no CUDA device here"
NO_COMPILER = "torch.compile has no C++ compiler here"
# precision of float32 matrix products -> its name in JAX, and in PyTorch
PRECISIONS = {"float32": ("highest", "highest"), "tf32": ("default", "high")}
PRECISION = "GROK_JAX_BENCH_PRECISION"  # an environment variable, so that every process of a benchmark sees it


class Machine(NamedTuple):
    """The machine on which both sides run.

    Attributes:
      kind: "cpu" or "gpu": JAX's default backend.
      name: the name of the device; results of different devices are never mixed.
      cores: number of CPU cores that this process may use.
      no_peer: why PyTorch cannot use that device; None if it can.
    """

    kind: str
    name: str
    cores: int
    no_peer: str | None


def has_torch() -> bool:
    """Whether PyTorch is installed; the benchmarks of our side run without it."""
    return importlib.util.find_spec("torch") is not None


def cores() -> int:
    """The number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def host() -> Machine:
    """The CPU cores as a Machine, even if there is a GPU."""
    count = cores()
    return Machine("cpu", f"{count} CPU cores ({processor()})", count, None if has_torch() else NO_PEER)


def find() -> Machine:
    """The machine. This starts JAX, so call it in a separate process; the caller then holds no GPU."""
    import jax

    if jax.default_backend() == "cpu":
        return host()
    return Machine("gpu", jax.devices()[0].device_kind, cores(), _no_peer_on_gpu())


def prepare(machine: Machine, precision: str) -> None:
    """Sets what the processes of both sides inherit: the device, the precision, and a GPU that they can share.

    Args:
      machine: the machine, from find().
      precision: "float32" or "tf32"; CPU cores support only the first.
    """
    os.environ[PRECISION] = precision
    if machine.kind == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # PyTorch would leave the others idle
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def jax_precision() -> str:
    """The required value of training.matmul_precision."""
    return PRECISIONS[os.environ.get(PRECISION, "float32")][0]


def start_torch(threads: int) -> Any:
    """Sets PyTorch's threads and precision, and returns the device for tensors."""
    import torch

    theirs = PRECISIONS[os.environ.get(PRECISION, "float32")][1]
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(theirs)
    torch.backends.cudnn.allow_tf32 = theirs != "highest"  # cuDNN has its own switch, on by default
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def no_compiler() -> str | None:
    """Why torch.compile cannot work; None if it can."""
    names = filter(None, (os.environ.get("CXX"), "g++", "clang++", "cl"))
    return None if any(map(shutil.which, names)) else NO_COMPILER


def about(machine: Machine, precision: str) -> dict[str, Any]:
    """Device, date and versions, as shown in the table."""
    return {
        "device": machine.name,
        "kind": machine.kind,
        "cores": machine.cores,
        "precision": precision,
        "date": datetime.date.today().isoformat(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The model of the CPU, or its architecture if the system does not report the model."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def _no_peer_on_gpu() -> str | None:
    if not has_torch():
        return NO_PEER
    import torch

    return None if torch.cuda.is_available() else NO_CUDA


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
