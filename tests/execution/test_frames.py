import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.execution.frames import read_frame, unpack_arrays, write_frame


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_messages_come_back(message):
    pipe = io.BytesIO()
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([], "int32")}
    write_frame(pipe, message, arrays)
    write_frame(pipe, {"next": 1})
    pipe.seek(0)
    back, got = read_frame(pipe)
    assert back == message
    np.testing.assert_array_equal(got["a"], arrays["a"])
    assert read_frame(pipe) == ({"next": 1}, {})


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 20])
def test_a_pipe_that_ends_is_an_end_of_file(cut):
    pipe = io.BytesIO()
    write_frame(pipe, {"do": "pack"}, {"a": np.arange(3)})
    with pytest.raises(EOFError):
        read_frame(io.BytesIO(pipe.getvalue()[:cut]))


def test_objects_are_refused():
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        unpack_arrays(buffer.getvalue())
