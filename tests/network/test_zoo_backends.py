"""The zoo, with strengths filled in, in Python processes of other backends and without posology.

    POSOLOGY_OTHER_PYTHON=/path/to/python pytest -m slow tests/network/test_zoo_backends.py

names an interpreter with keras, jax, tensorflow and torch. docs/networks.md keeps the last result.
"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from posology.network.export import export_model, set_weights
from posology.network.inputs import split_columns
from posology.network.outputs import scored_output

from .building import rows_for
from .conftest import doses_of, studied
from .zoo import ZOO

pytestmark = pytest.mark.slow
PYTHON = os.environ.get("POSOLOGY_OTHER_PYTHON", "")
OWN_CLASSES = {"mixed penalties", "own loss"}
"""Networks with classes of the user's own, which no other process knows."""
ODD = "named oddly"
"""TensorFlow and torch take no such names of layers, whoever wrote the file."""

ELSEWHERE = """if True:
    import json, sys
    import numpy as np
    import keras

    folder, failed = sys.argv[1], {}
    for name, file in json.load(open(f"{folder}/names.json")).items():
        try:
            model = keras.models.load_model(f"{folder}/{file}.keras")
            parts = [v for _, v in sorted(np.load(f"{folder}/{file}.npz").items())]
            plain = isinstance(model, keras.Sequential)
            given = parts[0] if plain else keras.tree.pack_sequence_as(model.input, parts)
            scored = int(np.load(f"{folder}/{file}_scored.npy"))
            got = keras.tree.flatten(model.predict(given, verbose=0))[scored]
            np.save(f"{folder}/{file}_{keras.backend.backend()}.npy", got)
            np.save(f"{folder}/{file}_{keras.backend.backend()}_losses.npy", float(sum(map(float, model.losses))))
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:400]
    print(json.dumps(failed))
    assert not [m for m in sys.modules if m.split(".")[0] == "posology"]
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):

    folder, expected, files = tmp_path_factory.mktemp("zoo"), {}, {}
    for number, name in enumerate(n for n in ZOO if n not in OWN_CLASSES):
        keras.backend.clear_session()
        case = studied(ZOO[name]())
        kernels, drops = len(case.network.kernel_sites), len(case.network.dropout_sites)
        doses = doses_of(case.model, [1e-3] * kernels, [2e-3] * kernels, [0.2] * drops)
        out = export_model(case.model, doses)
        set_weights(out, case.weights, case.network.computed(case.state), case.model)
        file, x = f"n{number}", rows_for(case.model)
        parts = keras.tree.flatten(split_columns(out, x))
        np.savez(folder / f"{file}.npz", **{f"{i:02}": np.asarray(part) for i, part in enumerate(parts)})
        np.save(folder / f"{file}_scored.npy", scored_output(out))
        out.save(folder / f"{file}.keras")
        prediction = keras.tree.flatten(out.predict(split_columns(out, x), verbose=0))[scored_output(out)]
        expected[name], files[name] = (np.asarray(prediction), float(sum(map(float, out.losses)))), file
    (folder / "names.json").write_text(json.dumps(files))
    return folder, expected, files


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
@pytest.mark.skipif(not PYTHON, reason="POSOLOGY_OTHER_PYTHON names no interpreter with tensorflow and torch")
def test_the_zoo_elsewhere(exported, backend):
    folder, expected, files = exported
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA", "PYTHONPATH"))}
    environment = {**kept, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [PYTHON, "-c", ELSEWHERE, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) == (set() if backend == "jax" else {ODD})
    off = {}
    for name, (here, losses) in expected.items():
        if name == ODD and backend != "jax":
            continue
        there = np.load(folder / f"{files[name]}_{backend}.npy")
        off[name] = float(np.abs(there - here).max() / max(1.0, np.abs(here).max()))
        assert np.load(folder / f"{files[name]}_{backend}_losses.npy") == pytest.approx(losses, rel=1e-4), name
    sys.stdout.write(f"{backend}: {len(off)} networks, furthest {max(off.values()):.1e} ({max(off, key=off.get)})\n")
    assert max(off.values()) < 1e-5, off
