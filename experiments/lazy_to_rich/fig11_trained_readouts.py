"""Lazy to rich, Figure 11: the decomposition of Figure 4 where the readouts are trained as well; the same claims.

Results: dims ('seed', 'step').
"""

from experiments.lazy_to_rich import fig4_loss_decomposition as fig4

plot = fig4.plot

CLAIMS = [claim._replace(id=claim.id.replace("/fig4/", "/fig11/")) for claim in fig4.CLAIMS]
