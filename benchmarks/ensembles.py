"""Many runs at once, as a skilled PyTorch user trains them: torch.func over stacked weights, and handwritten AdamW.

The gradient is vmap of grad of one run's loss. A step changes tensors in place and needs nothing from the host, so the
same step runs as it is, under torch.compile, and captured as a CUDA graph.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmarks.machine import start_torch
from benchmarks.peers import captured
from benchmarks.timing import Trainer

EPS = 1e-8  # Adam's epsilon
FORMS = ("eager", "compiled", "eager, CUDA graph", "compiled, CUDA graph")


class Work(NamedTuple):
    """What an ensemble of n runs trains.

    Attributes:
      network: weights of one run by name, inputs (rows, ...) -> outputs (rows, ...).
      params: initial weights by name, (n, ...).
      inputs, targets: (rows, ...), shared by all runs; with own_data, (n, rows, ...).
      criterion: outputs, targets -> the mean loss.
      learning_rate, weight_decay: of each run, (n,).
      own_data: whether each run has its own rows.
      batch: rows per step, which must divide the rows of an epoch; None takes all rows.
      betas: Adam's betas.
      constant_norm: rescales the weights of each run to their initial norm after each step.
    """

    network: Callable[..., Any]
    params: dict[str, Any]
    inputs: Any
    targets: Any
    criterion: Callable[..., Any]
    learning_rate: Any
    weight_decay: Any
    own_data: bool = False
    batch: int | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    constant_norm: bool = False


class State(NamedTuple):
    """The state that a step changes in place.

    Attributes:
      params, mean, square: weights and both moments, by name, (n, ...).
      count: steps taken, a float ().
      order: the order of the rows in this epoch, (n, rows).
      place: the position in that order where the next batch begins, ().
    """

    params: dict[str, Any]
    mean: dict[str, Any]
    square: dict[str, Any]
    count: Any
    order: Any
    place: Any


def ensemble(form: str, make: Callable[..., Work], threads: int, runs: int, *data: Any) -> Trainer:
    """Prepares runs to train as one ensemble.

    Args:
      form: one of FORMS.
      make: runs, device, *data -> the work.
      threads: number of PyTorch threads.
      runs: number of runs.
      data: further arguments of make.
    """
    device = start_torch(threads)
    work = make(runs, device, *data)
    state = initial_state(work)
    began = time.perf_counter()
    advance = stepper(work, state, form)
    advance(1)
    return Trainer(advance, runs, time.perf_counter() - began if form.startswith("compiled") else 0.0)


def initial_state(work: Work) -> State:
    """The initial state of an ensemble, with the work's weights."""
    import torch

    runs = len(work.learning_rate)
    device, dtype = work.learning_rate.device, work.learning_rate.dtype
    rows = len(work.inputs) if not work.own_data else work.inputs.shape[1]
    params = {name: weights.clone() for name, weights in work.params.items()}
    mean, square = ({name: torch.zeros_like(weights) for name, weights in params.items()} for _ in range(2))
    order = torch.arange(rows, device=device).repeat(runs, 1)
    place = torch.zeros((), dtype=torch.int64, device=device)
    return State(params, mean, square, torch.zeros((), device=device, dtype=dtype), order, place)


def stepper(work: Work, state: State, form: str, orders: Iterator[Any] | None = None) -> Callable[[int], None]:
    """Returns advance(steps), which trains the state in place and returns when done.

    Args:
      work: what to train.
      state: the current state.
      form: one of FORMS.
      orders: the order of rows in each epoch, (n, rows); by default drawn separately for each run.
    """
    import torch

    one_step = step_of(work)
    if form.startswith("compiled"):
        one_step = torch.compile(one_step, dynamic=False)

    @torch.no_grad()
    def step() -> None:
        one_step(state)

    if form.endswith("CUDA graph"):
        held = [tensor.clone() for tensor in _tensors(state)]
        step = captured(step)
        for tensor, before in zip(_tensors(state), held, strict=True):
            tensor.copy_(before)
    rows = state.order.shape[1]
    turns = itertools.cycle(range(rows // (work.batch or rows)))
    orders = orders or _shuffled(state.order)

    def advance(steps: int) -> None:
        for turn in itertools.islice(turns, steps):
            if work.batch and turn == 0:
                state.order.copy_(next(orders))
            step()
        if state.count.is_cuda:
            torch.cuda.synchronize()

    return advance


def step_of(work: Work) -> Callable[[State], None]:
    """One step of all runs: batches, gradients, AdamW."""
    import torch
    from torch.func import grad, vmap

    b1, b2 = work.betas
    gradient = vmap(grad(loss_of(work)), in_dims=(0, *_data_dims(work)))
    rates, decays = work.learning_rate, work.weight_decay
    with torch.no_grad():
        norms = _norms(work.params) if work.constant_norm else None

    def step(state: State) -> None:
        gradients = gradient(state.params, *_next_batch(work, state))
        state.count.add_(1)
        mean_share, square_share = (1 - beta**state.count for beta in (b1, b2))
        for name, weights in state.params.items():
            mean, square, change = state.mean[name], state.square[name], gradients[name]
            mean.lerp_(change, 1 - b1)
            square.mul_(b2).addcmul_(change, change, value=1 - b2)
            weights.mul_(_column(1 - rates * decays, weights))
            scale = (square / square_share).sqrt_().add_(EPS)
            weights.addcdiv_(mean * _column(-rates / mean_share, weights), scale)
        if norms is not None:
            factor = norms / _norms(state.params)
            for weights in state.params.values():
                weights.mul_(_column(factor, weights))

    return step


def loss_of(work: Work) -> Callable[..., Any]:
    """Returns the loss as a function of one run's weights, inputs and targets."""
    return lambda params, inputs, targets: work.criterion(work.network(params, inputs), targets)


def losses(work: Work, state: State) -> Any:
    """The loss of each run over all its rows, (n,)."""
    import torch

    dims = (0, 0, 0) if work.own_data else (0, None, None)
    with torch.no_grad():
        return torch.func.vmap(loss_of(work), in_dims=dims)(state.params, work.inputs, work.targets)


def _data_dims(work: Work) -> tuple[int | None, int | None]:
    of_each = work.own_data or work.batch is not None
    return (0, 0) if of_each else (None, None)


def _next_batch(work: Work, state: State) -> tuple[Any, Any]:
    import torch

    if work.batch is None:
        return work.inputs, work.targets
    ahead = torch.arange(work.batch, device=state.place.device)
    rows = state.order.index_select(1, state.place + ahead)
    state.place.add_(work.batch).remainder_(state.order.shape[1])
    if work.own_data:
        of_run = torch.arange(len(rows), device=rows.device)[:, None]
        return work.inputs[of_run, rows], work.targets[of_run, rows]
    return work.inputs[rows], work.targets[rows]


def _shuffled(order: Any) -> Iterator[Any]:
    import torch

    while True:
        yield torch.rand(order.shape, device=order.device).argsort(1)


def _norms(params: dict[str, Any]) -> Any:
    """The norm of all weights of each run together, (n,)."""
    return sum(weights.flatten(1).square().sum(1) for weights in params.values()).sqrt()


def _column(values: Any, weights: Any) -> Any:
    """Reshapes (n,) so that it broadcasts against (n, ...)."""
    return values.view(-1, *(1,) * (weights.ndim - 1))


def _tensors(state: State) -> Iterator[Any]:
    for part in state:
        yield from part.values() if isinstance(part, dict) else (part,)
