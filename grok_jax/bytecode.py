"""What a function's bytecode does and reads, ignoring line numbers, docstrings and names of local variables."""

import dis
import functools
import hashlib
from types import CodeType
from typing import Any

GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
UNTOLD = ("__doc__", "__firstlineno__", "__static_attributes__")  # ignored names that a class body stores
SEES_LOCALS = {"locals", "vars", "dir", "eval", "exec"}  # builtins that make the names of local variables matter


@functools.lru_cache(maxsize=4096)
def code_text(code: CodeType) -> str:
    """sha256 of a code object's behavior: instructions with constants and names, and how arguments are passed."""
    arguments = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    names = code.co_varnames if SEES_LOCALS & set(code.co_names) else code.co_varnames[:arguments]
    head = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, names)
    lines = [repr(head), code.co_exceptiontable.hex()]
    for instruction in dis.get_instructions(code):
        if instruction.opname == "NOP":
            continue
        if instruction.opname == "STORE_NAME" and instruction.argval in UNTOLD:
            lines.pop()
        lines.append(f"{instruction.opname} {_argument(instruction)}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


@functools.lru_cache(maxsize=4096)
def reads_in(code: CodeType) -> tuple[tuple[str, ...], ...]:
    """The globals read by a code object and those inside it, each with the attributes read directly from it (a.b.c)."""
    chains: dict[tuple[str, ...], None] = {}
    chain: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if chain and instruction.opname in ATTRIBUTES:
            chain = (*chain, instruction.argval)
            continue
        if chain:
            chains[chain] = None
        chain = (instruction.argval,) if instruction.opname in GLOBALS else ()
    for inner in _inner(code):
        chains |= dict.fromkeys(reads_in(inner))
    return tuple(chains)


@functools.lru_cache(maxsize=4096)
def imports_in(code: CodeType) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """The imports in a code object and those inside it: level, module and imported names."""
    found: list[tuple[int, str, tuple[str, ...]]] = []
    constants: list[Any] = []
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            level, names = constants[-2:]
            found.append((level, instruction.argval, tuple(names or ())))
        if instruction.opcode in dis.hasconst or instruction.opname == "LOAD_SMALL_INT":
            constants.append(instruction.argval)
    return (*found, *(each for inner in _inner(code) for each in imports_in(inner)))


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _argument(instruction: dis.Instruction) -> str:
    if instruction.opcode in dis.hasconst:
        return constant_text(instruction.argval)
    # Local variables count by position, because their names have no effect.
    return instruction.argrepr if instruction.opcode in dis.hasname else str(instruction.arg)


def constant_text(value: Any) -> str:
    """A constant as text that distinguishes 1, 1.0 and True and is the same in every process."""
    if isinstance(value, CodeType):
        return f"code {code_text(value)}"
    if isinstance(value, tuple):
        return f"({', '.join(map(constant_text, value))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(constant_text, value)))}}}"
    if isinstance(value, slice):
        return f"slice{constant_text((value.start, value.stop, value.step))}"
    return f"{type(value).__name__} {value!r}"
