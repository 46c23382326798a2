"""Fingerprints: what changes them, what does not, and what cannot have one."""

import enum
import functools
import json
import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.fingerprint import Fingerprint, fingerprint
from grok_jax.origins import HERE, hash_of_files, origin_of_file, own_source

ROOT = Path(__file__).parents[1]

PLAIN = "def f(x):\n    return 2 * x"
HELPER = "def h(x):\n    return {} * x\ndef f(x):\n    return h(x) + 1"
CLOSURE = "def make(values):\n    def f(x):\n        return x + values[0]\n    return f\nf = make({})"
CLASS = "class A:\n  scale = {}\n  def m(self):\n    return self.scale\nclass B(A):\n    pass\ndef f():\n  return B()"
FLAX = (
    "import flax.linen as nn\nclass f(nn.Module):\n    width: int = {}\n    @nn.compact\n    def __call__(self, x):\n"
    "        return nn.Dense(self.width)(x) {}"
)
DATACLASS = "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass f:\n    a: int = {}\n    {}: int = 2"
ENUM = "import enum\nclass E(enum.Enum):\n    A = {}\ndef f():\n    return E.A"
TUPLE = "from typing import NamedTuple\nclass T(NamedTuple):\n    a: int = {}\n    b: int = 0\nf = T"
ARRAY = "import numpy as np\na = np.array({})\ndef f(x):\n    return x + a"
JITTED = "import jax\n@jax.jit\ndef h(x):\n    return x + {}\ndef f(x):\n    return h(x)"
CACHED = "import functools\n@functools.cache\ndef h(x):\n    return x + {}\ndef f(x):\n    return h(x)"
CUSTOM = (
    "import jax\n@jax.custom_jvp\ndef f(x):\n    return x\n@f.defjvp\ndef rule(p, t):\n    return f(p[0]), {} * t[0]"
)
PARTIAL = "import functools\ndef h(a, x):\n    return a * x\nf = functools.partial(h, {})"
METHOD = (
    "class A:\n    def __init__(self, s):\n        self.s = s\n    def m(self):\n        return self.s\nf = A({}).m"
)
NAMELESS = "class A:\n    m = lambda self: 1\n    n = lambda self: 2\nf = A().{}"
FACTORY = (
    "import dataclasses\n@dataclasses.dataclass\nclass f:\n"
    "    a: list = dataclasses.field(default_factory=lambda: [{}])"
)
FLAG = "import enum\nclass E(enum.Flag):\n    A = {}\nf = E.A"
NAMESPACE = "import types\nfields = types.SimpleNamespace(a={})\ndef f():\n    return fields.a"
NESTED = "def f(x):\n    def g(y):\n        return SCALE * y\n    return g(x)\nSCALE = {}"
PROPERTY = "class f:\n    @property\n    def p(self):\n        return {}"
CYCLE = "def g(x):\n    return f(x - 1) if x else {}\ndef f(x):\n    return g(x)"
OPTAX = "import optax\nf = optax.adam({})"
SET = "s = {{'b', 'a', ('c', 1), {}}}\ndef f(x):\n    return x in s"
KEY = "import jax\nkey = jax.random.key({})\ndef f():\n    return key"

DIFFERENT = {
    "a constant": (PLAIN, PLAIN.replace("2", "3")),
    "a type of number": (PLAIN, PLAIN.replace("2", "2.0")),
    "a truth for a number": (NAMESPACE.format(1), NAMESPACE.format(True)),
    "the sign of zero": (NAMESPACE.format(0.0), NAMESPACE.format(-0.0)),
    "an operation": (PLAIN, PLAIN.replace("*", "+")),
    "a default": ("def f(x, a=1):\n    return x", "def f(x, a=2):\n    return x"),
    "a keyword's default": ("def f(*, a=1):\n    return a", "def f(*, a=2):\n    return a"),
    "an argument's name": ("def f(a, b):\n    return a", "def f(a, c):\n    return a"),
    "a helper": (HELPER.format(2), HELPER.format(3)),
    "a list in a closure": (CLOSURE.format([1]), CLOSURE.format([2])),
    "a global of an inner function": (NESTED.format(1), NESTED.format(2)),
    "a class's attribute in a base": (CLASS.format(1), CLASS.format(2)),
    "a property": (PROPERTY.format(1), PROPERTY.format(2)),
    "a default of a flax module": (FLAX.format(4, ""), FLAX.format(5, "")),
    "a method of a flax module": (FLAX.format(4, ""), FLAX.format(4, "+ 1")),
    "a default of a dataclass": (DATACLASS.format(1, "b"), DATACLASS.format(3, "b")),
    "a field of a dataclass": (DATACLASS.format(1, "b"), DATACLASS.format(1, "c")),
    "a member of an enum": (ENUM.format(1), ENUM.format(2)),
    "a default of a named tuple": (TUPLE.format(1), TUPLE.format(2)),
    "an array": (ARRAY.format([1, 2]), ARRAY.format([1, 3])),
    "an array's type": (ARRAY.format([1, 2]), ARRAY.format([1.0, 2.0])),
    "an array's shape": (ARRAY.format([1, 2]), ARRAY.format([[1, 2]])),
    "a key": (KEY.format(0), KEY.format(1)),
    "a jitted function": (JITTED.format(1), JITTED.format(2)),
    "a cached function": (CACHED.format(1), CACHED.format(2)),
    "a rule of differentiation": (CUSTOM.format(1), CUSTOM.format(2)),
    "an argument of a partial": (PARTIAL.format(1), PARTIAL.format(2)),
    "the object of a method": (METHOD.format(1), METHOD.format(2)),
    "another method without a name": (NAMELESS.format("m"), NAMELESS.format("n")),
    "a factory of a dataclass's default": (FACTORY.format(1), FACTORY.format(2)),
    "a member of a flag": (FLAG.format(1), FLAG.format(2)),
    "a field of a namespace": (NAMESPACE.format(1), NAMESPACE.format(2)),
    "the end of a recursion": (CYCLE.format(1), CYCLE.format(2)),
    "an argument of an installed package's function": (OPTAX.format(0.1), OPTAX.format(0.2)),
    "a function of an installed package": ("import jax.numpy as f", "import jax.scipy as f"),
    "an element of a set": (SET.format(1), SET.format(2)),
    "a call by another name": ("def f(x):\n    return x.a()", "def f(x):\n    return x.b()"),
}
SAME = {
    "nothing": (PLAIN, PLAIN),
    "a docstring": (PLAIN, 'def f(x):\n    """Twice."""\n    return 2 * x'),
    "a docstring where None is used": ("def f(x):\n    x = 3", 'def f(x):\n    """Hm."""\n    x = 3'),
    "another docstring": ('def f(x):\n    "a"\n    return "b"', 'def f(x):\n    "c"\n    return "b"'),
    "a docstring of an inner class": (
        "def f():\n    class A:\n        'a'\n        x = 1\n    return A",
        "def f():\n    class A:\n        'b'\n        x = 1\n    return A",
    ),
    "a docstring of a class": (PROPERTY.format(1), PROPERTY.format(1).replace("class f:", 'class f:\n    "Words."')),
    "a comment": (PLAIN, "# of old\ndef f(x):  # x\n    # y\n    return 2 * x"),
    "line numbers": (PLAIN, "\n\n\n" + PLAIN),
    "line numbers of an inner class": (
        "def f():\n    class A:\n        x = 1\n    return A",
        "def f():\n\n    class A:\n\n        x = 1\n    return A",
    ),
    "a local variable's name": ("def f(x):\n    y = x\n    return y", "def f(x):\n    z = x\n    return z"),
    "an annotation": (PLAIN, PLAIN.replace("(x)", "(x: int) -> int")),
    "a global that is an attribute's name": ("a = 1\ndef f(x):\n    return x.a", "a = 2\ndef f(x):\n    return x.a"),
    "a global that is not read": ("b = 1\n" + PLAIN, "b = 2\n" + PLAIN),
    "a copy of a list": (
        "v = [1]\ndef f():\n    return v, w\nw = v",
        "v = [1]\ndef f():\n    return v, w\nw = [1]",
    ),
}


def made(source, file="<string>"):
    """f of a source, as a notebook's cell makes it."""
    scope = {"__name__": "__main__"}
    exec(compile(source, file, "exec"), scope)
    return scope["f"]


def text(source, file="<string>"):
    found = fingerprint(made(source, file))
    assert found.unsure == ()
    return found.text


@pytest.mark.parametrize("change", DIFFERENT)
def test_a_change_of_what_is_computed_changes_the_fingerprint(change):
    before, after = DIFFERENT[change]
    assert text(before) != text(after)


@pytest.mark.parametrize("change", SAME)
def test_a_change_of_words_alone_does_not(change):
    before, after = SAME[change]
    assert text(before) == text(after)


def test_the_file_that_a_function_stands_in_does_not_matter():
    assert text(PLAIN, "/home/one/a.py") == text(PLAIN, "<ipython-input-3>")


def test_a_mark_that_another_package_leaves_on_one_of_pythons_functions_does_not_matter(monkeypatch):
    before = text(ENUM.format(1))
    monkeypatch.setattr(enum.Enum.__new__, "_mark", "of PyTorch's, at its import", raising=False)
    assert text(ENUM.format(1)) == before


def test_another_process_with_other_hashes_gives_the_same_fingerprints():
    sources = [source for pair in [*DIFFERENT.values(), *SAME.values()] for source in pair]
    script = (
        "import json, sys\nfrom grok_jax.fingerprint import fingerprint\ntexts = []\n"
        "for source in json.load(sys.stdin):\n"
        "    scope = {'__name__': '__main__'}\n    exec(compile(source, '<other>', 'exec'), scope)\n"
        "    texts.append(fingerprint(scope['f']).text)\nprint(json.dumps(texts))"
    )
    hashes = "1" if hash("a") % 2 else "2"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(sources),
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [text(source) for source in sources]


def own_module(monkeypatch, name, source):
    module = types.ModuleType(name)
    module.__file__ = f"/home/somebody/{name}.py"
    exec(compile(source, module.__file__, "exec"), vars(module))
    monkeypatch.setitem(sys.modules, name, module)
    return module


@pytest.mark.parametrize(
    "reader",
    [
        "import mine\ndef f(x):\n    return mine.h(x)",
        "from mine import h\ndef f(x):\n    return h(x)",
        "def f(x):\n    import mine\n    return mine.h(x)",
        "def f(x):\n    from mine import h\n    return h(x)",
        "import mine\nalias = [mine]\ndef f(x):\n    return alias[0].h(x)",
    ],
)
def test_an_edited_helper_in_a_module_of_the_users_own_counts(monkeypatch, reader):
    texts = []
    for scale in (2, 3):
        own_module(monkeypatch, "mine", f"SCALE = {scale}\ndef h(x):\n    return SCALE * x\n")
        texts.append(text(reader))
    assert texts[0] != texts[1]


def test_what_is_not_taken_from_a_module_of_the_users_own_does_not_count(monkeypatch):
    texts = []
    for other in (2, 3):
        own_module(monkeypatch, "mine", f"OTHER = {other}\ndef h(x):\n    return x\n")
        texts.append(text("import mine\ndef f(x):\n    return mine.h(x)"))
    assert texts[0] == texts[1]


def test_an_installed_package_counts_by_its_version(monkeypatch):
    function = made("import optax\ndef f(x):\n    return optax.safe_norm(x, 0)")
    before = fingerprint(function).text
    monkeypatch.setattr("grok_jax.fingerprint.origin_of_module", lambda name: "optax 99.0")
    assert fingerprint(function).text != before


def test_a_package_that_the_caller_counts_does_not_count_by_its_version(monkeypatch):
    function = made("import optax\ndef f(x):\n    return optax.safe_norm(x, 0)")
    texts = []
    for version in ("1", "2"):
        monkeypatch.setattr("grok_jax.fingerprint.origin_of_module", lambda name, version=version: f"optax {version}")
        texts.append(fingerprint(function, counted=("optax",)).text)
    assert texts[0] == texts[1]


def test_this_packages_source_counts_where_it_is_used(monkeypatch):
    user, stranger = made("from grok_jax.training.losses import row_losses as f"), made(PLAIN)
    before = fingerprint(user).text, fingerprint(stranger).text
    monkeypatch.setattr("grok_jax.fingerprint.own_source", lambda: "edited")
    assert fingerprint(user).text != before[0]
    assert fingerprint(stranger).text == before[1]


def test_the_source_of_a_package_is_the_bytes_of_its_files(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    before = hash_of_files(tmp_path)
    (tmp_path / "a.py").write_text("x = 2\n")
    after = hash_of_files(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({before, after, hash_of_files(tmp_path)}) == 3
    assert own_source() == hash_of_files(HERE)


@pytest.mark.parametrize(
    ("file", "origin"),
    [
        (jax.__file__, f"jax {jax.__version__}"),
        (functools.__file__, f"python {sys.version_info.major}.{sys.version_info.minor}"),
        ("<frozen runpy>", f"python {sys.version_info.major}.{sys.version_info.minor}"),
        (str(HERE / "errors.py"), "grok_jax"),
        ("/home/somebody/mine.py", None),
        ("<ipython-input-1>", None),
    ],
)
def test_code_has_an_origin(file, origin):
    assert origin_of_file(file) == origin


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("import threading\nlock = threading.Lock()\ndef f():\n    return lock", "lock (a _thread.lock)"),
        ("import numpy as np\nrng = np.random.default_rng(0)\ndef f():\n    return rng.normal()", "rng (a numpy"),
        ("import os\nfile = open(os.devnull)\nfile.close()\ndef f():\n    return file", "file (a _io"),
        ("def f():\n    return eval('a')", "f, which calls eval"),
        ("class A:\n    def __reduce_ex__(self, n):\n        return 1 / 0\nf = A()", "A"),
        ("class A:\n    def __getattr__(self, name):\n        return 1 / 0\na = A()\ndef f():\n    return a", "a (a "),
        (
            "class A:\n    def __init__(self):\n        self.it = iter(x for x in 'a')\nf = A()",
            "it (a builtins.generator)",
        ),
    ],
)
def test_what_cannot_be_read_is_named(source, word):
    (named,) = fingerprint(made(source)).unsure
    assert word in named


def test_what_cannot_be_read_counts_by_its_identity():
    one, other = threading.Lock(), threading.Lock()
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one) != fingerprint(other)


def test_a_logger_is_no_obstacle():
    assert fingerprint(made("import logging\nlog = logging.getLogger('a')\ndef f():\n    log.info('b')")).unsure == ()


def test_the_order_of_a_dictionary_counts():
    assert fingerprint({"a": 1, "b": 2}) != fingerprint({"b": 2, "a": 1})


def test_a_tracer_counts_by_its_identity():
    found = []
    jax.eval_shape(lambda x: found.append(fingerprint(x)) or x, jnp.ones(2))
    assert found[0].unsure


def test_values_nested_too_deeply_count_by_their_identity():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert fingerprint(nested).unsure == ("a builtins.list",)
    while nested:
        nested = nested[0]


def test_arrays_count_by_content_whatever_their_layout():
    rows = np.arange(6).reshape(2, 3)
    assert fingerprint(rows) == fingerprint(np.asfortranarray(rows))
    assert fingerprint(jnp.ones(3, jnp.bfloat16)) != fingerprint(jnp.ones(3, jnp.float16))
    assert isinstance(fingerprint(np.array(["a", None], object)), Fingerprint)


def test_a_cell_that_is_not_set_is_read_as_such():
    def make(bounded):
        if bounded:
            limit = 1.0
        return lambda x: min(x, limit) if bounded else x

    assert fingerprint(make(False)).unsure == ()
    assert fingerprint(make(False)).text != fingerprint(make(True)).text


def test_a_value_that_pickle_knows_by_name_alone_is_unsure():
    own = type("Own", (), {"__reduce__": lambda self: "CONSTANT", "__module__": "somewhere"})()
    assert any("Own" in words for words in fingerprint(lambda x: own).unsure)


def test_a_function_put_in_the_place_of_a_package_s_counts_by_content(monkeypatch):
    def other(scale):
        @functools.wraps(json.dumps)
        def dumps(value):
            return scale

        return dumps

    texts = []
    for scale in (1, 2):
        monkeypatch.setattr(json, "dumps", other(scale))
        texts.append(fingerprint(json.dumps).text)
    assert texts[0] != texts[1]


def test_the_name_and_the_place_of_a_module_do_not_count():
    source = compile("def f(x):\n    return x, __name__, __file__", "x.py", "exec")
    modules = [types.ModuleType("one"), types.ModuleType("other")]
    for module in modules:
        module.__file__ = f"/{module.__name__}.py"
        exec(source, vars(module))
    one, other = (fingerprint(module.f).text for module in modules)
    assert one == other
