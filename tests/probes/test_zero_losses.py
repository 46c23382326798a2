"""The share of training rows whose loss is exactly 0."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax as gj
from grok_jax import UserError
from grok_jax.probes.zero_losses import measure_zero_losses, zero_losses
from grok_jax.tasks import Examples
from grok_jax.training import Probed

MARGINS = (
    0.0,
    5.0,
    12.0,
    25.0,
    60.0,
)  # of the label's logit over two others at 0; naive losses are 0 above some margin


@pytest.mark.parametrize(
    ("loss", "share"),
    [
        (gj.loss("naive_cross_entropy", dtype="float16"), 0.6),
        (gj.loss("naive_cross_entropy", dtype="float32"), 0.4),
        (gj.loss("naive_cross_entropy", dtype="float64"), 0.2),
        (gj.loss("cross_entropy"), 0.0),
        (gj.loss("stablemax"), 0.0),
    ],
    ids=["float16", "float32", "float64", "exact", "stablemax"],
)
def test_a_row_counts_where_its_loss_has_run_out_of_digits(loss, share):
    logits = jnp.asarray([[margin, 0.0, 0.0] for margin in (*MARGINS, 1e4)])  # the last row is not in use
    weights = jnp.asarray([0.2] * len(MARGINS) + [0.0])
    seen = dict.fromkeys(Probed._fields) | {"train": Examples(None, jnp.zeros(6, int)), "loss": loss}
    probed = Probed(**seen | {"train_outputs": logits, "train_weights": weights})
    np.testing.assert_allclose(measure_zero_losses(probed)["zero_losses"], share, rtol=1e-6)


def test_a_config_names_it_and_a_run_records_it():
    config = gj.default_config("modular_arithmetic", "mlp", "adamw", "naive_cross_entropy")
    config.task.p, config.model.widths, config.training.steps, config.training.records = 5, (16,), 60, 4
    config.optimizer.learning_rate, config.training.probes = 0.1, ("zero_losses",)
    config.loss.dtype = "float16"
    ds = gj.sweep(config, progress=False)
    assert ds.zero_losses[0] == 0
    assert ds.zero_losses[-1] > 0.5


def test_a_loss_without_a_loss_for_each_row_of_outputs_is_refused():
    def of_a_view(view):
        return view.outputs.sum(axis=-1)

    config = gj.default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.model.widths, config.training.steps = 5, (4,), 2
    run = gj.from_config(config).replace(loss=gj.loss(of_a_view))
    with pytest.raises(UserError, match="takes a LossView; this measurement needs a loss of outputs and targets"):
        run.replace(metrics={"zero_losses": zero_losses})
