"""Where a trained embedding table lies between its task's random and linear representations."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.tasks.toy_addition import TABLE
from grok_jax.training import Probed, metric

Scalar = Float[Array, ""]


class Projection(NamedTuple):
    """An embedding table, projected onto the plane that two others span."""

    messiness: Scalar
    representation_scale: Scalar
    residual_share: Scalar


def project(
    table: Float[Array, "tokens dim"], random: Float[Array, "tokens dim"], line: Float[Array, "tokens dim"]
) -> Projection:
    """Fits R = a R_random + b R_linear + residual by least squares.

    m = a / (a + b),  scale a + b,  residual share |residual|² / |R|²

    For R = s (m' R_random + (1 - m') R_linear) these are m', s and 0. m ignores the scale because the decoder can:
    whether the sums of s R lie on a line does not depend on s, which the first layer's weights can undo.

    Args:
      table: R.
      random, line: R_random, R_linear.
    """
    (a, b), *_ = jnp.linalg.lstsq(jnp.stack([random.ravel(), line.ravel()], axis=1), table.ravel())
    left = table - a * random - b * line
    return Projection(a / (a + b), a + b, jnp.sum(left**2) / jnp.sum(table**2))


def unevenness(table: Float[Array, "tokens dim"]) -> Scalar:
    """Returns the share of a table's variance that lies off evenly spaced points on a line, E_k = c + k d.

    It is 0 if i + j = k + l implies E_i + E_j = E_k + E_l for all tokens, on any line, and about 1 for a random table.
    Unlike the residual of `project`, it ignores a shift of all embeddings and the direction of the line.
    """
    place = jnp.arange(table.shape[0]) - (table.shape[0] - 1) / 2
    centered = table - jnp.mean(table, axis=0, keepdims=True)
    on_line = jnp.sum((place @ centered) ** 2) / jnp.sum(place**2)
    return 1 - on_line / jnp.sum(centered**2)


def measure_representation(probed: Probed) -> dict[str, Scalar]:
    """Measures the table's position, the distance between its two references, and the norm of all other weights."""
    random, line = probed.task.ends(probed.data_key)
    table = probed.params[TABLE]
    decoder = {name: part for name, part in probed.params.items() if name != TABLE}
    return {
        **project(table, random, line)._asdict(),
        "unevenness": unevenness(table),
        "representation_span": jnp.linalg.norm(random - line),
        "decoder_norm": optax.tree.norm(decoder),
    }


def require_table(run: Any) -> None:
    """Raises UserError if the model does not hold the task's representation."""
    require(
        run.task.name == "toy_addition" and run.task.encoding == "tokens",
        "probe 'representation' needs task.name='toy_addition' with task.encoding='tokens', so that the model embeds",
    )


representation = metric(
    measure_representation,
    variables={
        "messiness": "messiness m of the table of embeddings, by projection",
        "representation_scale": "scale of the table's part between the task's two representations",
        "residual_share": "share of the table's square outside of the plane of both representations",
        "unevenness": "share of the table's variance off evenly spaced points of a line",
        "representation_span": "distance between the random and the linear representation",
        "decoder_norm": "Euclidean norm of all parameters but the table",
    },
    needs=require_table,
)
