"""The files that a network file consists of are found without running any."""

import pytest

from posology.network.file_parts import file_parts, hash_of
from posology.network.source import parse_source


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own").mkdir()
    texts = {
        "net.py": "import numpy\nfrom own import layers\ndef f():\n    import late\nraise SystemExit('run')\n",
        "late.py": "x = '\\d'\n",
        "other.py": "not imported",
        "own/__init__.py": "",
        "own/layers.py": "from . import parts\nfrom .sub.deep import thing\n",
        "own/parts.py": "raise ValueError('run')\n",
        "own/sub/__init__.py": "",
        "own/sub/deep.py": "thing = 1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_a_file_imports_from_its_folder_belongs_to_it(folder):
    found = file_parts(folder / "net.py")
    wanted = ["net.py", "late.py", "own/__init__.py", "own/layers.py", "own/parts.py", "own/sub/__init__.py"]
    assert list(found) == [*wanted, "own/sub/deep.py"]
    assert all(path == folder / name for name, path in found.items())


@pytest.mark.parametrize("name", ["net.py", "late.py", "own/parts.py", "own/sub/deep.py"])
def test_a_change_of_a_part_is_another_network(folder, name):
    source = parse_source(f"{folder / 'net.py'}:f")
    before = source.fingerprint()
    with (folder / name).open("a") as file:
        file.write("# changed\n")
    assert source.fingerprint() != before


def test_other_files_of_the_folder_do_not_matter(folder):
    source = parse_source(f"{folder / 'net.py'}:f")
    before = source.fingerprint()
    (folder / "other.py").write_text("changed")
    assert source.fingerprint() == before


def test_parts_that_change_places_are_another_network(tmp_path):
    (tmp_path / "net.py").write_text("import a, b")
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "b.py").write_text("x = 2")
    before = hash_of(file_parts(tmp_path / "net.py"))
    (tmp_path / "a.py").write_text("x = 2")
    (tmp_path / "b.py").write_text("x = 1")
    assert hash_of(file_parts(tmp_path / "net.py")) != before


@pytest.mark.parametrize("text", ["def (", "x = '\0'", "\xff", "(" * 5000 + ")" * 5000])
def test_a_file_that_is_no_python_stands_alone(tmp_path, text):
    (tmp_path / "net.py").write_bytes(text.encode("latin-1"))
    assert list(file_parts(tmp_path / "net.py")) == ["net.py"]


def test_files_that_import_each_other_are_found_once(tmp_path):
    (tmp_path / "net.py").write_text("import a")
    (tmp_path / "a.py").write_text("import net, a")
    assert list(file_parts(tmp_path / "net.py")) == ["net.py", "a.py"]


def test_a_folder_without_an_init_is_a_package_too(tmp_path):
    (tmp_path / "own" / "deep").mkdir(parents=True)
    (tmp_path / "net.py").write_text("import own\nfrom own import layers\nimport own.deep.parts as p\n")
    (tmp_path / "own" / "layers.py").write_text("from .deep import more\nfrom ... import beyond\n")
    (tmp_path / "own" / "deep" / "parts.py").write_text("from ..layers import x\n")
    (tmp_path / "own" / "deep" / "more.py").write_text("")
    (tmp_path.parent / "beyond.py").write_text("")
    found = list(file_parts(tmp_path / "net.py"))
    assert found == ["net.py", "own/deep/more.py", "own/deep/parts.py", "own/layers.py"]


def test_a_part_that_is_no_python_hides_no_other(tmp_path):
    (tmp_path / "net.py").write_text("import broken\nimport whole\n")
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "whole.py").write_text("")
    assert list(file_parts(tmp_path / "net.py")) == ["net.py", "broken.py", "whole.py"]
