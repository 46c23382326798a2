"""How every command starts, and how it exits on invalid input: one line on stderr, exit code 2."""

import contextlib
import gc
import importlib.util
import json
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Container
from pathlib import Path
from types import ModuleType
from typing import Any

import pooch
from absl import app, flags, logging
from ml_collections import ConfigDict, FrozenConfigDict, config_flags

from experiments.interruption import leave_at_signals
from grok_jax import results
from grok_jax.compilation_cache import forget_compiled_programs, is_of_kept_programs, keep_compiled_programs
from grok_jax.errors import UserError, in_one_line, require, written
from grok_jax.training.config import complete, default_config
from grok_jax.training.devices import use_all_cores
from grok_jax.training.grid import parse_grid
from grok_jax.training.naming import REGISTRIES
from grok_jax.values import plain

flags.disclaim_key_flags()  # so that a command's --help shows the flags that this module defines for it


def start(main: Callable[..., None], *, words: bool = False) -> None:
    """Parses the flags and runs main(); an invalid flag or a UserError prints one line and exits with code 2.

    Args:
      main: the command.
      words: whether it takes arguments that are not flags, as a list.
    """

    prepare_messages()

    def guarded(argv: list[str]) -> None:
        if len(argv) > 1 and not words:
            _leave(f"{argv[1]!r} is not a flag; flags begin with --")
        prepare_training()
        leave_at_signals(f"\ninterrupted; {how_to_go_on(flags.FLAGS)}")  # starts below a progress bar
        try:
            main(*([argv[1:]] if words else []))
        except UserError as error:
            _leave(str(error))
        except OSError as error:
            if isinstance(error, BrokenPipeError) or os.environ.get("GROK_JAX_TRACEBACK"):
                raise
            what = f"{error.filename or f'--out={flags.FLAGS.out}'}: {error.strerror or error}"
            _leave(f"{what} (GROK_JAX_TRACEBACK=1 shows where); {how_to_go_on(flags.FLAGS)}")
        finally:
            leave_at_signals()

    use_all_cores()  # a config file may start JAX
    flags.FLAGS.set_gnu_getopt(words)  # flags may follow the words
    gc.freeze()  # otherwise garbage collection over all imported modules delays the exit by half a second
    try:
        try:
            app.run(guarded, flags_parser=_parse)
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output has exited, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise Python complains at exit
        sys.exit(128 + signal.SIGPIPE)  # the exit code that shells use


def how_to_go_on(known: Container[str]) -> str:
    """Returns what continues a command that was stopped, given the names of its flags."""
    if "resume" in known:
        return "continue with --resume (and without --overwrite)"
    return f"start the same command again{', without --overwrite' if 'overwrite' in known else ''}"


def prepare_messages() -> None:
    """Makes a process print each warning in one line, and any character without failing."""
    print_every_letter()
    warnings.showwarning = _show_warning


def prepare_training() -> None:
    """Sets up a process that trains: all cores, compiled programs that are kept, and no chatter of libraries."""
    logging.set_verbosity(logging.ERROR)
    for handler in pooch.get_logger().handlers:
        handler.setStream(sys.stdout)  # the start of a download is not an error
    use_all_cores()
    keep_compiled_programs()


def print_every_letter() -> None:
    """Makes stdout and stderr print an escape such as \\u03b1 for a character their encoding lacks, and not fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def define_config() -> flags.FlagHolder[ConfigDict]:
    """Defines --config=<file>[:<argument of its get_config>], and --config.<field>=<value> for each field."""
    words = "Python file with get_config(preset); it is executed. Set a field with --config.<field>=<value>."
    try:
        holder = config_flags.DEFINE_config_file("config", None, words)
    except (flags.Error, UnicodeDecodeError) as error:  # it already reads the file of --flagfile
        _leave(str(error))
    flags.FLAGS["config"].parser = _ConfigFile()
    return holder


def define_out(words: str, *, required: bool = True) -> flags.FlagHolder[str]:
    """Defines the flag --out=<folder>."""
    holder = flags.DEFINE(_Folder(), "out", None, words)
    if required:
        flags.mark_flag_as_required("out")
    return holder


def define_open(prefix: str, words: str) -> dict[str, flags.FlagHolder[Any]]:
    """Defines --<prefix>.<name>=<value> for each such name on the command line, whatever it is.

    Returns:
      The flags by name. A value is read as JSON: a number, true, a list; anything else is text.
    """
    arguments = flags.FLAGS.read_flags_from_files(sys.argv[1:], force_gnu=False)
    found = [re.match(rf"--?{re.escape(prefix)}\.(\w+)", argument) for argument in arguments]
    names = dict.fromkeys(match[1] for match in found if match)
    return {name: flags.DEFINE(_JsonOrText(), f"{prefix}.{name}", None, words) for name in names}


def given_or_saved(given: ConfigDict | None, out: str, *, resume: bool) -> ConfigDict:
    """Returns the config of --config or, when resuming without it, the config of the unfinished run in the folder.

    Raises:
      UserError: no config is given, and the folder has no run to resume.
    """
    if given is not None:
        return given
    require(resume, "flag --config must have a value; only --resume works without it, with the config in --out")
    return saved(results.saved_config(Path(out)))


def saved(config: dict[str, Any]) -> ConfigDict:
    """Returns the config that was written as JSON."""
    return ConfigDict(_as_tuples(config)).lock()


def _as_tuples(value: Any) -> Any:
    """Restores the tuples of a config that went through JSON."""
    if isinstance(value, dict):
        return {key: _as_tuples(entry) for key, entry in value.items()}
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


class _Folder(flags.ArgumentParser):
    """Parses a path; needed because a shell does not expand the ~ in --out=~/mine."""

    def parse(self, argument: str) -> str:
        """Returns the path, with a leading ~ expanded to the user's home."""
        return os.path.expanduser(argument)


class _JsonOrText(flags.ArgumentParser):
    """Parses JSON; what is not JSON stays text."""

    def parse(self, argument: str) -> Any:
        """Returns the value."""
        try:
            return json.loads(argument)
        except ValueError:
            return argument


class _Number(flags.ArgumentParser):
    """Parses a number, or None for an optional field; 1e5 counts as an integer."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.syntactic_help = f"{'a whole number' if kind is int else 'a number'} or None"

    def flag_type(self) -> str:
        """Returns the name that --help shows for the type."""
        return self.kind.__name__

    def parse(self, argument: str | float | None) -> float | int | None:
        """Returns the number; raises ValueError if the argument is not a number."""
        text = str(argument).strip()
        if text == "None":
            return None
        with contextlib.suppress(ValueError):
            number = float(text)
            if self.kind is float or number.is_integer():
                return self.kind(number)
        raise ValueError(f"it must be {self.syntactic_help}")


for _kind in (int, float):
    config_flags.register_flag_parser_for_type(_kind, _Number(_kind))


class _ConfigFile(flags.ArgumentParser):
    """Parses a config file. ml_collections' own parser prints a page of traceback if the file is missing or broken."""

    def parse(self, argument: str) -> ConfigDict:
        file, *rest = os.path.expanduser(argument).split(":", 1)
        require(Path(file).is_file(), "the file does not exist")
        try:
            module = _import(file)
            require(hasattr(module, "get_config"), f"{file} has no function get_config")
            given = module.get_config(*rest)
            require(isinstance(given, ConfigDict), f"get_config returned {type(given).__name__}, not a ConfigDict")
            config = _with_all_parts(ConfigDict(given) if isinstance(given, FrozenConfigDict) else given)
        except UserError:
            raise
        except SystemExit as error:
            raise UserError(f"{file} ends the process (sys.exit); it must return a config") from error
        except Exception as error:  # A config file is the user's own Python code, which can fail in any way.
            if os.environ.get("GROK_JAX_TRACEBACK"):
                raise
            raise UserError(f"{type(error).__name__}: {error} (GROK_JAX_TRACEBACK=1 shows where)") from error
        _require_fields(_overridden(), config)
        return config.lock()


def require_no_axis_overridden(config: ConfigDict) -> None:
    """Raises UserError if --config.<field> overrides a grid axis, which would have no effect."""
    axes = {field for axis in parse_grid(config.grid) for field in axis.fields}
    for field in _overridden():
        given = f"--config.{field} is an axis of the grid {config.grid!r}; change it there, with --config.grid"
        require(field not in axes, given)


def _overridden() -> list[str]:
    """Returns the dotted names of the fields that the command line overrides."""
    arguments = flags.FLAGS.read_flags_from_files(sys.argv[1:], force_gnu=False)  # includes those in --flagfile
    overrides = [re.match(r"--?(?:no)?config\.([^=]*)", argument) for argument in arguments]
    return [match[1] for match in overrides if match]


def _import(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("config_file", file)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # leaves no __pycache__ next to the user's file
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def _with_all_parts(config: ConfigDict) -> ConfigDict:
    """Fills in missing parts of the config, such as grid, with defaults, and converts its numbers to Python's."""
    complete(config)  # raises UserError if it is not a valid config
    grid = config.get("grid", "")
    require(isinstance(grid, str), f"the grid is {written(grid)}; it must be text such as 'seed=range(3)'")
    _use_plain_numbers(config)
    names = {section: config[section].name for section in REGISTRIES if "name" in config.get(section, {})}
    defaults = default_config(**names)
    with config.unlocked():
        for part in set(defaults) - set(config):
            config[part] = defaults[part]
    return config


def _use_plain_numbers(config: ConfigDict) -> None:
    """Replaces NumPy and JAX numbers by Python numbers, which JSON can store."""
    with config.unlocked(), config.ignore_type():
        for key, value in config.items():
            if isinstance(value, ConfigDict):
                _use_plain_numbers(value)
            elif type(plain(value)) is not type(value) or isinstance(value, tuple):
                config[key] = plain(value)


def _require_fields(overrides: list[str], config: ConfigDict) -> None:
    """Raises flags.Error for an override that is not a field of the config, such as model.widht."""
    for override in overrides:
        section = config
        for key in override.split("."):
            known = list(section) if isinstance(section, ConfigDict) else ["none"]
            if key not in known:
                raise flags.Error(f"--config.{override} is not a field; available: {', '.join(known)}")
            section = section[key]


def _parse(argv: list[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        if os.environ.get("GROK_JAX_TRACEBACK"):
            raise
        _leave(str(error))


def _leave(message: str) -> None:
    print(f"error: {in_one_line(message)}", file=sys.stderr)
    sys.exit(2)


def _show_warning(message: Warning | str, *args: Any, **kwargs: Any) -> None:
    """Prints a warning in one line, without its location in the code."""
    del args, kwargs
    if is_of_kept_programs(str(message)):
        forget_compiled_programs()
    print(f"warning: {' '.join(str(message).split())[:300]}", file=sys.stderr)
