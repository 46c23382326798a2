"""Measures the speed and memory of grids of runs, next to PyTorch on the same machine at the same time."""
