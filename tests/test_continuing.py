"""What a folder may be continued as: the same study, one that grew, or one of other versions where that is said."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from posology.continuing import SAME, Continuing, continued, harmless, notes_of
from posology.errors import InputError
from posology.plan import Design
from posology.settings import Settings

VERSIONS = {"posology": "0.1.0", "jax": "0.10.2", "jaxlib": "0.10.2", "keras": "3.15.0", "numpy": "2.2.0"}
GROWS = Continuing(grows=True)
ARMS = ((), ("l1",))


def facts(versions=VERSIONS, **design):
    settings = Settings(Design(**{"arms": ARMS, "repeats": 5, **design}))
    return json.loads(json.dumps({"settings": settings.to_dict(), "versions": versions, "table": "/t.csv"}))


def held(**design):
    return {"grown": [], **facts(**design), "schema": 7}


def test_the_same_study_stays_as_it_is(tmp_path):
    assert continued(tmp_path, held(), facts(), SAME) == held()
    assert continued(tmp_path, held(), facts(), GROWS) == held()


def test_each_session_has_its_own_budget(tmp_path):
    begun, again = {**held(), "budget": 60.0}, {**facts(), "budget": None}
    assert continued(tmp_path, begun, again, SAME) == {**held(), "budget": None}
    assert continued(tmp_path, held(), {**facts(), "budget": 5.0}, GROWS) == {**held(), "budget": 5.0}


def test_what_an_earlier_posology_did_not_ask_is_filled_in(tmp_path):
    older = held()
    del older["settings"]["design"]["cabinet"]
    assert continued(tmp_path, older, facts(), SAME) == held()


def test_another_fingerprint_of_a_table_with_text_may_be_that_of_an_earlier_posology(tmp_path):
    before, now = {**held(), "fingerprint": "ab"}, {**facts(), "fingerprint": "cd"}
    with pytest.raises(InputError) as caught:
        continued(tmp_path, before, now, Continuing(texts=("title", "medium")))
    assert str(caught.value).endswith(
        " If the table is the same: an earlier posology took 'title', 'medium' for categories, and this one reads the "
        "words. Finish the study with the posology that began it, or start it again in another --out."
    )
    for how, asked in ((SAME, now), (Continuing(texts=("title",)), {**facts(repeats=8), "fingerprint": "ab"})):
        with pytest.raises(InputError) as caught:
            continued(tmp_path, before, asked, how)
        assert "earlier posology" not in str(caught.value)


def test_repeats_and_arms_may_be_more_where_that_is_asked_for(tmp_path):
    more = facts(repeats=8, arms=(*ARMS, ("dropout",)))
    with pytest.raises(InputError, match=r" \(which can grow: see its --repeats and --arms\)$") as caught:
        continued(tmp_path, held(), more, SAME)
    assert "(--arms: none; l1 there, none; l1; dropout asked; --repeats: 5 there, 8 asked)" in str(caught.value)
    after = continued(tmp_path, held(), more, GROWS)
    assert after["settings"] == more["settings"]
    assert after["grown"] == [{"words": "5 repeats became 8; added dropout", "seen": False}]
    assert notes_of(after) == [], "nobody had seen a verdict"
    assert continued(tmp_path, after, more, SAME) == after


def test_a_study_that_grew_after_its_verdict_says_so(tmp_path):
    (tmp_path / "verdict.json").touch()
    after = continued(tmp_path, held(), facts(repeats=8), GROWS)
    assert notes_of(after) == [
        "The study was grown after its verdict was known: 5 repeats became 8.",
        "Its intervals hold for a size that was chosen before: read them with that in mind.",
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"repeats": 4}, "--repeats is 4, and the study has 5: it can only grow"),
        ({"repeats": 8, "folds": 4}, "--folds: 5 there, 4 asked"),
        ({"repeats": 8, "seed": 1}, "--seed: 0 there, 1 asked"),
    ],
)
def test_nothing_else_may_differ(tmp_path, asked, message):
    with pytest.raises(InputError, match=message):
        continued(tmp_path, held(), facts(**asked), GROWS)


def test_one_of_an_earlier_layout_grows_once_its_packs_say_what_they_hold(tmp_path):
    old = {name: value for name, value in held().items() if name != "grown"}
    with pytest.raises(InputError, match="Continue it once as it is, and then let it grow: posology resume"):
        continued(tmp_path, old, facts(repeats=8), GROWS)
    assert continued(tmp_path, old, facts(), GROWS) == old


def test_other_versions_of_what_trains_are_refused_or_said():
    newer = {**VERSIONS, "jax": "0.11.2", "jaxlib": "0.11.2"}
    folder = Path("houses.posology")
    with pytest.raises(InputError) as caught:
        continued(folder, held(), facts(newer), SAME)
    assert str(caught.value) == (
        "The study in 'houses.posology' was trained by jax 0.10.2 (here: 0.11.2), jaxlib 0.10.2 (here: 0.11.2): its "
        "networks and new ones would not be alike to the bit. Install what it was trained by: pip install "
        "'jax==0.10.2' 'jaxlib==0.10.2'. Or continue with both: posology resume houses.posology --other-versions"
    )
    after = continued(folder, held(), facts(newer), replace(SAME, other_versions=True))
    assert after["versions"] == VERSIONS
    assert notes_of(after) == [
        "Its networks were trained by several versions: jax 0.10.2, then 0.11.2; jaxlib 0.10.2, then 0.11.2."
    ]
    assert continued(folder, after, facts(newer), SAME) == after, "asked once"


def test_versions_that_hardly_matter_are_told():
    newer = {**VERSIONS, "numpy": "2.3.0"}
    assert continued(Path("f"), held(), facts(newer), SAME) == held()
    assert harmless(held(), newer) == "The study began with numpy 2.2.0 (here: 2.3.0); that makes little difference."
    assert harmless(held(), VERSIONS) == ""


def test_of_versions_that_were_not_noted_nothing_is_said(tmp_path):
    fewer = {**held(), "versions": {"posology": "0.1.0"}}
    assert continued(tmp_path, fewer, facts(), SAME) == fewer


def test_the_command_that_began_a_study_which_grew_is_told_so(tmp_path):
    grown = continued(tmp_path, held(), facts(repeats=6), GROWS)
    with pytest.raises(InputError) as caught:
        continued(tmp_path, grown, facts(), SAME)
    assert str(caught.value) == (
        f"The study in '{tmp_path}' has grown since it was begun: 5 repeats became 6. Continue it as it is now: "
        f"posology resume {tmp_path}; or give this one another --out."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"drop": ["id"], "fingerprint": "b"}, "--drop: none there, id asked"),
        ({"target": "rent", "fingerprint": "b"}, "--target: none there, rent asked"),
        ({"fingerprint": "b"}, "the cells of the table are others"),
        ({"network": "b"}, "the network is another"),
        ({"settings": {**facts()["settings"], "levers": False}}, "--levers: yes there, no asked"),
        ({"table": "/u.csv"}, "--table: /t.csv there, /u.csv asked"),
    ],
)
def test_what_differs_is_said_by_its_option_alone(tmp_path, change, words):
    with pytest.raises(InputError) as caught:
        continued(tmp_path, held(), {**facts(), **change}, SAME)
    assert f"holds another study ({words})." in str(caught.value)


def test_several_options_that_differ_are_all_named(tmp_path):
    with pytest.raises(InputError, match=r"\(--epochs: 200 there, 50 asked; --seed: 0 there, 3 asked\)"):
        continued(tmp_path, held(), facts(seed=3, epochs=50), SAME)


def test_what_is_given_to_fit_is_compared_too(tmp_path):
    with pytest.raises(InputError, match=r"\(what is given to model\.fit \(--fit\) is other\)"):
        continued(tmp_path, held(), facts(validation_split=0.2), SAME)
