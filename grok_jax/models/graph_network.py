"""Graphs as rows of a task, and the network of edge-conditioned convolutions that reads them."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grok_jax.errors import require
from grok_jax.fields import static
from grok_jax.models.mlp import MOST_LAYERS, Layer


class Graphs(NamedTuple):
    """Graphs such as molecules, row by row, padded to the same numbers of nodes and edges.

    Attributes:
      nodes: features of each; 0 in padding.
      senders: the node that each directed edge leaves, both directions of a bond listed; 0 in padding.
      receivers: the node that it enters; 0 in padding.
      kinds: of the edges, from 0; -1 in padding. As an edge's features, a kind is a one-hot vector.
      sizes: how many nodes are in use; they are the first ones.
    """

    nodes: Float[Array, "rows nodes features"]
    senders: Int[Array, "rows edges"]
    receivers: Int[Array, "rows edges"]
    kinds: Int[Array, "rows edges"]
    sizes: Int[Array, " rows"]


class Convolution(nn.Module):
    """An edge-conditioned convolution, which is the NNConv of PyTorch Geometric.

    x_v <- x_v R + b + Σ_{edges u -> v} x_u Θ(e_uv),  Θ(e) = ReLU(e A + a) B + c, as a matrix

    Edges of a kind share their e, a one-hot vector, so that Θ is computed once for each kind and multiplied once with
    each node. This changes nothing but the cost.

    It starts as in PyTorch Geometric: b = 0, all else uniform in ±1/√fan_in.

    Attributes:
      width: number of features that a node gets.
      edge_width: hidden units of the network Θ.
      kinds: number of kinds of edges.

    Reference: Gilmer et al. (2017), Neural message passing for quantum chemistry, Sec. 5.1, "edge network".
    """

    width: int
    edge_width: int
    kinds: int

    @nn.compact
    def __call__(
        self, nodes: Float[Array, "rows nodes features"], graphs: Graphs
    ) -> Float[Array, "rows nodes {self.width}"]:
        rows, count, features = nodes.shape
        hidden = nn.relu(_layer(self.edge_width, "edge_layer_0")(jnp.eye(self.kinds, dtype=nodes.dtype)))
        matrices = _layer(features * self.width, "edge_layer_1")(hidden).reshape(self.kinds, features, self.width)
        flat = nodes.reshape(-1, features)  # On CPU cores products of more than two axes take twice as long.
        root = Layer(self.width, False, "pytorch", 1.0, "standard", name="root")(flat)
        bias = self.param("bias", nn.initializers.zeros, (self.width,))
        senders, receivers, kinds, is_edge = graphs.senders, graphs.receivers, graphs.kinds, graphs.kinds >= 0
        # Sums are taken where nodes have fewer features: before the product or after it.
        if features < self.width:
            targets = jnp.where(is_edge, receivers * self.kinds + kinds, count * self.kinds)
            sums = carry(nodes, senders, targets, count * self.kinds)
            messages = sums.reshape(rows * count, -1) @ matrices.reshape(-1, self.width)
        else:
            sent = flat @ matrices.transpose(1, 0, 2).reshape(features, -1)
            sources = senders * self.kinds + jnp.maximum(kinds, 0)
            targets = jnp.where(is_edge, receivers, count)
            messages = carry(sent.reshape(rows, -1, self.width), sources, targets, count).reshape(-1, self.width)
        return (root + bias[None] + messages).reshape(rows, count, self.width)


def carry(
    values: Float[Array, "rows places features"],
    sources: Int[Array, "rows edges"],
    targets: Int[Array, "rows edges"],
    count: int,
) -> Float[Array, "rows {count} features"]:
    """What the edges of each graph bring to its targets: out[t] = Σ_{edges e: target_e = t} values[source_e].

    Values are copied and added edge by edge on CPU cores, and multiplied by a matrix on accelerators, where the former
    would come in another order each time, so that equal runs would part.

    Args:
      values: at the sources.
      sources: of the edges, 0 to places - 1.
      targets: of the edges; `count` is none of them.
      count: number of targets.
    """

    def copied(values: Array, sources: Array, targets: Array) -> Array:
        return carry_by_copies(values, sources, targets, count)

    def multiplied(values: Array, sources: Array, targets: Array) -> Array:
        return carry_by_products(values, sources, targets, count)

    return jax.lax.platform_dependent(values, sources, targets, cpu=copied, default=multiplied)


def carry_by_copies(values: Array, sources: Array, targets: Array, count: int) -> Array:
    """`carry`, edge by edge."""
    rows, places, features = values.shape
    row = jnp.arange(rows)[:, None]
    picked = values.reshape(-1, features)[(row * places + sources).reshape(-1)]
    into = jnp.where(targets < count, row * count + targets, rows * count).reshape(-1)
    return jax.ops.segment_sum(picked, into, num_segments=rows * count).reshape(rows, count, features)


def carry_by_products(values: Array, sources: Array, targets: Array, count: int) -> Array:
    """`carry`, as a product with the matrix of how many edges lead from each source to each target."""
    rows, places, _ = values.shape
    # Sums of ones are exact in any order.
    edges = jnp.zeros((rows, count, places), values.dtype).at[jnp.arange(rows)[:, None], targets, sources]
    return jnp.matmul(edges.add(1, mode="drop"), values, precision="highest")


class GraphNetwork(nn.Module):
    """Edge-conditioned convolutions, the sum over a graph's nodes, and a hidden layer.

    x <- ReLU(convolution(x)), convolution by convolution;  s = Σ_v x_v;  f = ReLU(s U + u) V + v

    The network of Liu et al. (2023), Omnigrok, for QM9.
    """

    called = "graph_network"
    inputs = Graphs

    outputs: Any = static(None, "number of outputs; None takes the task's", whole=True, above=0)
    vocabulary: Any = static(None, "kinds of edges; None takes the task's", whole=True, above=0)
    widths: Any = static((32, 16), "features of a node after each convolution", above=0, most=MOST_LAYERS)
    edge_width: Any = static(32, "hidden units of the network that makes the matrices of edges", above=0)
    readout_width: Any = static(32, "hidden units between the sum over nodes and the outputs", above=0)

    def check_fields(self) -> None:
        """Raises UserError for a network without a convolution."""
        require(self.widths != (), "model.widths is (); it must be a tuple of whole numbers above 0, such as (32, 16)")

    @nn.compact
    def __call__(self, inputs: Graphs) -> Float[Array, "rows {self.outputs}"]:
        require(
            self.vocabulary is not None,
            "model 'graph_network' needs the number of kinds of edges, which the task's vocabulary() must give",
        )
        nodes = inputs.nodes
        for i, width in enumerate(self.widths):
            nodes = nn.relu(
                Convolution(width, self.edge_width, self.vocabulary, name=f"convolution_{i}")(nodes, inputs)
            )
        in_use = jnp.arange(nodes.shape[1])[None] < inputs.sizes[:, None]
        pooled = jnp.sum(jnp.where(in_use[..., None], nodes, 0), axis=1)
        hidden = nn.relu(_layer(self.readout_width, "readout_layer_0")(pooled))
        return _layer(self.outputs, "readout_layer_1")(hidden)


def _layer(features: int, name: str) -> Layer:
    return Layer(features, True, "pytorch", 1.0, "standard", name=name)
