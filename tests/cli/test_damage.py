"""A finished study's folder, damaged by hand: a sentence and exit code 2, or what would have come without."""

import json
import os
import shutil
from pathlib import Path

import pytest

READS = {
    "report": ["report", "s", "--output", "r.md"],
    "compare": ["compare", "s", "whole"],
    "watch": ["watch", "s", "--once"],
    "results": ["results", "s"],
    "export": ["export", "s", "--to", "bundle", "--out", "b"],
}
MADE = {"report": "r.md", "export": "b"}


@pytest.fixture
def hurt(finished, here):
    """Give a copy of the finished study to be damaged, beside a whole one."""
    for name in ("s", "whole"):
        shutil.copytree(finished.folder, here / name)
    return here / "s"


def replaced(path, by):
    """Put something else in a file's place."""
    path.unlink(missing_ok=True)
    if by == "a folder":
        path.mkdir()
    elif by == "a pipe":
        os.mkfifo(path)
    elif by is not None:
        path.write_bytes(by)


def edited(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


THINGS = [
    None,
    b"",
    b"text\n",
    b"[]",
    b"{}",
    b"null",
    b'{"a": 1',
    b"[" * 100_000,
    b"\xff\xfe{\x00}\x00",
    "a folder",
    "a pipe",
]


@pytest.mark.parametrize("name", ["verdict.json", "evidence.json", "run.json"])
def test_what_a_study_writes_at_its_end(call, hurt, here, name):
    for thing in THINGS:
        replaced(hurt / name, thing)
        for command in ("report", "compare"):
            said = call(*READS[command])
            assert (said.code, said.out) == (2, ""), (thing, said)
            assert said.err.rstrip().endswith("posology resume s"), thing
        assert not (here / "r.md").exists()
        said = call(*READS["watch"])
        expected = (3, "Nothing runs here. Go on with: posology resume s\n")
        assert name != "verdict.json" or (said.code, said.out) == expected, thing
        shutil.rmtree(hurt / name) if thing == "a folder" else (hurt / name).unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("verdict.json", lambda it: it["verdict"].update(margin=0.2)),
        ("verdict.json", lambda it: it.update(arms=[])),
        ("evidence.json", lambda it: it.popitem()),
        ("run.json", lambda it: it.update(seconds="long")),
        ("run.json", lambda it: it.update(seconds=-1)),
        ("run.json", lambda it: it.update(folder=5)),
    ],
)
def test_what_was_changed_by_hand_is_not_reported(call, hurt, here, name, change):
    edited(hurt / name, change)
    said = call(*READS["report"])
    assert said.code == 2
    words = "is damaged: it has no time" if name == "run.json" else "was changed after posology wrote it"
    assert f"posology: 's/{name}' {words}. Write it again: posology resume s\n" in said.err
    assert not (here / "r.md").exists()


def test_other_line_ends_are_no_change(call, hurt):
    for path in hurt.glob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert call(*READS["compare"]).code == 0


@pytest.mark.parametrize("name", ["model.keras", "preparation.json", "preparation.skops", "layout.json"])
def test_a_network_that_is_not_the_one_of_the_study_does_not_predict(call, finished, hurt, name):
    path = hurt / name
    if name == "model.keras":
        path.write_bytes(path.read_bytes() + b"\0")
    else:
        path.write_bytes(b"{}")
    for words in (["predict", "s", finished.table], READS["export"]):
        said = call(*words)
        assert (said.code, said.out) == (2, "")
        assert (
            f"'s/{name}' is damaged, or was changed after the study wrote it. Write it again: posology resume s"
            in said.err
        )


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: replaced(s / "study.json", None),
        lambda s: replaced(s / "study.json", "a folder"),
        lambda s: replaced(s / "study.json", b"[]"),
        lambda s: edited(s / "study.json", lambda it: it.update(target="plain")),
        lambda s: edited(s / "study.json", lambda it: it.pop("versions")),
        lambda s: edited(s / "study.json", lambda it: it.update(table=5)),
        lambda s: replaced(s / "study.toml", b"margin = = ["),
        lambda s: replaced(s / "study.sqlite", "a pipe"),
        lambda s: replaced(s / "study.sqlite", "a folder"),
        lambda s: replaced(s / "study.sqlite", b"SQLite format 3\0" + bytes(9000)),
        lambda s: replaced(s / "study.sqlite-wal", os.urandom(5000)),
        lambda s: replaced(s / "study.sqlite-shm", os.urandom(32768)),
        lambda s: replaced(s / "progress.json", b"[1]"),
        lambda s: shutil.copy(s / "packs" / "r0f0-refit-0.npz", s / "packs" / "a copy.npz"),
        lambda s: (s / "packs" / "r0f0-refit-0.npz").rename(s / "packs" / "ž 'q.npz"),
        lambda s: (s / "packs" / "loop.txt").symlink_to("loop.txt"),
    ],
)
def test_what_is_known_from_elsewhere_changes_nothing(call, hurt, here, damage):
    damage(hurt)
    for command in ("results", "watch", "compare", "export"):  # a report takes seconds, and reads what compare reads
        said = call(*READS[command])
        assert (said.code, said.err) == (0, ""), command
        if command != "export":
            whole = call(*["whole" if word == "s" else word for word in READS[command]])
            # who is compared is named below the first line
            lines = 1 if command == "compare" else None
            assert said.out.splitlines()[:lines] == whole.out.splitlines()[:lines]


def test_what_is_no_pack_of_the_study_is_left_out_and_named(call, hurt):
    whole = call("results", "whole").out
    pack = hurt / "packs" / "r0f0-refit-0.npz"
    for thing in (b"", b"text", pack.read_bytes()[:500], "a folder", "a pipe"):
        replaced(pack, thing)
        said = call("results", "s")
        assert said.code == 0
        assert len(said.out.splitlines()) < len(whole.splitlines())
        assert set(said.out.splitlines()) < set(whole.splitlines())
        assert said.err == "Damaged or not this study's, and left out: 'r0f0-refit-0.npz' in 's/packs'.\n"
        pack.rmdir() if thing == "a folder" else pack.unlink()
    shutil.rmtree(hurt / "packs")
    said = call("results", "s")
    assert (said.code, said.err) == (0, "No pack of networks is in 's/packs' yet, or any more.\n")


def test_a_study_whose_two_words_are_gone_or_changed_is_refused(call, hurt):
    for name in ("study.json", ".study.json.copy"):
        edited(hurt / name, lambda it: it["settings"].update(margin=0.2))
    for words in (*READS.values(), ["resume", "s"]):
        said = call(*words)
        assert said.code == 2
        assert "'s/study.json' was changed after posology wrote it. Put the old one back." in said.err
    for name in ("study.json", ".study.json.copy"):
        (hurt / name).unlink()
    for words in (*READS.values(), ["resume", "s"]):
        said = call(*words)
        assert (said.code, "holds no study (no study.json)" in said.err) == (2, True)


def test_what_lies_in_the_way_of_a_resumed_study_is_named(finished, hurt):
    """Asked of the record, for the command would start workers first."""
    from posology.errors import InputError
    from posology.record import Record
    from posology.study_json import read_settings

    asked = {name: value for name, value in read_settings(hurt).items() if name not in ("id", "grown", "schema")}
    for name, thing, kind in [
        ("study.toml", "a folder", "a folder, and posology keeps a file"),
        (".lock", "a folder", "a folder, and posology keeps a file"),
        ("packs", b"text", "a file, and posology keeps a folder"),
    ]:
        shutil.rmtree(hurt / name) if (hurt / name).is_dir() else (hurt / name).unlink()
        replaced(hurt / name, thing)
        record = Record(hurt)
        with pytest.raises(InputError) as caught:
            record.begin(asked)
        record.close()
        where = f"'{hurt / name}' is {kind} of that name. Move it out of the way, then: posology resume {hurt}"
        assert str(caught.value) == where
        (hurt / name).rmdir() if thing == "a folder" else (hurt / name).unlink()
    assert Path(finished.folder).is_dir()
