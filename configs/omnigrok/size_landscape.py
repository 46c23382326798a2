"""What the landscapes over the amount of data and the scale of the weights share (figs. 3a-c, 4a-c, 5a-c and 11)."""

from collections.abc import Sequence


def grid(size: str, sizes: Sequence[int], exponents: Sequence[float], seeds: int) -> str:
    """The grid over the field of sizes, init_scale = 10^exponent, and seeds."""
    scales = ", ".join(f"{10**exponent:.6g}" for exponent in exponents)
    return f"{size}={', '.join(map(str, sizes))}; model.init_scale={scales}; seed=range({seeds})"
