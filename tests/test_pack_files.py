"""The files of packs: found by their networks, whole or absent, and those of schema 6 by their names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posology.pack_files import PackFiles, arrays_at, described
from posology.plan import Member, Pack

from .packs import arrays, pack


@pytest.fixture
def files(tmp_path):
    return PackFiles(tmp_path, Path.write_bytes)


def reopened(tmp_path, **how):
    again = PackFiles(tmp_path, Path.write_bytes)
    again.scan(**how)
    return again


def test_networks_come_back_however_they_are_packed(files, tmp_path):
    one, two = pack("a", [0, 1, 2]), pack("b", [3, 4])
    files.keep(one, arrays(one))
    files.keep(two, arrays(two))
    mixed = pack("c", [4, 0, 3])
    for each in (files, reopened(tmp_path)):
        found = each.read(mixed)
        for name, values in arrays(mixed).items():
            np.testing.assert_array_equal(found[name], values)
        assert each.missing(pack("d", [1, 7])).members == pack("d", [7]).members
        assert each.read(pack("d", [1, 7])) is None


@pytest.mark.parametrize("other", [{"repeat": 1}, {"fold": 1}, {"split": 2}])
def test_another_fit_has_other_networks(files, other):
    one = pack("a", [0])
    files.keep(one, arrays(one))
    assert files.read(replace(one, **other)) is None


def test_a_setting_that_differs_in_its_last_bit_is_another_network(files):
    member = Member(("l1",), 0, 0, {"l1": (0.1,)}, 3, 9)
    one = Pack("a", 0, 0, 0, (member,))
    files.keep(one, arrays(one))
    assert files.read(one) is not None
    assert files.read(replace(one, members=(replace(member, setting={"l1": (np.nextafter(0.1, 1),)}),))) is None


def test_a_name_that_is_taken_by_other_networks_is_not_overwritten(files, tmp_path):
    for trials in ([0], [1], [2]):
        files.keep(pack("a", trials), arrays(pack("a", trials)))
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "a.1.npz", "a.2.npz"}
    assert reopened(tmp_path).read(pack("x", [2, 1, 0])) is not None


@pytest.mark.parametrize("keep", [0, 10, 400, -1])
def test_a_torn_file_counts_as_absent_and_is_written_again(files, tmp_path, keep):
    one = pack("a", [0, 1])
    files.keep(one, arrays(one))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[:keep])
    again = reopened(tmp_path)
    assert again.read(one) is None
    assert again.missing(one).members == one.members
    again.keep(one, arrays(one))
    assert (tmp_path / "a.npz").read_bytes() == whole


def test_any_flipped_byte_of_an_array_is_found(files, tmp_path):
    one = pack("a", [0, 1])
    files.keep(one, arrays(one))
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    expected = arrays_at(tmp_path / "a.npz")
    for place in range(0, len(whole), 7):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        (tmp_path / "a.npz").write_bytes(damaged)
        again = reopened(tmp_path)
        found = again.read(one)
        # a byte that nothing reads, such as of a time stamp, may differ
        assert found is None or all(np.array_equal(found[n], expected[n], equal_nan=True) for n in expected), place


def test_files_that_do_not_say_what_they_hold_are_adopted_only_where_told(files, tmp_path):
    one = pack("r0f0-tune1-split0-0", [0, 1])
    files.keep_arrays(one.name, arrays(one))
    assert list(described(tmp_path)) == []
    assert reopened(tmp_path).read(one) is None
    np.testing.assert_array_equal(reopened(tmp_path, adopts=True).read(one)["best_loss"], arrays(one)["best_loss"])
    assert list(described(tmp_path)) == [(one.name, one)], "and says so from now on"
    fewer = replace(one, name="other", members=one.members[:1])
    files.keep_arrays("other", arrays(one))
    assert reopened(tmp_path, adopts=True).read(replace(fewer, repeat=3)) is None, "another number of networks"
