"""Lazy to rich, Figure 11: the decomposition and claims of Figure 4, with trained readouts.

Results: dims ('seed', 'step').
"""

from experiments.checks import at_steps
from experiments.lazy_to_rich import fig4_loss_decomposition as fig4

plot = fig4.plot

CLAIMS = [claim._replace(id=claim.id.replace("/fig4/", "/fig11/")) for claim in fig4.CLAIMS]

# One run of the authors' code: one draw of two neurons.
CHECKS = [
    *at_steps("test_loss", {}, {0: 1.581, 2531: 1.584, 100_000: 1.4e-4}),
    *at_steps("train_loss", {}, {2531: 0.424}),
    *at_steps("linear_power", {}, {0: 0.355, 2531: 0.620}),
    *at_steps("misalignment_error", {}, {0: 0.874}),
    *at_steps("variance_error", {}, {0: 0.428, 2531: 0.131}),
]
