"""What must be told to XLA before JAX starts."""

import os

import jaxlib.version


def work_around_defects() -> None:
    """Turns off a CPU fusion that gives wrong numbers in jaxlib before 0.12, unless XLA_FLAGS speaks of it already.

    Dot, broadcast, multiply, reduce over large arrays in one program came out wrong by tens of percent in 0.10.2
    (jax-ml/jax#39103); 0.12.0 is right. Takes effect if no array has been made yet.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    affected = tuple(int(part) for part in jaxlib.version.__version__.split(".")[:2]) < (0, 12)
    if affected and "xla_cpu_experimental_ynn_fusion_type" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_experimental_ynn_fusion_type=-reduce".strip()
