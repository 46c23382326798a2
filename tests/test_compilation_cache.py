"""Compiled programs that are kept decide no result, and their folder stops no command."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import jax
import pooch
import pytest
import xarray as xr
from jax.experimental.compilation_cache import compilation_cache

from experiments import command
from grok_jax import default_config, sweep
from grok_jax.compilation_cache import keep_compiled_programs
from grok_jax.training import program
from grok_jax.training.sweep import plan_grid

ROOT = Path(__file__).parents[1]
SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
    "jax_compilation_cache_max_size",
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's cache folder of this test; the settings of JAX are put back after it."""
    before = {name: getattr(jax.config, name) for name in SETTINGS}
    jax.config.update("jax_compilation_cache_dir", None)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    compilation_cache.reset_cache()
    yield tmp_path / "grok_jax"
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
    program._compile.cache_clear()


def trained(mapping):
    config = default_config(task="teacher_student", model="mlp", optimizer="adamw")
    config.training.steps = 5
    config.model.widths = (8,)
    config.execution.mapping = mapping
    program._compile.cache_clear()
    jax.clear_caches()
    runs = sweep(config, {"seed": range(2)}, progress=False)
    (group,) = plan_grid(config, {"seed": range(2)}).groups
    return runs.drop_attrs(), program.fitted_program(
        group, mapping, 0, program.stages_of_training(group)
    ).bytes_per_device


@pytest.mark.slow
@pytest.mark.parametrize("mapping", ["map", "vmap"])
def test_a_kept_program_gives_bitwise_what_a_fresh_one_gives_and_plans_the_same(folder, mapping):
    fresh, held = trained(mapping)
    keep_compiled_programs()
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    trained(mapping)
    kept = set(folder.rglob("*-cache"))
    compilation_cache.reset_cache()
    again, held_again = trained(mapping)
    assert kept
    assert set(folder.rglob("*-cache")) == kept
    xr.testing.assert_identical(again, fresh)
    assert held_again == held


def test_the_folder_of_the_user_is_honored(folder, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "mine"))
    keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "mine")


def test_turned_off_it_keeps_nothing(folder):
    jax.config.update("jax_enable_compilation_cache", False)
    try:
        keep_compiled_programs()
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
    assert jax.config.jax_compilation_cache_dir is None


def test_a_file_in_place_of_the_folder_only_warns(folder):
    folder.write_text("")
    with pytest.warns(UserWarning, match="compiled programs are not cached"):
        keep_compiled_programs()
    assert jax.config.jax_compilation_cache_dir is None


DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"garbage"),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entries_decide_nothing_and_are_written_anew_after_one_warning(folder, damage, capsys):
    fresh, _ = trained("map")
    keep_compiled_programs()
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    trained("map")
    for path in folder.rglob("*-cache"):
        DAMAGES[damage](path)
    for warned in (True, False):
        compilation_cache.reset_cache()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = command._show_warning
            again, _ = trained("map")
        xr.testing.assert_identical(again, fresh)
        assert capsys.readouterr().err.count("compilation cache entry") == warned


@pytest.mark.slow
def test_a_disk_that_takes_no_more_bytes_only_warns(tmp_path):
    code = (
        "import jax, resource; from grok_jax.compilation_cache import keep_compiled_programs as keep; keep();"
        " jax.config.update('jax_persistent_cache_min_compile_time_secs', 0);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); print(jax.jit(lambda x: x + 1)(1))"
    )
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "2\n")
    assert "Error writing persistent compilation cache entry" in ended.stderr


@pytest.mark.slow
def test_two_processes_may_keep_the_same_programs_at_once(tmp_path):
    code = (
        "import jax; from grok_jax.compilation_cache import keep_compiled_programs as keep; keep();"
        " jax.config.update('jax_persistent_cache_min_compile_time_secs', 0); print('ready', flush=True); input();"
        " print([float(jax.jit(lambda x: x + n)(1)) for n in range(30)])"
    )
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(tmp_path)}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    start = [sys.executable, "-W", "error", "-c", code]
    both = [subprocess.Popen(start, env=environment, cwd=ROOT, text=True, **pipes) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in both]
    assert ends == [(f"{[1.0 + n for n in range(30)]}\n", "")] * 2
    assert len(list(tmp_path.rglob("*-cache"))) >= 30


def test_what_is_kept_in_a_folder_of_the_user_is_never_removed(folder, tmp_path, capsys):
    (tmp_path / "entry-cache").write_bytes(b"theirs")
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    keep_compiled_programs()
    command._show_warning("Error reading persistent compilation cache entry for 'jit_f'")
    assert (tmp_path / "entry-cache").read_bytes() == b"theirs"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, "{home}/grok_jax/programs"),
        ({"JAX_ENABLE_COMPILATION_CACHE": "false"}, None),
        ({"JAX_COMPILATION_CACHE_DIR": "{home}/mine"}, "{home}/mine"),
    ],
)
def test_the_switches_of_the_environment(tmp_path, variables, place):
    code = (
        "import jax; from grok_jax.compilation_cache import keep_compiled_programs as keep; keep();"
        " jax.config.update('jax_persistent_cache_min_compile_time_secs', 0);"
        " jax.jit(lambda x: x + 1)(1)"
    )
    given = {name: value.format(home=tmp_path) for name, value in variables.items()}
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(tmp_path), **given}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True)
    kept = {str(path.parent) for path in tmp_path.rglob("*-cache")}
    if place is None:
        assert kept == set()
    else:
        assert len(kept) == 1
        assert Path(*kept).match(place.format(home=tmp_path))
