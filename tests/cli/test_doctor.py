"""`posology doctor`: asks real workers once; exit codes, what is printed."""

import json

import pytest

from posology.doctor import Diagnosis, Finding


def test_this_machine_is_well(call, here):
    said = call("doctor", "--json")
    assert said.code == 0, said
    found = json.loads(said.out)
    assert found["well"]
    assert found["rows_per_second"] > 1_000
    names = [finding["name"] for finding in found["findings"]]
    assert {"python", "libraries", "temporary folder", "arithmetic", "same as Keras", "speed"} <= set(names)
    assert "training a few networks" in said.err
    assert not list(here.iterdir())


@pytest.fixture
def ill(monkeypatch):
    finding = Finding("memory", False, "0.1 GB free [bold]", "Close something.")
    monkeypatch.setattr("posology.doctor.diagnose", lambda _tell: Diagnosis((finding,), None))


def test_what_is_wrong_ends_with_1_and_its_remedy(call, ill):
    said = call("doctor", "--quiet")
    assert (said.code, said.err) == (1, "")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines == ["WRONG memory 0.1 GB free [bold]", "-> Close something.", "1 thing wrong."]


def test_what_is_wrong_in_json(call, ill):
    said = call("doctor", "--json")
    assert said.code == 1
    assert json.loads(said.out)["findings"][0]["remedy"] == "Close something."
