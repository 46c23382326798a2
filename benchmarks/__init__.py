"""How fast and how large grids of runs are, beside PyTorch on the same machine at the same time."""
