"""The cache: where it lies, and that nothing depends on it."""

import os
import time

import pytest

from posology import caching
from posology.caching import cache_folder, tidy


def test_it_lies_where_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("POSOLOGY_CACHE", str(tmp_path / "own"))
    folder = cache_folder()
    assert folder.parent == tmp_path / "own"
    assert (folder / "programs").is_dir()
    monkeypatch.delenv("POSOLOGY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder().parent == tmp_path / "xdg" / "posology"


def test_each_jaxlib_and_cpu_has_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("POSOLOGY_CACHE", str(tmp_path))
    first = cache_folder()
    monkeypatch.setattr(caching, "_cpu", lambda: "another")
    assert cache_folder() != first
    monkeypatch.setattr(caching.importlib.metadata, "version", lambda _: "99")
    assert "99" in cache_folder().name


def test_a_place_that_cannot_be_made_is_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POSOLOGY_CACHE", str(tmp_path / "file"))
    assert cache_folder() is None


def test_nobodys_home_is_no_cache(monkeypatch):
    monkeypatch.delenv("POSOLOGY_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless(_path):
        raise RuntimeError("no home")

    monkeypatch.setattr(caching.Path, "expanduser", homeless)
    assert cache_folder() is None


@pytest.mark.parametrize(("days", "stays"), [(1, True), (40, False)])
def test_programs_that_nobody_uses_go(tmp_path, monkeypatch, days, stays):
    monkeypatch.setenv("POSOLOGY_CACHE", str(tmp_path))
    path = cache_folder() / "programs" / "jit_pack-1-cache"
    path.write_bytes(b"program")
    long_ago = time.time() - days * 86_400
    os.utime(path, (long_ago, long_ago))
    tidy(cache_folder())
    assert path.exists() is stays
