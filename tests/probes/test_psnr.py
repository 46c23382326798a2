"""The error of an image in decibels."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.probes.psnr import decibels, measure_psnr

IMAGE = {
    "task": {"name": "image_field", "size": 6},
    "model": {"name": "siren", "widths": (8,)},
    "optimizer": {"name": "adam"},
    "training": {"steps": 2, "records": 2},
}


@pytest.mark.parametrize(("error", "peak", "expected"), [(1.0, 1.0, 0), (0.01, 1.0, 20), (0.01, 10.0, 40)])
def test_ten_times_less_error_is_ten_decibels_more(error, peak, expected):
    assert float(decibels(jnp.asarray(error), peak)) == pytest.approx(expected, abs=1e-4)


def test_it_is_the_squared_error_of_each_split_in_decibels():
    ds = grok_jax.sweep({**IMAGE, "training": {**IMAGE["training"], "probes": ("psnr",)}}, progress=False)
    for split in ("train", "test"):
        np.testing.assert_allclose(ds[f"{split}_psnr"], -10 * np.log10(ds[f"{split}_loss"]), rtol=1e-5)
    assert ds.test_psnr.attrs["units"] == "dB"


def test_a_classification_is_a_user_error():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.training.probes = ("psnr",)
    with pytest.raises(UserError, match="probe 'psnr' needs a regression; task 'modular_arithmetic' has classes"):
        grok_jax.check(config)


def test_a_run_may_have_another_peak():
    run = grok_jax.from_config(IMAGE).replace(metrics={"of_bytes": grok_jax.metric(measure_psnr, peak=255.0)})
    ds = grok_jax.sweep(run, progress=False)
    np.testing.assert_allclose(ds.test_psnr, -10 * np.log10(ds.test_loss / 255**2), rtol=1e-5)
