"""`posology compare`: printed, as JSON, refused."""

import json
import shutil


def test_with_itself(call, finished, here):
    said = call("compare", finished.folder, finished.folder)
    assert (said.code, said.err) == (0, "")
    assert "They were asked the same." in said.out
    for arm in finished.verdict()["arms"]:
        assert f"{arm['r2']:.4f}  {arm['r2']:.4f}" in " ".join(said.out.split()).replace(" ", "  ")


def test_with_another(call, finished, here):
    """A study that differs in one setting and one score, in names that are no markup."""
    other = here / "[bold]other"
    shutil.copytree(finished.folder, other)
    verdict = finished.verdict()
    verdict["settings"]["design"]["seed"] = 7
    verdict["study"]["fingerprint"] = "0" * 64
    verdict["arms"][0]["r2"] += 0.25
    (other / "verdict.json").write_text(json.dumps(verdict))
    (other / "run.json").write_text(json.dumps({"seconds": 1, "folder": ""}))  # without the seal of the old one
    said = call("compare", finished.folder, other.name)
    assert said.code == 0, said
    assert "[bold]other" in said.out
    assert "Their tables differ (other fingerprints)." in said.out
    assert "second minus first" not in said.out
    assert "+0.2500" not in said.out
    assert "--seed" in said.out
    assert "settings." not in said.out
    found = json.loads(call("compare", finished.folder, other.name, "--json").out)
    assert {"name": "settings.design.seed", "first": 0, "second": 7} in found["differences"]
    assert found["asked"] == [{"name": "--seed", "first": 0, "second": 7}]


def test_a_study_that_is_not_finished(call, finished, here):
    (here / "s").mkdir()
    shutil.copy(finished.folder / "study.json", here / "s")
    said = call("compare", finished.folder, "s")
    assert said.code == 2
    assert "The study in 's' is not finished: it has no verdict.json. Finish it: posology resume s" in said.err
    assert call("compare", "gone", "s").code == 2
