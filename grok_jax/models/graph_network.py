"""Graphs as rows of a task, and a network of edge-conditioned convolutions for them."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grok_jax.errors import require
from grok_jax.fields import static
from grok_jax.models.mlp import MOST_LAYERS, Layer


class Graphs(NamedTuple):
    """Graphs such as molecules, one per row, padded to equal numbers of nodes and edges, in NumPy's or JAX's arrays.

    Attributes:
      nodes: features of each node; 0 in padding.
      senders: the node that each directed edge leaves; both directions of a bond are listed; 0 in padding.
      receivers: the node that each directed edge enters; 0 in padding.
      kinds: the kind of each edge, from 0; -1 in padding. The features of an edge are its kind as a one-hot vector.
      sizes: number of nodes in use, which come first.
    """

    nodes: Float[Any, "rows nodes features"]
    senders: Int[Any, "rows edges"]
    receivers: Int[Any, "rows edges"]
    kinds: Int[Any, "rows edges"]
    sizes: Int[Any, " rows"]


class Convolution(nn.Module):
    """An edge-conditioned convolution, called NNConv in PyTorch Geometric.

    x_v <- x_v R + b + Σ_{edges u -> v} x_u Θ(e_uv),  Θ(e) = ReLU(e A + a) B + c, as a matrix

    Edges of the same kind share e, a one-hot vector, so Θ is computed once per kind and multiplied once with each node.
    This only saves time.

    It is initialized as in PyTorch Geometric: b = 0, everything else uniform in ±1/√fan_in.

    Attributes:
      width: number of output features of a node.
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
        flat = nodes.reshape(-1, features)  # On CPU, products with more than two axes take twice as long.
        root = Layer(self.width, False, "pytorch", 1.0, "standard", name="root")(flat)
        bias = self.param("bias", nn.initializers.zeros, (self.width,))
        senders, receivers, kinds, is_edge = graphs.senders, graphs.receivers, graphs.kinds, graphs.kinds >= 0
        # Sums over edges come before or after the product, whichever has fewer features.
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
    """Sums values along the edges of each graph: out[t] = Σ_{edges e: target_e = t} values[source_e].

    On CPU, values are copied and added edge by edge. On accelerators the order of such additions varies, so equal runs
    would drift apart; there the values are multiplied by a matrix.

    Args:
      values: values at the sources.
      sources: source of each edge, 0 to places - 1.
      targets: target of each edge; edges with target `count` are ignored.
      count: number of targets.
    """

    def copied(values: Array, sources: Array, targets: Array) -> Array:
        return carry_by_copies(values, sources, targets, count)

    def multiplied(values: Array, sources: Array, targets: Array) -> Array:
        return carry_by_products(values, sources, targets, count)

    return jax.lax.platform_dependent(values, sources, targets, cpu=copied, default=multiplied)


def carry_by_copies(values: Array, sources: Array, targets: Array, count: int) -> Array:
    """Computes `carry` edge by edge."""
    rows, places, features = values.shape
    row = jnp.arange(rows)[:, None]
    picked = values.reshape(-1, features)[(row * places + sources).reshape(-1)]
    into = jnp.where(targets < count, row * count + targets, rows * count).reshape(-1)
    return jax.ops.segment_sum(picked, into, num_segments=rows * count).reshape(rows, count, features)


def carry_by_products(values: Array, sources: Array, targets: Array, count: int) -> Array:
    """Computes `carry` as a product with the matrix that counts the edges from each source to each target."""
    rows, places, _ = values.shape
    # Sums of ones are exact in any order.
    edges = jnp.zeros((rows, count, places), values.dtype).at[jnp.arange(rows)[:, None], targets, sources]
    return jnp.matmul(edges.add(1, mode="drop"), values, precision="highest")


class GraphNetwork(nn.Module):
    """Edge-conditioned convolutions, a sum over the graph's nodes, and a hidden layer.

    x <- ReLU(convolution(x)), for each convolution;  s = Σ_v x_v;  f = ReLU(s U + u) V + v

    This is the network of Liu et al. (2023), Omnigrok, for QM9.
    """

    called = "graph_network"
    inputs = Graphs

    outputs: Any = static(None, "number of outputs; None takes the task's", whole=True, above=0)
    vocabulary: Any = static(None, "number of kinds of edges; None takes the task's", whole=True, above=0)
    widths: Any = static((32, 16), "features of a node after each convolution", above=0, most=MOST_LAYERS)
    edge_width: Any = static(32, "hidden units of the network Θ that maps edges to matrices", above=0)
    readout_width: Any = static(32, "hidden units between the sum over nodes and the outputs", above=0)

    def check_fields(self) -> None:
        """Raises UserError if the network has no convolution."""
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
