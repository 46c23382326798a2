"""UserError, the one kind of error that a user's input can cause."""

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Modules whose frames are not the user's code.
LIBRARIES = ("jax", "jaxlib", "flax", "optax", "numpy", "jaxtyping", "beartype", "contextlib", "functools")
TRACED = ("Tracer", "Concretization", "NonConcrete")  # prefixes of JAX's errors about values not known at trace time
HINT = "; a field that decides code or shapes must be static: declare it so, or name it in static=(...)"
LONGEST = 200  # characters quoted from another error's message
LONGEST_VALUE, LONGEST_LINE = 100, 3000  # characters of a value in a message, and of a message


class UserError(ValueError):
    """Invalid input: one line that says what was given and what is allowed.

    Commands print it to stderr and exit with code 2; in Python it is a ValueError.
    """

    def __init__(self, message: str) -> None:
        super().__init__(in_one_line(message))


def require(condition: bool, message: str) -> None:
    """Raises UserError(message) unless condition holds."""
    if not condition:
        raise UserError(message)


def require_results(given: Any, *names: str) -> None:
    """Raises UserError unless given is a Dataset of results with all these variables or coordinates."""
    is_dataset = hasattr(given, "data_vars")
    require(is_dataset, f"given {written(given)}; it must be results, a Dataset such as sweep and load return")
    missing = [name for name in names if name not in given]
    held = ", ".join(map(str, given.data_vars)) or "nothing"
    require(not missing, f"the results have no {', '.join(missing)}, only {held}; sweep and load return what is needed")


def lookup(words: Mapping[str, Any], word: str, field: str) -> Any:
    """The value of a word in a table.

    Raises:
      UserError: the word does not exist; the message lists the available ones.
    """
    require(word in words, f"{field} {written(word)} does not exist; there are {', '.join(sorted(words))}")
    return words[word]


def in_one_line(message: str) -> str:
    """A message without line breaks; a long one loses its middle."""
    line, half = " ".join(filter(None, map(str.strip, message.splitlines()))), LONGEST_LINE // 2
    return line if len(line) <= LONGEST_LINE else f"{line[:half]} ... {line[-half:]}"


def written(value: Any) -> str:
    """The repr of a value in one line, truncated if it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a whole number with more digits than Python prints, or a value whose repr fails
        return f"a value of type {type(value).__name__} that cannot be written"
    return shortened(text, LONGEST_VALUE)


def shortened(text: str, longest: int) -> str:
    """A text, truncated after the given number of characters."""
    return text if len(text) <= longest else f"{text[:longest]}..."


@contextlib.contextmanager
def naming(stage: str) -> Iterator[None]:
    """Turns an error raised in the body into one line: the stage, the error, and its place in the user's code.

    Args:
      stage: what the body does, such as "task 'mine' (draw)".

    Raises:
      UserError: the body raised any other error, which becomes the cause.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        said = f": {lines[0][:LONGEST]}" if lines else ""
        hint = HINT if type(error).__name__.startswith(TRACED) else ""
        raise UserError(f"{stage} fails with {type(error).__name__}{said}{_place(error)}{hint}") from error


@contextlib.contextmanager
def writing(where: str, hope: str) -> Iterator[None]:
    """Turns an OSError raised in the body into one line: where writing failed, why, and what is kept.

    Raises:
      UserError: the body raised an OSError, which becomes the cause.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UserError(f"{where} cannot be written to ({reason}); {hope}") from error


def _place(error: Exception) -> str:
    """File and line of the innermost frame of the user's code, in parentheses."""
    frames = [
        (frame.f_globals.get("__name__", ""), frame, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [entry for entry in frames if entry[0].split(".")[0] not in LIBRARIES]
    users = [entry for entry in own if entry[0].split(".")[0] != "grok_jax"]
    if not own:
        return ""
    _, frame, line = (users or own)[-1]
    return f" ({Path(frame.f_code.co_filename).name}:{line})"
