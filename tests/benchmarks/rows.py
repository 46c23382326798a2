"""Rows as benchmarks give them, for tests of what is made of them."""

from benchmarks.costs import Compiled, Weighed
from benchmarks.scaling import COMPILED, EAGER, GRAPH, NO_GRAPHS, OURS, WORKS, Scaled, Side
from benchmarks.suite import Row
from benchmarks.timing import Ratio

ABOUT = {
    "device": "2 CPU cores (a kind)",
    "kind": "cpu",
    "cores": 2,
    "precision": "float32",
    "date": "2026-01-31",
    "load_before": 0.1,
    "python": "3.11.7",
    **dict.fromkeys(("jax", "jaxlib", "optax", "torch", "numpy"), "1.0"),
}


def side(rate: float, times: float | None = None) -> Side:
    return Side(rate, rate - 1, rate + 1, 2.0, ratio=times and Ratio(times, times - 0.1, times + 0.1))


def scaled(work: str, runs: int, ours: float = 100.0) -> Scaled:
    sides = {
        OURS: side(ours),
        f"{COMPILED}, 2 processes": side(50.0, ours / 50),
        f"{COMPILED}, 2 threads": side(40.0, ours / 40),
        f"{EAGER}, 2 threads": side(20.0, ours / 20),
        f"loop, {GRAPH}": Side(missing=NO_GRAPHS),
    }
    return Scaled(WORKS[work].title, runs, 200.0, "arithmetic", 2e11, 3e10, sides)


def every_kind() -> dict[str, list]:
    """The rows of some benchmarks, by name."""
    return {
        "at_once.teacher_student.1": [scaled("teacher_student", 1, 30.0)],
        "at_once.teacher_student.16": [scaled("teacher_student", 16)],
        "at_once.mnist.16": [scaled("mnist", 16, 150.0)],
        "compile": [Compiled("omnigrok/fig2b, quick", 18, 6.5, 0.8)],
        "planned_memory": [Weighed("teacher-student", 1024, 2**30, 2**30 + 2**28)],
        "mnist": [Row("MNIST MLP, 8 runs", 1000.0, "300 (2 processes)", Ratio(3.3, 3.2, 3.4), 4.0, None, 2**30)],
        "records": [Row("omnigrok/fig2b, quick, whole", 900.0, measuring_share=0.034, compile_seconds=4.0)],
        "kernel": [Row("NTK", peer="39.0 s", ratio=Ratio(390, 380, 400), compile_seconds=1, peak_bytes=1, seconds=0.1)],
        "memory": [Row("teacher-student, 1,000 runs", compile_seconds=3.0, peak_bytes=2**30)],
    }
