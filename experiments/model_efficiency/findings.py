"""Why claims of this paper do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS: dict[str, str] = {
    "model_efficiency/fig1/3": (
        "Limit: on a plateau, test accuracy may change by .2 until 3 times the step of 95% train accuracy, and in the "
        "three seeds it rises by .18, .19 and .21. The plateau begins a little after that step. At p = 97, in three "
        "seeds on an H200 GPU, accuracy changes by .16 to .18, and the claim holds in all."
    ),
}

REMARKS = {}  # why our numbers differ from the authors'
