"""What a prescription needs beside its lines: true of every kind of study."""

import pytest

from posology.handback.by_hand import by_hand


def verdict(scale=((152.13348, 77.00575),), patience=20, plateau=1.0, strengths=None, **study):
    callbacks = {"plateau_factor": plateau}
    design = {"batch_size": 32, "patience": patience, "class_weight": None, "callbacks": callbacks}
    return {
        "prescription": {
            "epochs": 6,
            "strengths": strengths or {},
            **({} if scale is None else {"target_scale": scale}),
        },
        "study": {"rows": 442, "resamples": 20, "weights": None, **study},
        "settings": {"design": design},
    }


def test_a_number():
    scale, training, tuned = by_hand(verdict())
    assert scale == (
        "By hand: prepare the columns (numbers standardized, categories as columns of 0 and 1) and standardize the "
        "target, (y - 152.1) / 77.01, the scale of penalties."
    )
    assert training == (
        "Train in batches of 32 rows for 6 epochs, without early stopping, which chose that number on inner splits."
    )
    assert tuned == (
        "It was tuned anew on all 442 rows; strengths and epochs in the table of arms are means over 20 resamples, "
        "each tuned by itself on fewer rows."
    )


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (((1.0, 2.0), (3.0, 4.0)), "each target by its mean and sd, those in preparation.json"),
        (None, "the target by its mean and sd, those in preparation.json"),
    ],
)
def test_several_targets_and_a_study_that_does_not_keep_the_scale(scale, words):
    assert f"standardize {words}, the scale of penalties." in by_hand(verdict(scale))[0]


def test_columns_that_the_network_takes_as_codes():
    assert by_hand(verdict(codes=["sex", "region"]))[0].startswith(
        "By hand: prepare the columns (numbers standardized, categories as columns of 0 and 1; 'sex', 'region' as "
        "codes, numbered as layout.json has them) and standardize"
    )


def test_classes_have_no_scale():
    classes = [{"class": "a", "rows": 1, "share": 0.5}, {"class": "b", "rows": 1, "share": 0.5}]
    assert by_hand(verdict((), classes=classes))[0].endswith("columns of 0 and 1).")


def test_what_training_depends_on():
    said = by_hand(verdict(patience=None, plateau=0.5, rows=20, weights={"column": "sales"}))[1]
    assert said == (
        "Train in batches of 20 rows for 6 epochs, the learning rate reduced after the epochs that "
        "packs/all-refit.json names, rows weighted as in the study."
    )


def test_texts_are_prepared_too():
    scale = by_hand(verdict(columns_read=[{"column": "notes", "kind": "text"}]))[0]
    assert "categories as columns of 0 and 1, texts by skrub's StringEncoder)" in scale


@pytest.mark.parametrize(
    ("strengths", "said"),
    [
        ({"l1": [0.0, 0.0], "l2": [0.0, 0.0], "dropout": [0.2]}, "dropout"),
        ({"l1": [0.0], "l2": [0.0]}, "no regularizer"),
        ({"l2": [0.0, 0.1], "dropout": [0.2]}, None),
        ({}, None),
    ],
)
def test_what_came_out_at_zero_is_said(strengths, said):
    first = by_hand(verdict(strengths=strengths))[0]
    off = f"On all rows l1 and l2 came out at 0: what is prescribed is {said}."
    assert first == off if said else first.startswith("By hand: ")
