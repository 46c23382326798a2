"""Why claims of this paper do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS = {
    "model_efficiency/fig1/3": (
        "Limit: the plateau is there in all seeds, but it begins a little after t95(train), from which we count. Test "
        "accuracy rises by .18, .19 and .20 until 3 times that step, and the limit is .2. At p = 97 (one H200 GPU, 3 "
        "seeds) the claim holds in all seeds."
    ),
}

REMARKS = {}  # why our numbers differ from the authors'
