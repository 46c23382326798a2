"""Whether a kernel fits the memory at hand, found out before any of it is made."""

import jax
import jax.numpy as jnp

from grok_jax.errors import UserError
from grok_jax.memory import free_memory, in_words

COPIES = 2  # of a kernel: as its blocks fill it, and what is cut or taken from it


class DoesNotFit(UserError):
    """A full kernel is larger than the memory at hand: one line with both numbers."""


def full_kernel_bytes(rows: int, columns: int, outputs: int, itemsize: int = 4) -> int:
    """Bytes of the kernel over pairs of outputs, (rows x outputs) x (columns x outputs) numbers.

    Args:
      rows, columns: of inputs.
      outputs: of the network.
      itemsize: bytes of a number.
    """
    return rows * columns * outputs**2 * itemsize


def require_room(rows: int, columns: int, outputs: int, needed: int, room: int | None = None) -> None:
    """Raises DoesNotFit where a full kernel, and what is made of it, takes more bytes than there are.

    Args:
      rows, columns: of inputs.
      outputs: of the network.
      needed: bytes.
      room: bytes; None asks for those of JAX's first device.
    """
    room = device_room() if room is None else room
    if needed > room:
        raise DoesNotFit(
            f"the kernel over pairs of outputs of {rows:,} x {columns:,} rows and {outputs} outputs needs "
            f"{in_words(needed)}; {in_words(room)} are free; take fewer rows, or kernels.tangent_operator, which keeps "
            "no kernel"
        )


def device_room() -> int:
    """Bytes that are free on JAX's first device; that of CPU cores is the machine's memory."""
    statistics = jax.devices()[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics.get("bytes_in_use", 0)
    return free_memory()


def itemsize_of(params: object) -> int:
    """Bytes of a number of the kernel of a network with these parameters."""
    return jnp.result_type(*jax.tree.leaves(params)).itemsize
