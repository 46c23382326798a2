"""Tells a function of the user's what runs record while they train.

Nothing inside a compiled program calls the host. Calls into a program end where a record is due, so each record is
told by itself, in order, and the programs are the same with and without a listener.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Int, Num

from grok_jax.errors import UserError, naming
from grok_jax.training.metrics import Variable
from grok_jax.training.plan import Plan
from grok_jax.training.records import ENDS, GroupRecords
from grok_jax.training.schedule import has_diverged
from grok_jax.training.shards import to_part

OnRecord = Callable[[int, xr.Dataset], Any]
Tell = Callable[[int, Int[np.ndarray, " runs"], Mapping[str, Num[np.ndarray, "runs ..."]]], None]


def teller(on_record: OnRecord, plan: Plan, described: Mapping[str, Variable]) -> Tell:
    """Makes the function that tells `on_record` of each record, until `on_record` has failed once.

    A logger that cannot be reached may need minutes to say so, and there is a record for every chunk and step. What
    it missed is in the results.

    Args:
      on_record: a function of the step and of a Dataset with dimension "run".
      plan: the runs.
      described: meaning, units and dimensions of each variable.

    Returns:
      A function of the step, the places of runs in the flattened grid, and their values.
    """
    works = True

    def tell(step: int, members: Int[np.ndarray, " runs"], record: Mapping[str, Num[np.ndarray, "runs ..."]]) -> None:
        nonlocal works
        if not works:
            return
        ends = np.full(len(members), step), has_diverged(record)
        values = {name: each[:, np.newaxis] for name, each in record.items()}
        told = to_part(plan, [GroupRecords(members, np.array([step]), values, *ends)], described)
        told = told.isel(step=0).drop_vars([*ENDS]).drop_attrs(deep=False)
        try:
            with naming("on_record"):
                on_record(step, told)
        except UserError as error:
            works = False
            warnings.warn(f"{error}; training goes on, and on_record is not called again", stacklevel=2)

    return tell
