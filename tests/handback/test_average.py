"""A study of averages of networks, from its sentence to what is handed back."""

import numpy as np
import pandas as pd
import pytest

from posology import InputError, Study
from posology.handback.embedded import input_columns
from posology.table import Preparation

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(40, 3)), columns=["height", "weight", "age"])
Y = (X["height"] - X["age"] + RNG.normal(size=40)).rename("price")
SMALL = {"arms": "none; l2", "repeats": 1, "folds": 2, "trials": 2, "epochs": 2, "workers": 1, "levers": False}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "small.posology"
    return Study("question", X, Y, folder=folder, refits=3, ensemble=2, **SMALL).run()


def test_the_verdict_names_what_it_is_about(result):
    assert "about the average of 2 networks, early stopping" in str(result.verdict)
    assert result.to_dict()["verdict"]["estimand"] == "the average of 2 networks"


def test_refits_are_whole_ensembles(result):
    assert result.settings.design.seeds == 4
    kept = np.load(result.folder / "packs" / "r0f0-refit-0.npz")
    assert len(kept["prediction"]) == 2 * 4


def test_the_network_is_an_average_of_different_ones(result):
    model = result.best_model()
    first, second = (layer for layer in model.layers if layer.name.startswith("network_"))
    assert (first.get_weights()[0] != second.get_weights()[0]).any()
    prepared = Preparation.load(result.folder).transform(X)
    each = [np.asarray(m.predict(prepared, verbose=0))[:, 0] for m in (first, second)]
    expected = Y.mean() + Y.std(ddof=0) * np.mean(each, axis=0)
    np.testing.assert_allclose(result.predict(X), expected, rtol=1e-4)


def test_with_its_preparation_inside(result):
    given = {c.input: X[c.column].to_numpy("float32")[:, None] for c in input_columns(Preparation.load(result.folder))}
    got = result.best_model(embed_preprocessing=True).predict(given, verbose=0)[:, 0]
    np.testing.assert_allclose(got, result.predict(X), rtol=0, atol=1e-5 * Y.std())


def test_code_says_how_to_average(result, tmp_path):
    code = result.export("code").code
    assert code.startswith("# The verdict is about the average of 2 networks: build and train this one 2 times")
    result.export("keras", tmp_path / "net")
    assert (tmp_path / "net" / "README.txt").read_text().startswith("The average of 2 tuned networks of a study")


def test_an_average_of_none_is_refused():
    with pytest.raises(InputError, match="ensemble is 0; it must be at least 1"):
        Study("question", X, Y, ensemble=0)
