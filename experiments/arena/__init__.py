"""The arena: methods that are said to make grokking come sooner, on the same grids."""
