"""How many runs a device probes side by side, where all of them together may not fit in memory."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from jax.core import ShapedArray
from jax.extend.core import ClosedJaxpr, Jaxpr

LARGEST_ARRAYS = 2  # arrays as large as the largest one that a program holds at least: what it makes, and from what


def compiled_in_blocks(trace: Callable[[int], Any], runs: int, room: float) -> Any:
    """Compiles a function of runs so that as many as fit are side by side.

    Args:
      trace: the number of runs side by side -> the traced function.
      runs: the runs of a device.
      room: bytes that the function may use beside its arguments and results; one run may use more.

    Returns:
      The executable.
    """
    block = runs
    while True:
        traced = trace(block)
        # Too large a program is not even compiled: on a GPU, a compiler that tries out products allocates their arrays.
        needed = LARGEST_ARRAYS * largest_array(traced.jaxpr)
        if needed <= room or block == 1:
            executable = traced.lower().compile()
            needed = executable.memory_analysis().temp_size_in_bytes
            if needed <= room or block == 1:
                return executable
        fewer = max(1, min(block - 1, int(block * room / needed)))
        block = -(-runs // -(-runs // fewer))  # blocks of nearly equal length


def largest_array(jaxpr: ClosedJaxpr | Jaxpr) -> int:
    """The bytes of the largest array that a traced function makes."""
    largest = 0
    for equation in jaxpr.eqns:
        inner = [largest_array(own) for value in equation.params.values() for own in _jaxprs(value)]
        arrays = [out.aval for out in equation.outvars if isinstance(out.aval, ShapedArray)]
        made = [math.prod(array.shape) * array.dtype.itemsize for array in arrays]
        # What a loop or a call makes is seen inside, where arrays are those of one device.
        largest = max([largest, *(inner or made)])
    return largest


def _jaxprs(value: Any) -> Iterator[ClosedJaxpr | Jaxpr]:
    """The functions in a parameter of an equation."""
    for each in value if isinstance(value, tuple | list) else (value,):
        if isinstance(each, ClosedJaxpr | Jaxpr):
            yield each.jaxpr if isinstance(each, ClosedJaxpr) else each
