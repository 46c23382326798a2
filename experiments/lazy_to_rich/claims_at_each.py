"""Makes the same claims about the runs at each value of a setting."""

import itertools
from collections.abc import Callable, Sequence

import xarray as xr

from grok_jax.analysis.claims import Claim, Measured
from grok_jax.analysis.selection import runs_at

Statement = tuple[str, str, Callable[[xr.Dataset], Measured]]  # text, the paper's words, function that measures it


def claims_at_each(
    figure: str, setting: str, values: Sequence[float | int], statements: Sequence[Statement]
) -> list[Claim]:
    """Returns claims with the same statements about the runs at each value of a setting, numbered from 1.

    Args:
      figure: <paper>/<figure>; the claims' ids begin with it.
      setting: dotted name of a field, as for runs_at.
      values: values of the setting.
      statements: text, the paper's words, and the function that measures the runs at one value.
    """
    name = setting.rpartition(".")[2]

    def at(value: float | int, measure: Callable[[xr.Dataset], Measured]) -> Callable[[xr.Dataset], Measured]:
        return lambda ds: measure(runs_at(ds, {setting: value}))

    return [
        Claim(f"{figure}/{number}", f"{name} = {value:g}: {text}", paper, at(value, measure))
        for number, (value, (text, paper, measure)) in enumerate(itertools.product(values, statements), start=1)
    ]
