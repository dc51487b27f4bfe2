"""No code comes from data: nothing in the package unpickles, evaluates or imports what it reads, but a network file."""

import ast
from pathlib import Path

import pytest

import posology

SOURCE = Path(posology.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
BANNED_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
BANNED_MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml", "jsonpickle"}
BANNED_ENDS = {"load_pickle", "read_pickle", "to_pickle", "func_load", "enable_unsafe_deserialization"}
RUNS_A_FILE = {"network/user_file.py": [], "handback/builder_calls.py": ["exec", "compile"]}
"""What runs Python: the file that the user names with --network or --fit, and the change of it that is handed back."""


def name_of(node):
    """Spell a dotted name: np.load."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def offences(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in BANNED_MODULES:
            yield node.module
        elif isinstance(node, ast.Call):
            yield from _of_call(node)


def _of_call(node):
    name, given = name_of(node.func), {keyword.arg: keyword.value for keyword in node.keywords}
    if name in BANNED_CALLS or name.rpartition(".")[2] in BANNED_ENDS:
        yield name
    shells = {"shell": True} if name.startswith("subprocess.") else {}
    for argument, wrong in {"allow_pickle": True, "safe_mode": False, **shells}.items():
        if argument in given and not (isinstance(given[argument], ast.Constant) and given[argument].value is not wrong):
            yield f"{name}({argument}=...)"
    if name in ("skops.load", "skops.loads") and not _lists_trusted(given.get("trusted")):
        yield f"{name} without a list of what is trusted"


def _lists_trusted(given):
    return given is not None and "TRUSTED" in ast.dump(given)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_read_is_run(path):
    text, place = path.read_text(encoding="utf-8"), str(path.relative_to(SOURCE))
    assert list(offences(ast.parse(text))) == RUNS_A_FILE.get(place, [])
    if place not in RUNS_A_FILE:
        assert "spec_from_file_location" not in text


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=wanted)",
        "pd.read_pickle(path)",
        "keras.models.load_model(path, safe_mode=False)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "skops.load(path)",
        "skops.load(path, trusted=found)",
    ],
)
def test_the_test_sees_it(code):
    assert list(offences(ast.parse(code)))


def test_no_file_of_the_package_is_a_pickle():
    assert not [path for path in SOURCE.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib"}]
