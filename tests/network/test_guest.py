"""A user's file that would end the process, or whoever runs it, is told so with its line; its children may end."""

import os
import subprocess
import sys

import pytest

from posology.errors import InputError
from posology.network.source import open_source, parse_source

BODY = """
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
"""


@pytest.fixture
def opened(tmp_path):
    """Write a network file with a line at its top and one in its function, and open it."""

    def run(top="", inside="pass"):
        (tmp_path / "net.py").write_text(
            f"import os, keras\n{top}\ndef model_build():\n    {inside}\n{BODY}", encoding="utf-8"
        )
        return open_source(parse_source(f"{tmp_path / 'net.py'}:model_build"))

    yield run
    sys.modules.pop("posology_user_net", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


ENDS = {
    "os._exit(3)": "ProcessExit: os._exit(3)",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise BaseException('no more')": "BaseException: no more",
}


@pytest.mark.parametrize(("line", "said"), ENDS.items())
def test_a_file_that_would_end_the_process_is_refused_with_its_line(opened, line, said):
    leave, advice = os._exit, "Take that out: it is to build the network and nothing else."
    with pytest.raises(InputError) as caught:
        opened(top=line)
    at = f"would end the process that runs it: {said} (line 2: {line}). {advice}"
    assert str(caught.value) == f"The network file 'net.py' {at}"
    build = opened(inside=line)
    with pytest.raises(InputError) as caught:
        build(None)
    assert str(caught.value) == f"model_build of 'net.py' {at.replace('line 2', 'line 4')}"
    assert os._exit is leave


def test_a_child_of_the_file_may_end():
    script = (
        "import os\nfrom posology.network.guest import guest\n"
        "with guest('net', 'net.py'):\n    child = os.fork() or os._exit(7)\n    print(os.waitpid(child, 0)[1] >> 8)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "7\n", done.stderr


def test_a_function_that_leaves_is_told_what_to_do(opened):
    with pytest.raises(InputError, match=r"SystemExit: 0 \(line 4: raise SystemExit\(0\)\)\. Take that out"):
        opened(inside="raise SystemExit(0)")(None)


def test_the_text_of_an_error_is_cut_and_does_nothing_to_a_terminal(opened):
    with pytest.raises(InputError) as caught:
        opened(inside="raise ValueError(chr(27) + ']0;title' + chr(7) + 'größer' + chr(0) + 'x' * 10000)")(None)
    assert f"ValueError: größer{'x' * 494} ... (line 4:" in str(caught.value)
