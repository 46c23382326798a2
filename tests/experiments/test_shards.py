"""Shards of a figure in folders of their own: trained, stopped, started again, merged."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

import grok_jax
from experiments import evidence_entries, figures, shards
from grok_jax import UserError, default_config, results
from grok_jax.difference import difference
from grok_jax.training.identity import experiment
from grok_jax.training.metrics import ALWAYS
from grok_jax.training.shards import Shard
from grok_jax.training.sweep import COPIES

ROOT = Path(__file__).parents[2]
ROOM_FOR_SEVEN = COPIES * 4 * 7 * 2 * len(ALWAYS)  # bytes of the two records of seven runs
PATIENCE = 300  # seconds until a process is given up
FIGURE = "--config=configs/lazy_to_rich/fig2_modular_mlp.py:smoke"  # two programs of 8 runs
STEPS = "--config.training.steps=20000"  # a few seconds, so that there is something to kill


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def values(folder):
    return results.load_dataset(folder).drop_attrs(deep=False).drop_vars("device", errors="ignore")


@pytest.fixture(scope="module")
def config():
    config = default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.task.train_fraction, config.model.widths = 5, 0.6, (4,)
    config.training.steps, config.training.records = 2, 2
    config.grid = "model.activation='relu', 'tanh'; seed=range(4)"
    return config.lock()


def with_field(config, name, value):
    changed = config.copy_and_resolve_references()
    changed[name.partition(".")[0]][name.partition(".")[2]] = value
    return changed


def trained(config, folder, of):
    outs = [folder / f"{number} of {of}" for number in range(1, of + 1)]
    for number, out in enumerate(outs, 1):
        shards.train(config, out, Shard(number, of), progress=False)
    return outs


@pytest.fixture(scope="module")
def three(config, tmp_path_factory):
    return trained(config, tmp_path_factory.mktemp("three"), 3)


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory):
    """The folder of the figure made at once."""
    out = tmp_path_factory.mktemp("whole") / "whole"
    figures.make(config, out, progress=False)
    return out


def test_merged_folders_are_bitwise_the_figure_made_at_once(three, whole, tmp_path):
    shards.merge(three, tmp_path / "merged")
    xr.testing.assert_identical(values(tmp_path / "merged"), values(whole))
    merged, whole = contents(tmp_path / "merged"), contents(whole)
    assert merged.keys() == whole.keys()
    assert [name for name in ("figure.png", "claims.json") if merged[name] != whole[name]] == []


def test_a_shard_leaves_its_config_and_its_results(three):
    assert [sorted(contents(out)) for out in three] == [["config.json", "results.nc"]] * 3
    assert [results.shard_in(out) for out in three] == ["1/3", "2/3", "3/3"]


def test_a_shard_is_no_figure_of_the_evidence(three):
    assert evidence_entries.gather(three[0]) == ({}, "skipped: shard 1/3 of a grid")


def test_a_shard_trains_on_a_machine_whose_memory_the_records_of_the_whole_grid_would_not_fit(
    config, three, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys.modules["grok_jax.training.sweep"], "free_memory", lambda: ROOM_FOR_SEVEN)
    with pytest.raises(UserError, match="8 runs of 2 records"):
        grok_jax.check(config)
    shards.train(config, tmp_path / "1", Shard(1, 3), progress=False)
    xr.testing.assert_identical(values(tmp_path / "1"), values(three[0]))


def test_a_finished_shard_is_left_as_it_is(config, three):
    before = contents(three[0])
    assert not shards.train(config, three[0], Shard(1, 3), progress=False)
    assert contents(three[0]) == before


def test_a_finished_shard_is_left_as_it_is_on_another_device_too(config, three, monkeypatch):
    monkeypatch.setattr("grok_jax.training.identity._processor", lambda: "another kind")
    assert not shards.train(config, three[0], Shard(1, 3), progress=False)


@pytest.mark.parametrize(
    ("shard", "steps", "words"),
    [((2, 3), 2, r"shard \(was 1/3, is 2/3\)"), ((1, 3), 3, r"training\.steps \(was 2, is 3\)")],
)
def test_a_finished_shard_refuses_another_in_one_line(config, three, shard, steps, words):
    before = contents(three[0])
    with pytest.raises(UserError, match=f"holds shard 1/3, finished, which differs: .*{words}") as raised:
        shards.train(with_field(config, "training.steps", steps), three[0], Shard(*shard), progress=False)
    assert "\n" not in str(raised.value)
    assert contents(three[0]) == before


@pytest.fixture
def stopped(config, tmp_path, monkeypatch):
    """The folder of a shard that was stopped once it had trained."""

    def stop(folder, dataset):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(results, "write_dataset", stop)
        with pytest.raises(KeyboardInterrupt):
            shards.train(config, tmp_path / "stopped", Shard(1, 3), progress=False)
    return tmp_path / "stopped"


def test_a_stopped_shard_goes_on_by_itself(config, stopped, three):
    assert shards.train(config, stopped, Shard(1, 3), progress=False)
    xr.testing.assert_identical(values(stopped), values(three[0]))
    assert len(json.loads((stopped / "config.json").read_text())["resumed"]) == 1


@pytest.mark.parametrize(("shard", "steps"), [((2, 3), 2), ((1, 4), 2), ((1, 3), 3)])
def test_a_stopped_shard_refuses_another_and_loses_nothing(config, stopped, shard, steps):
    before = contents(stopped)
    with pytest.raises(UserError, match=r"unfinished run.*shard \(was 1/3|training\.steps differ"):
        shards.train(with_field(config, "training.steps", steps), stopped, Shard(*shard), progress=False)
    after = contents(stopped)
    assert {name: after.get(name) for name in before} == before


def test_a_shard_that_is_overwritten_is_another(config, stopped, three):
    shards.train(config, stopped, Shard(2, 3), progress=False, overwrite=True)
    xr.testing.assert_identical(values(stopped), values(three[1]))


def test_folders_without_a_finished_shard_are_named(three, stopped, tmp_path):
    with pytest.raises(UserError, match=rf"1 of 3 folders .*: {stopped} \(1/3\); start these again"):
        shards.merge([stopped, *three[1:]], tmp_path / "merged")
    with pytest.raises(UserError, match="nowhere do not exist"):
        shards.merge([*three[:2], tmp_path / "nowhere"], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_shards_of_two_configs_are_not_merged(config, three, tmp_path):
    other = tmp_path / "other"
    shards.train(with_field(config, "training.steps", 3), other, Shard(3, 3), progress=False)
    with pytest.raises(UserError, match=r"not of one experiment: training\.steps \(was 2, is 3\)"):
        shards.merge([*three[:2], other], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_shards_are_not_merged_over_one_of_them(three):
    before = contents(three[0])
    with pytest.raises(UserError, match="is one of the folders to merge"):
        shards.merge(three, three[0], overwrite=True)
    assert contents(three[0]) == before


@pytest.mark.slow
def test_what_a_figure_prepares_in_each_folder_makes_no_other_experiment(config, tmp_path, monkeypatch):
    number = itertools.count(100)

    def prepare(config, out):  # as a path is, the field is another in each folder and changes no number
        return with_field(config, "training.probe_rows", next(number))

    figure = figures.figure_of(config)._replace(prepare=prepare)
    monkeypatch.setattr(figures, "figure_of", lambda config: figure)
    shards.merge(trained(config, tmp_path, 2), tmp_path / "merged")
    figures.make(config, tmp_path / "whole", figure=figure, progress=False)
    assert next(number) == 104
    xr.testing.assert_identical(values(tmp_path / "merged"), values(tmp_path / "whole"))


def command(module, *arguments):
    line = [sys.executable, "-m", f"experiments.{module}", *arguments]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(line, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def shard_command(number, out):
    often = "--config.execution.checkpoint_seconds=0"
    return command("run", FIGURE, STEPS, often, f"--shard={number}/8", f"--out={out}", "--noprogress")


def ended(process):
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    return printed


@pytest.mark.slow
def test_eight_shards_of_a_figure_two_of_them_killed_are_bitwise_the_figure(tmp_path):
    outs = [tmp_path / f"{number}" for number in range(1, 9)]
    for number in (2, 7):
        process, deadline = shard_command(number, outs[number - 1]), time.monotonic() + PATIENCE
        while not list(outs[number - 1].glob("checkpoint/*/*/seal_*.json")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    for number, out in enumerate(outs, 1):
        ended(shard_command(number, out))
    ended(command("results", "merge", *map(str, outs), f"--out={tmp_path / 'merged'}"))
    ended(command("run", FIGURE, STEPS, f"--out={tmp_path / 'whole'}", "--noprogress"))
    xr.testing.assert_identical(values(tmp_path / "merged"), values(tmp_path / "whole"))
    merged, whole = contents(tmp_path / "merged"), contents(tmp_path / "whole")
    assert [name for name in ("figure.png", "claims.json") if merged[name] != whole[name]] == []


@pytest.fixture(scope="module")
def small(config, tmp_path_factory):
    """The folder of a figure with two seeds of four."""
    out = tmp_path_factory.mktemp("small") / "small"
    smaller = config.copy_and_resolve_references()
    smaller.grid = "model.activation='relu', 'tanh'; seed=range(2)"
    figures.make(smaller, out, progress=False)
    return out


def test_extended_results_are_bitwise_those_of_the_larger_grid(small, whole, tmp_path):
    before = contents(small)
    _, rounding = shards.extend(small, "seed=range(1, 4)", tmp_path / "more", progress=False)
    assert difference(results.load_dataset(tmp_path / "more"), results.load_dataset(whole)) == []
    assert contents(tmp_path / "more").keys() == contents(whole).keys()
    assert rounding == ""
    assert contents(small) == before


def test_only_the_points_that_are_not_there_train(small, tmp_path, monkeypatch):
    def trained(plan, *args):
        places.extend(place for group in plan.groups for place in group.members.tolist())
        raise KeyboardInterrupt

    places = []
    monkeypatch.setattr(sys.modules["grok_jax.training.sweep"], "_train", trained)
    with pytest.raises(KeyboardInterrupt):
        shards.extend(small, "model.activation='gelu'; seed=2", tmp_path / "more", progress=False)
    assert places == [2, 5, 6, 7, 8]  # of 3 activations by 3 seeds


def test_an_extension_that_was_stopped_goes_on(small, whole, tmp_path, monkeypatch):
    def stop(folder, dataset):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(results, "write_dataset", stop)
        with pytest.raises(KeyboardInterrupt):
            shards.extend(small, "seed=range(4)", tmp_path / "more", progress=False)
    shards.extend(small, "seed=range(4)", tmp_path / "more", progress=False)
    assert difference(results.load_dataset(tmp_path / "more"), results.load_dataset(whole)) == []


@pytest.mark.slow
def test_points_that_need_more_room_are_said_to_agree_to_rounding(config, tmp_path):
    smaller = config.copy_and_resolve_references()
    smaller.grid = "task.train_fraction=0.4, 0.6; seed=0"
    figures.make(smaller, tmp_path / "small", progress=False)
    _, rounding = shards.extend(tmp_path / "small", "task.train_fraction=0.8", tmp_path / "more", progress=False)
    assert rounding == "the new points need room for 20 training and 15 test rows; the old ones, for 15 and 15"
    assert shards.extend(tmp_path / "more", "seed=1", tmp_path / "again", progress=False)[1] == rounding


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ("optimizer.learning_rate=1, 2", r"learning_rate is not an axis of .*; it has model\.activation, seed"),
        ("seed=range(2)", r"has every point of 'seed=range\(2\)' already"),
        ("seed=-1.5", r"seed is -1\.5"),
        ("seed={}", r"seed is \{\}"),
        ("seed", "has no '='"),
    ],
)
def test_what_cannot_extend_results_is_refused_in_one_line(small, tmp_path, grid, words):
    with pytest.raises(UserError, match=words) as raised:
        shards.extend(small, grid, tmp_path / "more", progress=False)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "more").exists()


def test_results_are_not_extended_over_themselves(small):
    before = contents(small)
    with pytest.raises(UserError, match="is the folder to extend"):
        shards.extend(small, "seed=9", small, overwrite=True, progress=False)
    assert contents(small) == before


def test_a_shard_is_not_extended(three, tmp_path):
    with pytest.raises(UserError, match="holds shard 1/3; merge the shards"):
        shards.extend(three[0], "seed=9", tmp_path / "more", progress=False)


def test_results_of_other_code_are_not_extended(small, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "experiment", lambda plan: {**experiment(plan), "grok_jax's own source": "edited"})
    with pytest.raises(UserError, match="holds another experiment: grok_jax's own source; restore that setup"):
        shards.extend(small, "seed=range(4)", tmp_path / "more", progress=False)


SENSELESS = {
    (): "'' is not an action; write one of merge",
    ("marge", "a"): "'marge' is not an action",
    ("merge", "--out={folder}/out"): "none is given",
    ("merge", "{folder}/a", "--out={folder}/out"): "{folder}/a do not exist",
    ("merge", "{folder}/a"): "merge needs --out=<folder>",
    ("extend", "--grid=seed=9", "--out={folder}/out"): "extend takes one folder of results; 0 are given",
    ("extend", "{folder}/a", "--out={folder}/out"): "extend needs --grid",
    ("extend", "{folder}/a", "--grid=seed=9", "--out={folder}/out"): "{folder}/a holds no results",
    ("merge", "{folder}/a", "--grid=seed=9", "--out={folder}/out"): "--grid belongs to extend; leave it out with merge",
    ("diff", "{folder}/a", "{folder}/b", "--out={folder}/out"): "diff writes nothing; give it no --out",
    ("diff", "{folder}/a"): "diff takes two folders of results; 1 are given",
    ("diff", "{folder}/a", "{folder}/b"): "{folder}/a holds no results",
    ("diff", "{folder}/a", "{folder}/b", "--to=csv"): "--to belongs to export; leave it out with diff",
    ("export", "--to=csv", "--out={folder}/out"): "export takes one folder of results; 0 are given",
    ("export", "{folder}/a", "--out={folder}/out"): "export needs --to, one of csv, tensorboard, wandb",
    ("export", "{folder}/a", "--to=csv", "--out={folder}/out", "--overwrite"): "leave out --overwrite",
    ("export", "{folder}/a", "--to=excel", "--out={folder}/out"): "csv",
    ("export", "{folder}/a", "--to=csv"): "export needs --out=<folder>",
    ("export", "{folder}/a", "--to=csv", "--out={folder}/out"): "{folder}/a holds no results",
}


@pytest.fixture(scope="module")
def refused(forked, tmp_path_factory):
    """The folder in which each command without sense ran, and how it ended: its code and its lines of errors."""
    folder = tmp_path_factory.mktemp("refused")
    given = {words: [word.format(folder=folder) for word in words] for words in SENSELESS}
    errors = [folder.with_name(f"refused {place}") for place in range(len(given))]
    cases = [
        ("experiments.results", each, {}, os.devnull, str(file))
        for each, file in zip(given.values(), errors, strict=True)
    ]
    lines = [(code, file.read_text().splitlines()) for code, file in zip(forked(cases), errors, strict=True)]
    return folder, dict(zip(given, lines, strict=True))


@pytest.mark.parametrize("words", SENSELESS, ids=" ".join)
def test_a_command_that_makes_no_sense_is_one_line_and_code_2(refused, words):
    folder, ended = refused
    code, (line,) = ended[words]
    assert code == 2
    assert line.startswith("error: ")
    assert SENSELESS[words].format(folder=folder) in line
    assert list(folder.iterdir()) == []
