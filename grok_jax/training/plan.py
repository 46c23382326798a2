"""A config and its grid, resolved and checked: what a sweep trains."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from grok_jax.training.grid import Axis, Group, expand, group_runs, parse_grid, pinned
from grok_jax.training.settings import complete, execution_settings


class Plan(NamedTuple):
    """A grid, resolved."""

    axes: tuple[Axis, ...]
    groups: list[Group]
    execution: SimpleNamespace


def plan_grid(config: ConfigDict | Mapping[str, Any], grid: str | Mapping[Any, Any] | None) -> Plan:
    """A config and its grid, resolved and checked.

    Raises:
      UserError: they make no sense.
    """
    plain = complete(config)
    axes = parse_grid(plain["grid"] if grid is None else grid)
    execution = execution_settings(plain)
    groups = [pinned(group, execution.capacity) for group in group_runs(expand(plain, axes))]
    return Plan(axes, groups, execution)
