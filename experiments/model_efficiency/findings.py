"""Why claims of this paper do not hold, or not in all seeds, as far as we know; the configs say more.

Each finding begins with its kind, one of experiments.evidence_table.KINDS.
"""

FINDINGS: dict[str, str] = {}  # at present every claim that is judged holds

REMARKS = {}  # why our numbers differ from the authors'
