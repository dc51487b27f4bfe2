"""A table with columns of text, from the study to predictions without posology."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posology.cli import main
from posology.seals import unsealed

from .conftest import SMALL
from .test_export import predicted

TABLE = Path(__file__).parents[1] / "table" / "data" / "tate.csv"


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Study 240 works of art by the command, once; the folder and what was said."""
    folder, out, err = tmp_path_factory.mktemp("text") / "study", io.StringIO(), io.StringIO()
    arguments = ["study", TABLE, "--target", "year", "--out", folder, "--workers", 1, *SMALL]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    assert ended.value.code == 0, err.getvalue()
    return folder, err.getvalue()


@pytest.fixture
def new_rows(here):
    rows = pd.read_csv(TABLE).drop(columns="year").head(6)
    rows.loc[0, "title"], rows.loc[1, "medium"], rows.loc[2, "artist"] = None, "  ", "words never seen"
    rows.to_csv(here / "new.csv", index=False)
    return here / "new.csv"


def test_it_is_told_how_text_is_read(studied):
    assert "Column 'title' is text: 189 different cells, 3.2 words each." in studied[1]


def test_a_study_of_a_posology_that_took_words_for_categories_is_told_so(call, studied, tmp_path):
    shutil.copytree(studied[0], tmp_path / "older")
    about = json.loads((tmp_path / "older" / "study.json").read_text())
    older = {**unsealed(about), "fingerprint": "of categories"}
    (tmp_path / "older" / "study.json").write_text(json.dumps(older))
    ended = call("resume", tmp_path / "older")
    assert ended.code == 2
    assert "is not the one that this study began with" in ended.err
    assert "an earlier posology took 'artist', 'title', 'medium' for categories" in " ".join(ended.err.split())


def test_predictions_are_the_same_from_the_study_a_bundle_and_without_posology(call, studied, here, new_rows):
    from_study = call("predict", studied[0], new_rows)
    assert from_study.code == 0, from_study.err
    years = pd.read_csv(io.StringIO(from_study.out)).iloc[:, 0]
    assert years.between(1700, 2100).all()
    assert call("export", studied[0], "--to", "bundle", "--out", "works.bundle").code == 0
    assert call("predict", "works.bundle", new_rows).out == from_study.out
    assert call("export", studied[0], "--to", "keras", "--out", "net").code == 0
    np.testing.assert_allclose(predicted(here / "net", new_rows, column="predicted_year"), years, rtol=1e-6)
    assert "skops, skrub==0.11" in (here / "net" / "README.txt").read_text()


def test_text_inside_a_model_is_refused(call, studied, here):
    said = call("export", studied[0], "--to", "keras", "--out", "net", "--embed-preprocessing")
    assert (said.code, said.out) == (2, "")
    assert "Column 'artist' is text, which no layer of Keras reads as it was studied" in said.err
    assert "Export without --embed-preprocessing." in said.err
