"""Network functions that raise, hang, print without end, or want more memory than there is."""

import contextlib

import pytest

from .kit import NETWORK, Case, packs


def hurt(tmp_path, before="", inside=""):
    network = before + NETWORK.replace("    layers = [", f"{inside}    layers = [")
    return Case.made(tmp_path / "case", network)


def test_one_that_raises(tmp_path):
    case = hurt(tmp_path, inside='    raise RuntimeError("no licence")\n')
    done = case.run(*case.study(tmp_path / "study"))
    assert done.code == 2
    assert "model_build of 'net.py' fails: RuntimeError: no licence (line 6: raise RuntimeError" in done.err
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("hangs", "where"),
    [
        ("    import time\n    time.sleep(1e6)\n", ": time.sleep(1e6). It is called for every fit"),
        (
            "    while True:\n        try:\n            sum(range(9))\n        except Exception:\n            pass\n",
            "line ",
        ),
    ],
)
def test_one_that_hangs(tmp_path, hangs, where):
    shorter = "import posology.network.patience\n\nposology.network.patience.SECONDS = 2.0\n"
    case = hurt(tmp_path, shorter, hangs)
    done = case.run(*case.study(tmp_path / "study"))
    assert done.code == 2
    assert "model_build of 'net.py' has not ended after 2 s." in done.err
    assert where in done.err
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("megabytes", [16, pytest.param(1024, marks=pytest.mark.slow)])
def test_one_that_prints_without_end(tmp_path, megabytes):
    flood = f"    import sys\n    for _ in range({megabytes}):\n        sys.stdout.write('x' * (1 << 20))\n"
    case = hurt(tmp_path, f"FLOOD = {megabytes}\n", flood + "    raise RuntimeError('and no end')\n")
    largest = []
    process = case.start(*case.study(tmp_path / "study"))
    while process.poll() is None:
        # the folder may go while it is looked at
        with contextlib.suppress(FileNotFoundError):
            largest += [path.stat().st_size for path in case.temporary.rglob("worker-*.log")]
    out, err = process.communicate()
    assert process.returncode == 2
    assert "and no end" in err
    assert len(out) + len(err) < 10_000
    assert max(largest) <= 1 << 20


LIMIT = """
import resource
from pathlib import Path

MORE = int(Path(__file__).with_name("limit").read_text())
if MORE:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MORE, resource.RLIM_INFINITY))
"""


def large(tmp_path, megabytes):
    """Make a network of a million weights, whose packs need some hundred megabytes."""
    wide = NETWORK.replace("layers.Dense(1)", "layers.Dense(1000), keras.layers.Dense(1)").replace("(8,", "(1000,")
    sizes = {"repeats": 1, "folds": 2, "trials": 6, "refits": 1, "epochs": 1, "inner-splits": 1, "workers": 1}
    options = ["--no-levers", *(word for name, size in sizes.items() for word in (f"--{name}", size))]
    case = Case.made(tmp_path / "case", LIMIT + wide, options)
    (case.root / "limit").write_text(str(megabytes << 20))
    return case


def test_one_that_never_has_enough_memory(tmp_path):
    case = large(tmp_path, 1)
    done = case.run(*case.study(tmp_path / "study"))
    assert done.code == 1
    assert "A worker found no memory during" in done.err
    assert packs(tmp_path / "study") == {}
