"""Checks whether a kernel fits in memory before any of it is allocated."""

import jax
import jax.numpy as jnp

from grok_jax.errors import UserError
from grok_jax.memory import free_memory, in_words

COPIES = 2  # of a kernel in memory: the one being filled, and the slice returned


class DoesNotFit(UserError):
    """A full kernel does not fit in memory; the message gives both sizes in one line."""


def full_kernel_bytes(rows: int, columns: int, outputs: int, itemsize: int = 4) -> int:
    """Size in bytes of the kernel over pairs of outputs, which has (rows x outputs) x (columns x outputs) numbers.

    Args:
      rows, columns: numbers of inputs.
      outputs: number of outputs of the network.
      itemsize: bytes per number.
    """
    return rows * columns * outputs**2 * itemsize


def require_room(rows: int, columns: int, outputs: int, needed: int, room: int | None = None) -> None:
    """Raises DoesNotFit if a full kernel and its copies need more bytes than are free.

    Args:
      rows, columns: numbers of inputs.
      outputs: number of outputs of the network.
      needed: bytes needed.
      room: bytes free; None takes the free memory of JAX's first device.
    """
    room = device_room() if room is None else room
    if needed > room:
        raise DoesNotFit(
            f"the kernel over pairs of outputs of {rows:,} x {columns:,} rows and {outputs} outputs needs "
            f"{in_words(needed)}; {in_words(room)} are free; use fewer rows, or kernels.tangent_operator, which "
            "stores no kernel"
        )


def device_room() -> int:
    """Bytes free on JAX's first device; on CPU, bytes free on the machine."""
    statistics = jax.local_devices()[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics.get("bytes_in_use", 0)
    return free_memory()


def itemsize_of(params: object) -> int:
    """Bytes per number in the kernel of a network with these parameters."""
    return jnp.result_type(*jax.tree.leaves(params)).itemsize
