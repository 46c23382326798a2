"""Why claims of the arena do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS: dict[str, str] = {
    "arena/fig2/6": (
        "Open: decay 8 reaches 95% test accuracy at step 249 in the median. The replication's 200 steps are from "
        "p = 113 and 40% of the pairs. Here p = 47 and half of the pairs train. We have not run p = 113."
    ),
    "arena/fig2/7": (
        "Open: OrthoGrad takes 105 steps and decay 8 takes 249. The replication compares OrthoGrad with the best of "
        "several decays and learning rates at p = 113. Here weight decay has only the rate at which the paper runs "
        "OrthoGrad, and p = 47. We have tried neither other rates nor p = 113."
    ),
    "arena/fig5/1": (
        "Scale: on parity and on MNIST every method gets there. On addition modulo 23 none does within 1,500 steps. "
        "The highest median accuracy is 92% for AdamW (decay 1) and OrthoGrad (decay 0), 52% for Grokfast EMA, 51% for "
        "StableMax and 5% for Muon. Medium has more pairs and more steps; it has not been run."
    ),
}
REMARKS: dict[str, str] = {}
