"""A regularizer of another distribution: found by its entry point, checked, and studied like posology's own."""

import json
import os
import subprocess
import sys

import pytest

CODE = '''
from posology.regularizers import Place, Regularizer, Strength


class Cubic(Regularizer):
    """Cubic: adds λ·Σ|w|³ to the mean batch loss.

    Helps: nobody yet.

    The range: as that of L2.

    Source: this test.
    """

    name = "cubic"
    title = "the cubic penalty"
    place = Place.WEIGHTS_LOSS
    strength = Strength(1e-6, 1e-2, "log", "per cubed weight")
    by_hand = "a penalty of your own"

    def gradient(self, weight, strength):
        return 3 * strength * weight * abs(weight)


class Taken(Cubic):
    name = "l1"


class Lacking(Cubic):
    place = Place.TARGETS
'''


def installed(folder, entry):
    """Make a distribution as an installer leaves it; give an environment in which Python finds it."""
    about = folder / "cubic_penalty-1.0.dist-info"
    about.mkdir()
    (folder / "cubic_penalty.py").write_text(CODE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: cubic-penalty\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[posology.regularizers]\n{entry}\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def python(environment, *arguments, cwd=None):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)


def test_it_keeps_the_contract_and_may_be_imported_before_posology(tmp_path):
    environment = installed(tmp_path, "cubic = cubic_penalty:Cubic")
    code = (
        "from cubic_penalty import Cubic\n"
        "from posology.testing import check_regularizer\n"
        "from posology.regularizers import REGULARIZERS, OWN\n"
        "check_regularizer(Cubic)\n"
        "print(list(REGULARIZERS)[len(OWN):])"
    )
    done = python({**environment, "KERAS_BACKEND": "jax"}, "-c", code)
    assert (done.stdout, done.returncode) == ("['cubic']\n", 0), done.stderr


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (
            "numpy",
            "Keras runs on numpy here, and posology's engine on JAX. Set KERAS_BACKEND=jax before Keras is imported.",
        ),
        ("openvino", "Keras cannot be loaded in this process: No module named 'openvino'. Its backend is"),
    ],
)
def test_the_backend_is_the_callers_to_choose(backend, said):
    code = "from posology.regularizers import L2; from posology.testing import check_regularizer; check_regularizer(L2)"
    done = python({**os.environ, "KERAS_BACKEND": backend}, "-c", code)
    assert f"InputError: {said}" in done.stderr


@pytest.mark.slow
def test_a_study_of_it(tmp_path):
    environment = installed(tmp_path, "cubic = cubic_penalty:Cubic")
    small = "--repeats 1 --folds 2 --trials 2 --refits 1 --epochs 3 --inner-splits 1 --no-levers --json --quiet"
    small = small.split(" ")
    arms = ["--arms", "none; cubic; cubic+mixup", "--out", tmp_path / "study"]
    done = python(environment, "-m", "posology", "demo", *small, *arms, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    strengths = {arm["arm"]: list(arm["strengths"]) for arm in found["arms"]}
    assert strengths == {"none": [], "cubic": ["cubic"], "mixup+cubic": ["mixup", "cubic"]}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("cubic = cubic_penalty:Taken", "has the name 'l1', which is taken. Give its class another name."),
        ("cubic = cubic_penalty:Lacking", "is no regularizer: it acts on targets and has no method 'targets'."),
        ("cubic = cubic_penalty:Gone", "cannot be loaded: AttributeError: "),
        ("cubic = gone:Cubic", "cannot be loaded: ModuleNotFoundError: No module named 'gone'. Repair or uninstall"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_name_of_its_distribution(tmp_path, entry, said):
    done = python(installed(tmp_path, entry), "-m", "posology", "demo", "--arms", "l1", "--dry-run")
    assert done.returncode == 2
    assert f"The entry point '{entry}' of cubic-penalty " in done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
