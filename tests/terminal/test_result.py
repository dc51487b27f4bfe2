"""What the terminal says of a result beside its tables."""

import copy
from dataclasses import replace

import pytest

from posology.terminal.result import print_result
from tests.report.test_checks import _strong


@pytest.fixture
def said(studies, capsys):
    """Print the plain study with parts of it changed; give what is said, in one line."""

    def printed(facts=None, **parts):
        result = studies("plain")
        print_result(replace(result, facts={**result.facts, **(facts or {})}, **parts))
        return " ".join(capsys.readouterr().out.split())

    return printed


def test_issues_are_told(said, studies):
    evidence = copy.deepcopy(studies("plain").evidence)
    _strong({}, evidence)
    text = said(evidence=evidence)
    assert "POS002, Chosen strengths lie at the end of their range: In weights, 100% of the resamples chose l1" in text
    assert "in a new study, for resume cannot: Study(..., ranges={'l1': (1e-06, 0.1)" in text


def test_what_was_capped_and_what_diverged(said):
    capped = (
        "22 losses of single rows, of all scored networks, were capped at 10 times the target's variance, or at 2 times"
        " what its mean costs there, so that no"
    )
    text = said({"capped_row_losses": 22, "failed_networks": 0})
    assert capped in text
    assert "diverged" not in text
    assert "1 loss of a single row, of all scored networks, was capped at 10" in said({"capped_row_losses": 1})
    text = said({"capped_row_losses": 0, "failed_networks": 1})
    assert "1 network diverged and counts as the worst." in text
    assert "were capped" not in text
