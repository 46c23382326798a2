"""Lazy to rich, Figure 4: the test loss of a grokking committee, decomposed by the first two moments of its weights.

Results: dims ('seed', 'step').
"""

from experiments.checks import at_steps, falls, peak
from experiments.lazy_to_rich.decomposition import (
    decomposed_run,
    misalignment_falls_late,
    rise_is_linear_power,
    sum_is_test_loss,
)
from grok_jax.analysis.claims import Claim

plot = decomposed_run

CLAIMS = [
    Claim(
        "lazy_to_rich/fig4/1",
        "the three parts of Eq. 6 add up to the measured test loss at every record, within 4 standard errors "
        "of sampling its rows",
        "Eq. 6: test risk in terms of (w̄, M) alone",
        sum_is_test_loss,
    ),
    Claim(
        "lazy_to_rich/fig4/2",
        "in runs that generalize, the test loss rises from its lowest so far by at least a tenth of its "
        "start before the misalignment error halves, and linear power makes up more than half of the rise",
        "the initial rise comes from power in the linear component",
        rise_is_linear_power,
    ),
    Claim(
        "lazy_to_rich/fig4/3",
        "in runs that generalize, the misalignment error halves after the peak of the test loss, and at "
        "least 2 times later than the train loss",
        "it begins to align around 1-2k epochs, resulting in a delayed fall",
        misalignment_falls_late,
    ),
]

# One run of the authors' code: one draw of two neurons.
CHECKS = [
    *at_steps("test_loss", {}, {0: 1.500, 29: 1.312}),
    *peak("test_loss", {}, step=1098, height=2.129),
    *at_steps("linear_power", {}, {0: 0.434, 1098: 1.007}),
    *at_steps("misalignment_error", {}, {0: 0.875, 1098: 1.131}),
    *falls("train_loss", {}, {0.5: 55}, relative=True),
    *falls("test_loss", {}, {0.5: 3920, 0.1: 6765}, relative=True),
]
