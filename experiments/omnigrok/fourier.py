"""Which frequencies a network that adds modulo p uses, from when on, and its losses with and without them.

The losses come from the probe "fourier", the spectra from grok_jax.embedding_spectrum.
"""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.grokking import last_value
from grok_jax.plotting.curves import curve, legend, mark_time
from grok_jax.plotting.style import OKABE_ITO, TEST, TRAIN, panel_label, style

PREFIX = "key_frequency_"
# variable -> name, color, line
LOSSES = {
    "train_loss": ("train loss", TRAIN, "-"),
    "test_loss": ("test loss", TEST, "-"),
    "restricted_loss": ("restricted loss (all pairs)", OKABE_ITO[2], "--"),
    "excluded_loss": ("excluded loss (train)", OKABE_ITO[3], "--"),
}
SPARSITY = {
    "embedding_gini": ("Gini coefficient of the embedding", OKABE_ITO[0], "-"),
    "embedding_key_power": ("power of 5 frequencies, embedding", OKABE_ITO[4], "--"),
    "logit_key_power": ("power of 5 frequencies, logits", OKABE_ITO[5], "--"),
}
MODULES = {
    "embedding_norm": ("embedding", OKABE_ITO[0], "-"),
    "attention_norm": ("attention", OKABE_ITO[1], "-"),
    "mlp_norm": ("feed-forward", OKABE_ITO[2], "-"),
    "unembedding_norm": ("unembedding", OKABE_ITO[3], "-"),
    "weight_norm": ("all", "black", "--"),
}
KEY, OTHER = OKABE_ITO[1], "#999999"


def recorded_keys(ds: xr.Dataset) -> Float[xr.DataArray, "key *grid step"]:
    """Returns the key frequencies of the logits at each record, in ascending order; NaN if not measured."""
    names = [name for name in ds.data_vars if str(name).startswith(PREFIX)]
    return xr.concat([ds[name] for name in names], "key").rename("key_frequencies")


def final_keys(ds: xr.Dataset) -> Float[xr.DataArray, "key *grid"]:
    """Returns the key frequencies at the last record that has them; NaN if no record does."""
    return last_value(recorded_keys(ds))


def keys_settle(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Returns the first step from which on the key frequencies are the final ones; NaN if not measured.

    From there on, the restricted and excluded losses equal those of Nanda et al., who use the final frequencies.
    """
    keys, last = recorded_keys(ds), final_keys(ds)
    measured = keys.notnull().all("key")
    other = (keys != last).any("key") & measured
    # A record is settled if it and all later records have the final keys.
    later = other.isel(step=slice(None, None, -1)).cumsum("step").isel(step=slice(None, None, -1))
    return ds["step"].where(measured & (later == 0)).min("step").rename("keys settle").assign_attrs(units="steps")


def largest_frequencies(
    power: Real[xr.DataArray, "*grid frequency"], count: int
) -> Bool[xr.DataArray, "*grid frequency"]:
    """Returns which frequencies are the `count` with the largest power; never those that a run lacks (NaN)."""
    smallest = xr.apply_ufunc(
        lambda shares: np.sort(shares, axis=-1)[..., -count], power.fillna(-np.inf), input_core_dims=[["frequency"]]
    )
    return (power >= smallest) & np.isfinite(power)


def progress_losses(ax: Axes, ds: xr.Dataset) -> None:
    """Draws train, test, restricted and excluded loss, both axes logarithmic.

    A dotted line marks the step from which on the key frequencies are the final ones.

    Args:
      ax: where to draw.
      ds: results with probe "fourier"; every axis but 'step' counts as repeats.
    """
    _curves(ax, ds, LOSSES)
    mark_time(ax, keys_settle(ds), color="black", label="final key frequencies")
    ax.set_yscale("log")
    ax.set_ylabel("loss")


def sparsity(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the sparsity of the embedding and the logits in frequencies."""
    _curves(ax, ds, SPARSITY)
    ax.set_ylim(-0.03, 1.03)
    ax.set_ylabel("sparsity in frequencies")


def module_norms(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the norm of each module of a transformer (probe "modules") and of the whole."""
    _curves(ax, ds, MODULES)
    ax.set_ylabel("norm of the parameters")
    ax.set_ylim(bottom=0)


def spectrum_bars(ax: Axes, power: xr.DataArray, keys: int = 5) -> None:
    """Draws the power of each frequency as a bar; the largest are colored and labeled.

    Args:
      ax: where to draw.
      power: share of power along 'frequency', of one run.
      keys: number of largest frequencies to mark.
    """
    power = power.dropna("frequency")
    largest = largest_frequencies(power, keys)
    ax.bar(power["frequency"], power, color=np.where(largest, KEY, OTHER), width=0.8)
    for frequency in power["frequency"].where(largest, drop=True).astype(int).values:
        place = (frequency, float(power.sel(frequency=frequency)))
        ax.annotate(str(frequency), place, (0, 2), textcoords="offset points", ha="center", fontsize=8, color=KEY)
    ax.margins(y=0.1)
    ax.set_xlabel("frequency k")
    ax.set_ylabel("share of power")


def progress_figure(ds: xr.Dataset, spectrum: xr.Dataset | None = None) -> Figure:
    """Plots (a) losses, (b) sparsity in frequencies and, given spectra of one run, (c) its embedding, (d) its logits.

    Args:
      ds: results of one setting with probe "fourier"; every axis but 'step' counts as repeats.
      spectrum: embedding_power and logit_power of one run along 'frequency'.
    """
    rows = 1 if spectrum is None else 2
    with style():
        figure = Figure(figsize=(10.0, 3.8 * rows), layout="constrained")
        axes = figure.subplots(rows, 2, squeeze=False).ravel()
        progress_losses(axes[0], ds)
        sparsity(axes[1], ds)
        for ax in axes[:2]:
            legend(ax)
        if spectrum is not None:
            titles = {"embedding_power": "embedding", "logit_power": "logits, as functions of the result"}
            for ax, (name, title) in zip(axes[2:], titles.items(), strict=True):
                spectrum_bars(ax, spectrum[name])
                ax.set_title(title)
        for ax, letter in zip(axes, "abcd", strict=False):
            panel_label(ax, letter)
    return figure


def _curves(ax: Axes, ds: xr.Dataset, lines: dict[str, tuple[str, str, str]]) -> None:
    for variable, (name, color, line) in lines.items():
        curve(ax, ds[variable], color=color, label=name, linestyle=line)
