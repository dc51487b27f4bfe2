"""Columns of text: which are, what they become, and that nothing but training rows says so."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from skops import io as skops

from posology.errors import InputError
from posology.execution.rivals import predict_rival
from posology.table import Preparation, Table, features_of, make_table, read_frame, slot_of
from posology.table import text as text_room
from posology.table.columns import as_date_parts, as_numbers
from posology.table.preparation import prepared_width
from posology.table.text import MISSING, NUMBERS, encoder_of


@pytest.fixture(scope="module")
def works(request):
    """240 works of the Tate Collection: artist, title and medium in words, and the year."""
    frame = read_frame(request.path.parent / "data" / "tate.csv")
    frame.loc[[2, 7, 9], "title"] = None
    return make_table(frame, "year")


@pytest.fixture(scope="module")
def preparation(works):
    return Preparation.fit(works.features.iloc[:180], works.target[:180])


def test_titles_are_text_and_codes_are_not(works):
    assert works.kinds == ("text", "text", "text")
    assert (
        "Column 'medium' is text: 103 different cells, 4.6 words each. skrub's StringEncoder makes 30 numbers of it, "
        "by the training rows of each fold."
    ) in works.notes
    codes = pd.DataFrame({"tail": [f"N{i}AA" for i in range(100)], "y": range(100)})
    with pytest.warns(UserWarning, match="another in every row"):
        assert make_table(codes, "y").kinds == ("category",)


@pytest.mark.parametrize("change", ["few levels", "frequent levels", "declared"])
def test_what_stays_a_category(works, change):
    title = [f"untitled work number {'abcdefghijklmnopqrstuvwxyz'[i % 26] * (i // 26 + 2)}" for i in range(240)]
    column = {
        "few levels": title[:40] * 6,
        "frequent levels": title[:12] * 15 + title[:60],
        "declared": pd.Categorical(title[:120] * 2),
    }[change]
    table = make_table(pd.DataFrame({"title": column, "y": works.target}), "y")
    assert table.kinds == ("category",)


def test_without_skrub_it_says_what_to_install_or_drop(monkeypatch):
    monkeypatch.setattr(text_room, "find_spec", lambda _: None)
    titles = [f"{a} {b}" for a in ("red", "blue", "dark", "pale") for b in map("x{}y".format, "abcdefghijklmnopqrst")]
    frame = pd.DataFrame({"title": [t.replace("x", "hill of ") for t in titles], "y": range(80)})
    with pytest.raises(InputError) as caught:
        make_table(frame, "y")
    assert str(caught.value) == (
        "Column 'title' is text: 80 different cells, 4.0 words each. Reading it needs skrub, not installed here. Run: "
        "pip install 'posology[skrub]', or use --drop title (in Python: X.drop(columns=['title']))."
    )


@pytest.mark.parametrize("found", [None, object()])
@pytest.mark.parametrize("task", [None, "classification"])
def test_names_of_two_words_are_classes_of_a_target_with_skrub_and_without(monkeypatch, found, task):
    monkeypatch.setattr(text_room, "find_spec", lambda _: found)
    letters = "abcdefghijkl"
    species = [f"Genus{letters[i // 5]} species{letters[i % 5]}" for i in range(60)] * 12
    frame = pd.DataFrame({"length": np.random.default_rng(0).normal(size=720), "species": species})
    table = make_table(frame, "species", task=task)
    assert table.classes == tuple(sorted(set(species)))
    assert not [note for note in table.notes if note.startswith("Column 'species'")]
    with pytest.raises(InputError, match=r"The target 'species' has text such as 'Genusa speciesa', .* needs numbers"):
        make_table(frame, "species", task="regression")


def test_words_where_numbers_or_dates_must_be_are_not_called_text_to_be_read(monkeypatch):
    monkeypatch.setattr(text_room, "find_spec", lambda _: None)
    letters = "abcdefghijkl"
    cells = pd.Series([f"hill {a}{a} of {b}{b}" for a in letters for b in letters])
    for read, what in ((as_numbers, "numbers"), (as_date_parts, "dates")):
        with pytest.raises(InputError, match=f"Column 'age' must hold {what}, as in the table that was studied"):
            read("age", cells)


def test_a_table_with_text_on_disk_is_the_same(works, tmp_path):
    works.save(tmp_path / "table.feather")
    again = Table.load(tmp_path / "table.feather")
    pd.testing.assert_frame_equal(again.features, works.features)
    assert (again.kinds, again.fingerprint()) == (works.kinds, works.fingerprint())
    other = works.features.assign(title=works.features["title"].replace("Car Wash", "Car wash"))
    assert Table(other, works.target, "year").fingerprint() != works.fingerprint()


def test_a_column_becomes_thirty_numbers_named_after_it(works, preparation):
    prepared = preparation.transform(works.features)
    assert prepared.shape == (240, 3 * NUMBERS)
    assert np.isfinite(prepared).all()
    assert preparation.names[0] == "artist:text 1"
    assert preparation.sources == ("artist",) * 30 + ("title",) * 30 + ("medium",) * 30
    assert [prepared_width(works.features[name]) for name in works.features] == [NUMBERS] * 3


def test_rows_that_are_scored_say_nothing_of_the_pieces(works, preparation):
    other = works.features.copy()
    other.iloc[180:, 1] = "entirely different words"
    again = Preparation.fit(other.iloc[:180], works.target[:180])
    np.testing.assert_array_equal(again.transform(other.iloc[:180]), preparation.transform(works.features.iloc[:180]))


def test_a_row_is_prepared_alike_whatever_stands_beside_it(works, preparation):
    alone = np.vstack([preparation.transform(works.features.iloc[[row]]) for row in range(180, 190)])
    np.testing.assert_array_equal(alone, preparation.transform(works.features.iloc[180:190]))


@pytest.mark.parametrize(
    "cells", [[MISSING] * 9, ["one text"] * 9, ["one text", MISSING] * 4, [" a"] * 9, ["one row of it"]]
)
def test_folds_in_which_text_hardly_varies(cells):
    features = pd.DataFrame({"review": pd.Series(cells, dtype=object)})
    prepared = Preparation.fit(features, np.arange(float(len(cells)))).transform(features)
    assert np.isfinite(prepared).all()
    assert prepared.shape[1] <= NUMBERS


def test_words_tell_more_than_levels(works):
    """The year of a work, by a ridge: the reason for all this."""
    levels = Table(works.features.astype("category"), works.target, "year")

    def score(table):
        out = np.empty(240)
        for inside, outside in KFold(5, shuffle=True, random_state=0).split(out):
            fitted = Preparation.fit(table.features.iloc[inside], table.target[inside])
            x = fitted.transform(table.features).astype(float)
            out[outside] = RidgeCV(np.logspace(-3, 5, 17)).fit(x[inside], table.target[inside]).predict(x[outside])
        return 1 - np.mean((out - table.target) ** 2) / table.target.var()

    assert score(works) > score(levels) + 0.02


def test_trees_beside_the_arms_get_the_same_numbers(works):
    inside, outside = np.arange(180), np.arange(180, 240)
    predicted = predict_rival("trees", works, inside, outside, 0)
    assert np.corrcoef(predicted, works.target[outside])[0, 1] > 0.2


def test_new_rows(works, preparation):
    new = pd.DataFrame({"medium": ["Oil on canvas", None], "title": [" ", 7.0], "artist": ["Nobody, Ever", "?"]})
    features, notes = features_of(new, preparation)
    assert notes == ()
    assert features["title"].tolist()[1] == "7"
    assert pd.isna(features["title"][0])
    assert np.isfinite(preparation.transform(features)).all()


def test_an_input_of_codes_refuses_text(works):
    with pytest.raises(InputError, match=r"Column 'title' is text, but the input 'words' takes codes"):
        slot_of(works, "words", ["title"], coded=True)


@pytest.fixture
def saved(preparation, tmp_path):
    preparation.save(tmp_path)
    return tmp_path


def test_saved_without_pickle_and_read_again(saved, works, preparation):
    again = Preparation.load(saved)
    np.testing.assert_array_equal(again.transform(works.features), preparation.transform(works.features))
    assert again.text_columns == ("artist", "title", "medium")
    assert "skrub" in json.loads((saved / "preparation.json").read_text())["versions"]


def test_reading_it_without_skrub(saved, monkeypatch):
    monkeypatch.setattr("posology.table.preparation_files.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"needs skrub, not installed here\. Run: pip install 'posology\[skrub\]'"):
        Preparation.load(saved)


WORDS = (b'"\\"char_wb\\""', b'"\\"word\\""')
FILES = (b'"\\"content\\""', b'"\\"filename\\""')
ESCAPED = (b'"TfidfVectorizer"', rb'"\u0054fidfVectorizer"')


@pytest.mark.parametrize("changes", [[WORDS], [FILES], [FILES, ESCAPED], [WORDS, ESCAPED]])
def test_how_text_is_read_is_not_the_files_choice(saved, changes):
    """Words are found by a regular expression, which may never end; and cells can be taken for names of files."""
    with zipfile.ZipFile(saved / "preparation.skops") as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    for old, new in changes:
        assert old in parts["schema.json"]
        parts["schema.json"] = parts["schema.json"].replace(old, new)
    with zipfile.ZipFile(saved / "preparation.skops", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with pytest.raises(InputError, match="reads text in another way than a preparation does"):
        Preparation.load(saved)


def of_files():
    return TfidfVectorizer(input="filename").fit([__file__])


def encoder_reading_files_first(encoder):
    encoder.to_str = of_files()
    return encoder


def encoder_with(**settings):
    def change(encoder):
        for setting, value in settings.items():
            setattr(encoder.vectorizer_, setting, value)
        return encoder

    return change


@pytest.mark.parametrize(
    "change",
    [
        make_pipeline,
        lambda encoder: make_pipeline(SimpleImputer(), encoder),
        lambda _: of_files(),
        lambda _: "passthrough",
        encoder_reading_files_first,
        encoder_with(preprocessor=str),
        encoder_with(tokenizer=list),
        encoder_with(encoding="utf-7"),
        encoder_with(input=np.array(["content", "content"])),
        encoder_with(ngram_range=(1, 10**9)),
    ],
)
def test_known_types_that_are_put_together_otherwise_are_refused(tmp_path, change):
    features = pd.DataFrame({"review": pd.Series(["very good", "not bad"] * 5, dtype=object)})
    Preparation.fit(features, np.arange(10.0)).save(tmp_path)
    path = tmp_path / "preparation.skops"
    transformer = Preparation.load(tmp_path).transformer  # as it was made, it is read
    name, encoder, column = transformer.transformers_[0]
    transformer.transformers_[0] = (name, change(encoder), column)
    path.write_bytes(skops.dumps(transformer))
    with pytest.raises(InputError) as caught:
        Preparation.load(tmp_path)
    assert str(caught.value) == (
        f"'{path}' reads text in another way than a preparation does. Copy the folder from the study again."
    )


def test_pieces_are_the_most_frequent_of_the_training_rows(monkeypatch):
    monkeypatch.setattr(text_room, "MOST_PIECES", 5)
    encoder = encoder_of(pd.Series(["aaa aaa aaa", "aaa bbb", "cccccc"]))
    assert {" aa", "aaa", "aa "} < set(encoder.vocabulary)
    assert len(encoder.vocabulary) == 5
