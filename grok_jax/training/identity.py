"""Identities: everything that determines the numbers of a sweep, or of the experiment that it is part of.

A compiled program has a separate identity (see program.Alike): structure, shapes, devices. A checkpoint's identity is
everything that determines the numbers of one sweep; training resumes only if all of it is unchanged. An experiment's
identity is what all its runs share, wherever they train, so that two grids of one experiment can be merged.
"""

import hashlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Num

from grok_jax.environment import own_devices, version_of
from grok_jax.errors import require
from grok_jax.fields import declared_fields
from grok_jax.fingerprint import fingerprint
from grok_jax.origins import PACKAGE, own_source
from grok_jax.training.contents import contents, is_plain
from grok_jax.training.devices import chosen_mapping, run_mesh
from grok_jax.training.flags import deciding_flags
from grok_jax.training.grid import without_addresses
from grok_jax.training.metrics import Metric
from grok_jax.training.plan import Group, unvaried
from grok_jax.training.program import pool_hash

COMPUTING = ("jax", "jaxlib", "flax", "optax", "numpy", "ml_dtypes", "opt_einsum", "scipy", "neural-tangents")
COUNTED = ("python", PACKAGE, *(name.replace("-", "_") for name in COMPUTING))  # have separate entries
ACCELERATORS = ("jax-", "jax_", "nvidia-", "libtpu", "rocm-")  # name prefixes of packages with compilers and kernels
OWN_SOURCE = "grok_jax's own source"
SHOWN = 60  # longer values are not shown in messages
NOTHING = "nothing"
BY_RUN = "by run: "


def identity(plan: Any) -> dict[str, Any]:
    """Everything that determines the numbers of a sweep, under readable names, in types that JSON can hold.

    Args:
      plan: axes, groups and execution of a sweep, from plan_grid.

    Returns:
      Settings by their dotted names, the grid, the devices, JAX's flags, versions, the hash of this package's source,
      a fingerprint of each part (task, model, optimizer, metrics), and the hash of each task's data.

    Raises:
      UserError: data cannot be loaded.
    """
    return _settings(plan) | _layout(plan) | deciding_flags() | _versions(_computing()) | _parts(plan) | _data(plan)


def experiment(plan: Any) -> dict[str, Any]:
    """What the runs of a grid share, no matter how the grid is sliced and on which devices it trains.

    Args:
      plan: as for identity.

    Returns:
      Every field that the grid does not vary, as in the config; JAX's flags, versions, the hash of this package's
      source, a fingerprint of each part, and the hash of each task's data, in types that JSON can hold.

    Raises:
      UserError: data cannot be loaded.
    """
    return _unvaried(plan) | deciding_flags() | _versions(COMPUTING) | _parts(plan) | _data(plan)


def device_of_runs() -> str:
    """The kind of device that runs train on here; on CPUs the processor's name, which tells kinds of CPU apart."""
    return _processor() if jax.default_backend() == "cpu" else jax.local_devices()[0].device_kind


def identity_hash(identity: Mapping[str, Any]) -> str:
    """sha256 of an identity, in hexadecimal; unchanged by a round trip through JSON."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One entry for each difference between two identities, such as "jax_enable_x64 (was False, is True)"."""
    before, now = (json.loads(json.dumps(each)) for each in (before, now))
    names = [name for name in {**now, **before} if not _same(before.get(name, NOTHING), now.get(name, NOTHING))]
    if "grid" in names:  # it covers the fields on its axes
        names = [name for name in names if not all(str(each.get(name)).startswith(BY_RUN) for each in (before, now))]
    return [_difference(name, before.get(name, NOTHING), now.get(name, NOTHING)) for name in names]


def require_sure(plan: Any) -> None:
    """Raises UserError unless an edit to any part of a sweep could be detected when it resumes in another process."""
    for group in plan.groups:
        for name, part in contents(group.form).items():
            kind, _, own = name.partition(" ")
            unsure = fingerprint(part).unsure
            require(
                not unsure,
                f"checkpoint= cannot be used with {kind} {own!r}: changes to {', '.join(unsure[:3])} could not be "
                "detected on resume; use plain values, arrays and functions there",
            )


def _settings(plan: Any) -> dict[str, Any]:
    """The value of each field if all runs share it, otherwise a hash of all values."""
    by_group = [_fields(group) for group in plan.groups]
    names = dict.fromkeys(name for fields in by_group for name in fields)
    common = {name: [fields.get(name, NOTHING) for fields in by_group] for name in names}
    places = [group.members.tolist() for group in plan.groups]
    return {
        "grid": _short(without_addresses(repr([(axis.name, axis.values) for axis in plan.axes]))),
        "order of the runs": _hash(places),
        "rows": _short(repr([tuple(group.capacity) for group in plan.groups])),
        **{name: _common(each) for name, each in common.items()},
    }


def _fields(group: Group) -> dict[str, Any]:
    """Dotted name -> value, for every field of a group's runs."""
    run = group.form.bare
    has_fields = not run.loss.by_word or run.loss.shown()
    fields = {"training.loss": run.loss.name, "training.probes": tuple(run.metrics)}
    for section in ("task", "model", "optimizer", "training", *(["loss"] if has_fields else [])):
        part = getattr(run, section)
        fields[f"{section}.name"] = part.name
        fields |= {f"{section}.{name}": value for name, value in part.values().items() if is_plain(value)}
    for name, each in run.metrics.items():
        fields |= {f"metrics.{name}.{key}": value for key, value in each.fn.values().items() if is_plain(value)}
    schedule = {f"training.{name}": value for name, value in group.schedule._asdict().items()}
    hyper = {name: _of_runs(values) for name, values in group.hyper.items()}
    types = tuple(zip(group.form.names, group.form.dtypes, strict=True))
    return fields | schedule | hyper | {"types of traced fields": types}


def _of_runs(values: Num[np.ndarray, " runs"]) -> Any:
    """The value that all runs share, in its shortest exact form; otherwise a hash of all values."""
    if (values != values[0]).any():
        return BY_RUN + _hash(values.tolist())
    return float(str(values[0])) if values.dtype.kind == "f" else values[0].item()


def _common(values: list[Any]) -> Any:
    """The value that all groups share, otherwise a hash of all values."""
    return _plain(values[0]) if len(set(map(repr, values))) == 1 else BY_RUN + _hash(values)


def _layout(plan: Any) -> dict[str, Any]:
    mapping = plan.execution.mapping
    found = {
        "mapping": chosen_mapping(mapping),
        "backend": jax.default_backend(),
        "devices": own_devices(),
        "platform": getattr(jax.local_devices()[0].client, "platform_version", ""),
    }
    # The vector instructions of the processor affect how sums are rounded; the number of cores does not.
    return found | ({"processor": _processor()} if found["backend"] == "cpu" else {})


def _unvaried(plan: Any) -> dict[str, Any]:
    """Dotted name -> value, for each field of the config that no axis sets."""
    words = tuple(f".{field}" for field in declared_fields(Metric))  # the meaning of a metric affects no number
    return {
        name: _plain(value)
        for name, value in unvaried(plan).items()
        if not (name.startswith("metrics.") and name.endswith(words))
    }


def _computing() -> tuple[str, ...]:
    """The packages whose versions can affect numbers on this backend."""
    if jax.default_backend() == "cpu":
        return COMPUTING
    installed = {each.metadata["Name"] or "" for each in importlib.metadata.distributions()}
    return (*COMPUTING, *sorted(name for name in installed if name.lower().startswith(ACCELERATORS)))


def _versions(names: tuple[str, ...]) -> dict[str, Any]:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"version of python": python, **{f"version of {name}": version_of(name) for name in names}}


def _parts(plan: Any) -> dict[str, Any]:
    """A hash of this package's source, and a fingerprint of everything in the parts that lies outside it."""
    found: dict[str, dict[str, None]] = {}
    for group in plan.groups:
        for name, part in contents(group.form).items():
            found.setdefault(name, {})[fingerprint(part, counted=COUNTED).text] = None
    texts = {name: next(iter(own)) if len(own) == 1 else _hash(list(own)) for name, own in found.items()}
    return {OWN_SOURCE: own_source()} | texts


def _data(plan: Any) -> dict[str, Any]:
    found: dict[str, dict[str, None]] = {}
    for group in plan.groups:
        runs = len(group.members)
        pool = pool_hash(group.form, run_mesh(min(plan.execution.chunk_runs, runs) or runs))
        if pool is not None:
            found.setdefault(f"data of task {group.form.bare.task.name}", {})[pool] = None
    return {name: next(iter(pools)) if len(pools) == 1 else _hash(list(pools)) for name, pools in found.items()}


def _difference(name: str, before: Any, now: Any) -> str:
    told = [str(value) for value in (before, now)]
    if any(len(text) > SHOWN or _is_hash(text) for text in told):
        return name
    return f"{name} (was {told[0]}, is {told[1]})"


def _is_hash(text: str) -> bool:
    return "sha256 " in text or (len(text) == 64 and set(text) <= set("0123456789abcdef"))


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)  # 1, 1.0 and true differ


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def _plain(value: Any) -> Any:
    return value if value is None or type(value) in (bool, int, float, str) else repr(value)


def _hash(value: Any) -> str:
    return f"sha256 {hashlib.sha256(repr(value).encode()).hexdigest()}"


def _processor() -> str:
    """The CPU model, as precisely as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
