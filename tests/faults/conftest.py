"""The study that nothing happened to: what every hurt one must come to."""

from pathlib import Path

import pytest

from .kit import Case


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    if not Path("/proc/self/status").exists():
        pytest.skip("reads Linux's /proc")
    return Case.made(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="session")
def whole(case):
    """Run the study undisturbed; give its folder."""
    folder = case.root / "whole"
    done = case.run(*case.study(folder))
    assert done.code == 0, done.err
    return folder
