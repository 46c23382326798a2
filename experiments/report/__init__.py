"""The report: one page with every figure, its picture, its curves and its claims."""
