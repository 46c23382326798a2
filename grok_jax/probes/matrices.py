"""The kernels of a grid of runs as labeled matrices, for measurements that no probe provides."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Array
from ml_collections import ConfigDict

from grok_jax.kernels import tangent_kernel
from grok_jax.training import Probed, Run, observe
from grok_jax.training.losses import as_values
from grok_jax.training.records import labels

DIMS = {
    "kernel": ("train", "train_"),
    "test_kernel": ("test", "train"),
    "targets": ("train", "output"),
    "test_targets": ("test", "output"),
    "outputs": ("train", "output"),
    "test_outputs": ("test", "output"),
}


def tangent_kernels(
    run: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    step: int = 0,
    kept: Any = None,
) -> xr.Dataset:
    """The neural tangent kernels of every run of a grid, with targets and outputs.

    The kernels belong to the predictor α f(w, x) at the given step, averaged over outputs; see kernels.tangent_kernel.
    They can be passed to kernels.kernel_regression, kernels.gradient_descent and similar functions.

    Args:
      run, grid: as for sweep.
      step: number of optimizer steps; 0 gives the initial kernels.
      kept: weights that a sweep kept at that step, so that no training is needed; None trains up to the step.

    Returns:
      A Dataset along "run", with the value of each grid axis as a coordinate: kernel (train, train_),
      test_kernel (test, train), targets, test_targets, outputs, test_outputs. NaN beyond the rows of a run.

    Raises:
      UserError: the config or grid is invalid, the step is negative, or the weights belong to other runs.
    """
    runs, settings = [], []
    for setting, (values, train, test) in observe(_read, run, grid, step=step, kept=kept):
        used = {"train": train > 0, "test": test > 0}
        used["train_"] = used["train"]
        arrays = {
            name: xr.DataArray(values[name], dims=dims).isel({dim: used[dim] for dim in dims if dim in used})
            for name, dims in DIMS.items()
        }
        own = xr.Dataset(arrays)
        # Row numbers align runs of different sizes.
        runs.append(own.assign_coords({dim: np.arange(own.sizes[dim]) for dim in used}))
        settings.append(setting)
    coordinates = {name: ("run", labels([setting[name] for setting in settings])) for name in settings[0]}
    return xr.concat(runs, "run", join="outer").assign_coords(coordinates)


def _read(probed: Probed) -> tuple[dict[str, Array], Array, Array]:
    train, test, tangent = probed.train, probed.test, probed.tangent_params
    values = {
        "kernel": tangent_kernel(probed.network, tangent, train.inputs),
        "test_kernel": tangent_kernel(probed.network, tangent, test.inputs, train.inputs),
        "targets": as_values(train.targets, probed.train_outputs),
        "test_targets": as_values(test.targets, probed.test_outputs),
        "outputs": probed.train_outputs,
        "test_outputs": probed.test_outputs,
    }
    return values, probed.train_weights, probed.test_weights
