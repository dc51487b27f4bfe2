"""posology export: what it writes runs where posology is not, and predicts the same."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from .conftest import TARGET, environment, files, frame

CATEGORY = "<b>кириллица</b> :smile:"
HAS_ONNX = find_spec("jax2onnx") and find_spec("onnxruntime")

WITHOUT_POSOLOGY = """if True:
    import importlib.abc, runpy, sys, warnings
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)

    class Block(importlib.abc.MetaPathFinder):
        def find_spec(self, name, *_):
            if name.split(".")[0] == "posology":
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, Block())
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def new_rows(here):
    """New rows as users have them: without the target, with missing cells, a level never seen, dates with a clock."""
    new = frame(70).drop(columns=TARGET).tail(14).reset_index(drop=True)
    new["sure"] = new["sure"].astype(object)
    new.loc[0, CATEGORY] = "never seen"
    new.loc[1, "sold"] = "2024-05-06T13:45:00Z"
    for row, name in enumerate(["plain", "sold", "sure"], 2):
        new.loc[row, name] = None
    new.to_csv(here / "new.csv", index=False)
    return here / "new.csv"


def predicted(folder, rows, python=sys.executable, backend="jax", column=f"predicted_{TARGET}"):
    """Predict with what was exported, in a process that has no posology."""
    done = subprocess.run(
        [python, "-c", WITHOUT_POSOLOGY, str(folder / "load_and_predict.py"), str(rows)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(KERAS_BACKEND=backend, JAX_PLATFORMS="cpu"),
    )
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(io.StringIO(done.stdout))
    return found if column is None else found[column]


def expected(call, finished, rows):
    said = call("predict", finished.folder, rows)
    assert said.code == 0, said.err
    return pd.read_csv(io.StringIO(said.out)).iloc[:, 0]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (
            (),
            [
                "README.txt",
                "layout.json",
                "load_and_predict.py",
                "model.keras",
                "preparation.json",
                "preparation.skops",
                "targets.json",
            ],
        ),
        (
            ("--embed-preprocessing",),
            ["README.txt", "inputs.json", "load_and_predict.py", "model.keras", "targets.json"],
        ),
    ],
)
def test_keras_predicts_the_same_without_posology(call, finished, here, new_rows, options, named):
    said = call("export", finished.folder, "--to", "keras", "--out", "net", *options)
    assert (said.code, said.out, said.err) == (0, f"Written to 'net': {', '.join(named)}\n", "")
    assert files(here / "net") == named
    got = predicted(here / "net", new_rows)
    np.testing.assert_allclose(got, expected(call, finished, new_rows), rtol=0, atol=1e-5 * frame()[TARGET].std())
    said = (here / "net" / "README.txt").read_text()
    assert f"study of '{TARGET}', trained on all its 60 rows" in said
    assert ("skops" in said) == (not options)
    assert "set KERAS_BACKEND=jax (or torch) before Keras is imported" in said


@pytest.mark.skipif(not HAS_ONNX, reason="needs pip install 'posology[onnx]'")
@pytest.mark.parametrize("options", [(), ("--embed-preprocessing",)])
def test_onnx_predicts_the_same_without_posology(call, finished, here, new_rows, options):
    said = call("export", finished.folder, "--to", "onnx", "--out", "net", *options)
    assert said.code == 0, said.err
    assert "model.onnx" in files(here / "net")
    got = predicted(here / "net", new_rows)
    np.testing.assert_allclose(got, expected(call, finished, new_rows), rtol=0, atol=1e-5 * frame()[TARGET].std())


@pytest.mark.skipif(bool(HAS_ONNX), reason="the packages are installed")
def test_onnx_without_its_packages(call, finished, here):
    said = call("export", finished.folder, "--to", "onnx")
    assert (said.code, said.out, files(here)) == (2, "", [])
    assert "Run: pip install 'posology[onnx]'" in said.err


def test_a_bundle_predicts_what_its_study_predicts(call, finished, here, new_rows):
    said = call("export", finished.folder, "--to", "bundle")
    assert (said.code, said.out, said.err) == (0, "Written to 'study.bundle'\n", "")
    assert files(here) == ["new.csv", "study.bundle"]
    from_study, from_bundle = call("predict", finished.folder, new_rows), call("predict", "study.bundle", new_rows)
    assert (from_bundle.code, from_bundle.out) == (0, from_study.out)
    said = call("export", finished.folder, "--to", "bundle")
    assert (said.code, "'study.bundle' exists. Choose another --out." in said.err) == (2, True)


def test_a_bundle_whose_model_fits_nothing(call, finished, here, new_rows):
    """What the checks let through and Keras does not: bad input, not a fault of the program."""
    call("export", finished.folder, "--to", "bundle", "--out", "whole")
    with zipfile.ZipFile("whole") as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    with zipfile.ZipFile(io.BytesIO(parts["model.keras"])) as archive:
        model = {part.filename: archive.read(part) for part in archive.infolist()}
    wider = model["config.json"].replace(b'"units": 4', b'"units": 5')
    assert wider != model["config.json"]
    parts["model.keras"] = zipped({**model, "config.json": wider})
    about = json.loads(parts["bundle.json"])
    about["files"]["model.keras"]["sha256"] = hashlib.sha256(parts["model.keras"]).hexdigest()
    (here / "bad").write_bytes(zipped({**parts, "bundle.json": json.dumps(about)}))
    said = call("predict", "bad", new_rows)
    assert (said.code, said.out) == (2, "")
    assert "'bad' cannot be used: " in said.err
    assert "Traceback" not in said.err


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def test_by_default_beside_and_as_json(call, finished, here):
    said = call("export", finished.folder, "--to", "keras", "--json")
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert (got["to"], got["place"], got["files"]) == ("keras", "study_keras", files(here / "study_keras"))


def test_an_empty_folder_is_taken_and_a_full_one_refused(call, finished, here):
    (here / "empty").mkdir()
    assert call("export", finished.folder, "--to", "keras", "--out", "empty").code == 0
    before = {name: (here / "empty" / name).read_bytes() for name in files(here / "empty")}
    said = call("export", finished.folder, "--to", "keras", "--out", "empty", "--embed-preprocessing")
    assert (said.code, said.out) == (2, "")
    assert "'empty' is not empty. Choose another --out" in said.err
    assert {name: (here / "empty" / name).read_bytes() for name in files(here / "empty")} == before
    assert files(here) == ["empty", *(f"empty/{name}" for name in before)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "kears"), "--to got 'kears'. Did you mean 'keras'? Use one of: keras, code, onnx, bundle."),
        (("--to", "bundle", "--embed-preprocessing"), "Leave it out: a bundle prepares rows."),
        (("--to", "code", "--embed-preprocessing"), "with --to code there is none. Leave it out."),
        (("--to", "keras", "--out", "/proc/net/x"), "'/proc/net/x' cannot be written"),
        (("--to", "code", "--out", "."), "'.' exists. Choose another --out."),
    ],
)
def test_refusals_leave_nothing(call, finished, here, arguments, message):
    said = call("export", finished.folder, *arguments)
    assert (said.code, said.out, files(here)) == (2, "", [])
    assert message in said.err


def test_a_study_that_is_not_finished(call, finished, here):
    (here / "half").mkdir()
    (here / "half" / "study.json").write_bytes((finished.folder / "study.json").read_bytes())
    said = call("export", "half", "--to", "keras")
    assert (said.code, said.out) == (2, "")
    assert "is not finished: it has no model.keras. Finish it: posology resume half" in said.err
    assert call("export", "nowhere", "--to", "keras").code == 2


def test_a_failure_in_the_worker_leaves_no_folder(call, finished, here):
    (here / "half").mkdir()
    for name in ("study.json", "model.keras", "preparation.skops"):
        (here / "half" / name).write_bytes((finished.folder / name).read_bytes())
    before = files(here)
    said = call("export", "half", "--to", "keras", "--embed-preprocessing", "--out", "net")
    assert said.code == 2
    assert "has no preparation.json" in said.err
    assert files(here) == before


def test_code(call, finished, here):
    said = call("export", finished.folder, "--to", "code")
    assert said.code == 0, said.err
    assert "dropout" in said.out.lower()
    assert "without early stopping, which chose that number" in " ".join(said.out.replace("\n# ", " ").split())
    done = call("export", finished.folder, "--to", "code", "--out", "change.patch")
    assert done.out == "Written to 'change.patch'\n"
    assert (here / "change.patch").read_text() == said.out


@pytest.mark.parametrize(
    ("content", "says"), [(None, "is not finished: it has no verdict.json"), ("{", "is cut off or")]
)
def test_code_without_a_verdict(call, finished, here, content, says):
    (here / "half").mkdir()
    for path in (finished.folder / "study.json", finished.folder / "model.keras"):
        (here / "half" / path.name).write_bytes(path.read_bytes())
    if content is not None:
        (here / "half" / "verdict.json").write_text(content)
    said = call("export", "half", "--to", "code")
    assert said.code == 2
    assert says in said.err
    assert "posology resume half" in said.err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("model.keras", b"half", "is cut off or damaged. Write it again: posology resume half"),
        (
            "preparation.json",
            b"{",
            "preparation.json' is damaged, or was changed after the study wrote it. Write it again: ",
        ),
        ("preparation.skops", None, "'half' has no preparation.skops, so it holds no fitted preparation."),
        (
            "layout.json",
            b"",
            "layout.json' is damaged, or was changed after the study wrote it. Write it again: posology",
        ),
    ],
)
def test_a_damaged_folder_is_told_and_nothing_is_written(call, finished, here, name, content, says):
    shutil.copytree(finished.folder, here / "half")
    (here / "half" / name).unlink()
    if content is not None:
        (here / "half" / name).write_bytes(content)
    said = call("export", "half", "--to", "keras", "--out", "net")
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert [path.name for path in here.iterdir()] == ["half"]


def test_the_command_does_not_import_keras(finished, here):
    code = (
        "import sys; from posology.handback.exporting import export; from pathlib import Path; "
        f"export(Path({str(finished.folder)!r}), 'keras', Path('net'), embed_preprocessing=True); "
        "assert not {'keras', 'jax', 'tensorflow', 'torch'} & set(sys.modules), 'imported'"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_the_script_on_other_backends(call, finished, here, new_rows, backend):
    if not (python := os.environ.get("POSOLOGY_OTHER_PYTHON")):
        pytest.skip("POSOLOGY_OTHER_PYTHON names no interpreter with jax, tensorflow and torch")
    call("export", finished.folder, "--to", "keras", "--out", "net", "--embed-preprocessing")
    got = predicted(here / "net", new_rows, python, backend)
    np.testing.assert_allclose(got, expected(call, finished, new_rows), rtol=0, atol=1e-5 * frame()[TARGET].std())
