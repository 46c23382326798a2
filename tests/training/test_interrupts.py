"""Signals that end a process wait until its work is saved."""

import signal
import threading

import pytest
import xarray as xr

from grok_jax.training import checkpoints, chunks, sweep
from grok_jax.training.interrupts import ENDING, held
from grok_jax.training.plan import plan_grid

GRID = {"seed": range(2)}


@pytest.fixture(params=ENDING, ids=lambda number: signal.Signals(number).name)
def number(request):
    """A signal that ends a process, with a handler that raises KeyboardInterrupt."""
    earlier = signal.signal(request.param, signal.default_int_handler)
    yield request.param
    signal.signal(request.param, earlier)


def test_a_signal_waits_until_it_is_delivered(number):
    with pytest.raises(KeyboardInterrupt), held() as signals:  # noqa: PT012
        signal.raise_signal(number)
        assert signals.pending
        signals.deliver()
        pytest.fail("it was delivered")
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_signal_that_was_not_delivered_comes_at_the_end(number):
    with pytest.raises(KeyboardInterrupt), held():
        signal.raise_signal(number)


def test_a_handler_that_returns_lets_the_work_go_on(number):
    come = []
    signal.signal(number, lambda *args: come.append(args[0]))
    with held() as signals:
        signal.raise_signal(number)
        signals.deliver()
        assert (come, signals.pending) == ([number], False)
        signal.raise_signal(number)
        assert signals.pending
    assert come == [number, number]


def test_an_ignored_signal_stays_ignored(number):
    signal.signal(number, signal.SIG_IGN)
    with held() as signals:
        signal.raise_signal(number)
        assert not signals.pending


def test_another_thread_holds_nothing_back():
    def enter():
        with held():
            pass

    thread = threading.Thread(target=enter)
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.sampled
def test_an_interrupted_sweep_saves_where_it_is_and_goes_on_from_there(number, tmp_path, monkeypatch, small_config):
    config = small_config(**{"training.steps": 12})  # checkpoint_seconds is a minute: only the signal saves
    uninterrupted = sweep(config, GRID, progress=False).drop_attrs()
    saved, save, clock = [], checkpoints.save, chunks.time.perf_counter

    def signaled():
        if len(calls) == 8:
            signal.raise_signal(number)
        calls.append(None)
        return clock()

    calls = []
    monkeypatch.setattr(chunks.time, "perf_counter", signaled)
    monkeypatch.setattr(checkpoints, "save", lambda *args: (saved.append(args[2]), save(*args)))
    with pytest.raises(KeyboardInterrupt):
        sweep(config, GRID, progress=False, checkpoint=tmp_path)
    monkeypatch.undo()
    assert len(saved) == 1
    assert 0 < saved[0] < 12
    xr.testing.assert_identical(sweep(config, GRID, progress=False, checkpoint=tmp_path).drop_attrs(), uninterrupted)


def test_a_signal_at_the_last_record_comes_when_the_chunk_is_saved(number, tmp_path, monkeypatch, small_config):
    follow, config = chunks._follow, small_config()
    steps = chunks.record_steps(plan_grid(config, GRID).groups[0].schedule)
    records = []

    def signaled(*args):
        records.append(args)
        if len(records) == len(steps):
            signal.raise_signal(number)
        return follow(*args)

    monkeypatch.setattr(chunks, "_follow", signaled)
    with pytest.raises(KeyboardInterrupt):
        sweep(config, GRID, progress=False, checkpoint=tmp_path)
    assert len(list(tmp_path.glob("group_0/*/seal.json"))) == 1
