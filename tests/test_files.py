"""Files of the user's: JSON that is JSON, and nothing that has no end."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.errors import InputError
from posology.files import objects_in, parsed_json, read_small

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(deadline=None)
@given(JSON)
def test_what_is_json_is_read(value):
    assert parsed_json(json.dumps(value).encode(), "x.json", "Copy it again.") == value


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:0123456789.eE-+ntf\\u', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    try:
        parsed_json(content, "x.json", "Copy it again.")
    except InputError as error:
        assert str(error).startswith("'x.json' is cut off or damaged: ")  # noqa: PT017
        assert str(error).endswith(". Copy it again.")  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Expecting value"),
        (b"NaN", "JSON has no NaN"),
        (b'{"a": Infinity}', "JSON has no Infinity"),
        (b"[-Infinity]", "JSON has no -Infinity"),
        (b'{"a": 1, "a": 2}', "a name stands twice in one object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b"9" * 5000, "Exceeds the limit"),
        (b'"\xff"', "can't decode"),
        (b"{} {}", "Extra data"),
        (b"{'a': 1}", "Expecting property name"),
    ],
)
def test_what_is_none_is_refused(content, says):
    with pytest.raises(InputError, match=says):
        parsed_json(content, "x.json", "Copy it again.")


def test_objects_are_found_at_any_depth():
    deep = {"name": "last"}
    for _ in range(50_000):
        deep = {"in": [deep]}
    assert [one for one in objects_in(deep) if "name" in one] == [{"name": "last"}]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "is a pipe, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(bytes(11)), "has more than 10 bytes, which no such file has"),
        (lambda path: None, "is not there"),  # noqa: ARG005
    ],
)
def test_what_is_not_a_small_file(tmp_path, make, says):
    make(tmp_path / "x")
    with pytest.raises(InputError, match=rf"{says}\. Give another\."):
        read_small(tmp_path / "x", 10, "Give another.")
