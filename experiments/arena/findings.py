"""Why claims of the arena do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS: dict[str, str] = {
    "arena/fig5/1": (
        "Scale: on parity and on MNIST every method gets there. On addition modulo 23 none does within 1,500 steps. "
        "The highest median accuracy is 92% for AdamW (decay 1) and OrthoGrad (decay 0), 52% for Grokfast EMA, 51% for "
        "StableMax and 5% for Muon. Medium has more pairs and more steps; it has not been run."
    ),
}
REMARKS: dict[str, str] = {}
