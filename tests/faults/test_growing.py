"""A study that grows trains what is new, and comes to what the larger study would have come to."""

import json
import shutil

import pandas as pd

from .kit import Case, packs, verdict


def test_more_repeats_give_the_bytes_of_the_larger_study(case, whole, tmp_path):
    two = Case(case.root, ("--repeats", "2", *case.options[2:]))
    larger = two.run(*two.study(tmp_path / "larger"))
    assert larger.code == 0, larger.err
    grown = tmp_path / "grown"
    shutil.copytree(whole, grown)
    # as if it had been stopped just before its verdict, which nobody has seen then
    (grown / "verdict.json").unlink()
    before = packs(grown)
    done = case.run("resume", grown, "--repeats", 2, "--workers", 1)
    assert done.code == 0, done.err
    assert before.items() <= packs(grown).items()
    assert verdict(grown) == verdict(tmp_path / "larger")


def test_more_arms_train_the_new_ones_alone_and_say_that_the_verdict_was_known(case, whole, tmp_path):
    grown = tmp_path / "grown"
    shutil.copytree(whole, grown)
    before, earlier = packs(grown), json.loads(verdict(grown))
    done = case.run("resume", grown, "--arms", "none; l1", "--workers", 1)
    assert done.code == 0, done.err
    assert before.items() <= packs(grown).items()
    found = json.loads(verdict(grown))
    assert {row["arm"] for row in found["arms"]} == {"l1", *(row["arm"] for row in earlier["arms"])}
    of = {row["arm"]: row["r2"] for row in found["arms"]}
    assert {row["arm"]: row["r2"] for row in earlier["arms"]}.items() <= of.items(), (
        "the same networks, the same scores"
    )
    assert "The study was grown after its verdict was known: added l1." in found["study"]["notes"]
    done = case.run("results", grown)
    table = pd.read_csv(pd.io.common.StringIO(done.out))
    trained = table[table["stage"].isin(["tune", "refit"])].groupby(
        ["arm", "trial", "fold", "split", "seed"], dropna=False
    )
    assert trained["epoch"].apply(lambda epochs: epochs.is_unique).all(), "no network was trained twice"
    assert set(table["arm"]) == set(of)


def test_what_cannot_grow_so_is_refused_and_nothing_is_changed(case, whole):
    asked = (whole / "study.json").read_bytes()
    for arguments, message in (
        (("--repeats", 0), "repeats is 0; it must be at least 1"),
        (("--arms", "none; nonsense"), "nonsense"),
    ):
        done = case.run("resume", whole, *arguments)
        assert done.code == 2
        assert message in done.err
    assert (whole / "study.json").read_bytes() == asked
