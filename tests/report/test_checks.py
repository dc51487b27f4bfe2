"""The coded checks: each can be an issue or a tip, and each can pass."""

import copy
import itertools
import re
import shlex
from pathlib import Path

import pytest

from posology import InputError
from posology.report.check import Status
from posology.report.checks import RULES, checks_of
from posology.report.findings import Findings

DOCS = Path(__file__).parents[2] / "docs" / "report.md"


@pytest.fixture
def altered(studies):
    """Give the findings of the plain study with one thing changed."""
    plain = Findings.of(studies("plain"))

    def change(alter):
        verdict, evidence = copy.deepcopy(plain.verdict), copy.deepcopy(plain.evidence)
        alter(verdict, evidence)
        return Findings(verdict, evidence, plain.run, plain.held)

    return change


def status(findings, code):
    return next(check for check in checks_of(findings) if check.code == code)


def test_codes_rise_and_have_a_place_in_the_docs():
    codes = [rule.code for rule in RULES]
    assert codes == [f"POS{i:03d}" for i in range(1, len(codes) + 1)]
    text = DOCS.read_text()
    assert re.findall(r'<a id="(pos\d+)"></a>', text) == [code.lower() for code in codes]
    for rule in RULES:
        assert f"### {rule.code} {rule.title}\n" in text


def test_the_most_pressing_come_first(findings):
    found = checks_of(findings)
    assert len(found) == len(RULES)
    order = [list(Status).index(check.status) for check in found]
    assert order == sorted(order)
    for check in found:
        assert check.found.endswith(".")
        assert check.link.endswith(f"docs/report.md#{check.code.lower()}")


def test_ignored_ones_are_listed_as_such(findings):
    found = {check.code: check.status for check in checks_of(findings, ["pos003", "POS012 "])}
    assert found["POS003"] == found["POS012"] == "ignored"
    assert list(found.values()).count(Status.IGNORED) == 2


def test_an_unknown_code(findings):
    with pytest.raises(InputError, match=r"There is no check 'POS099'\. Known: POS001, POS002"):
        checks_of(findings, ["POS099"])


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("POS02", "POS002"),
        ("2", "POS002"),
        ("POS-012", "POS012"),
        ("PSO0010", "POS010"),
        ("POS", None),
        ("POS20", None),
    ],
)
def test_an_unknown_code_is_taken_by_its_number(altered, given, meant):
    with pytest.raises(InputError) as caught:
        checks_of(altered(_gain(0.01)), [given])
    assert ("Did you mean" in str(caught.value)) == (meant is not None)
    assert meant is None or f"Did you mean '{meant}'?" in str(caught.value)


def test_a_long_code_is_cut_short(altered):
    with pytest.raises(InputError) as caught:
        checks_of(altered(_gain(0.01)), ["9" * 5000])
    assert len(str(caught.value)) < 500


def _gain(lower):
    def alter(verdict, evidence):
        for row in verdict["arms"]:
            if row["gain_over_none"] is not None:
                row["gain_lower"] = lower

    return alter


def _strong(verdict, evidence):
    for one in evidence["trials"].values():
        for name, own in one["strengths"].items():
            one["strengths"][name] = [evidence["ranges"][name]["high"]] * len(own)


def _weak(verdict, evidence):
    for one in evidence["trials"].values():
        one["strengths"] = {name: [0.0] * len(own) for name, own in one["strengths"].items()}


def _set(*path, value):
    def alter(verdict, evidence):
        part = verdict
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value

    return alter


def _both(**kinds):
    def alter(verdict, evidence):
        verdict["analysis"].update(kinds)
        verdict["verdict"]["kind"] = "equivalent"

    return alter


def _epochs(value):
    def alter(verdict, evidence):
        for row in verdict["arms"]:
            row["epochs"] = value

    return alter


def _lever(name, against, lower):
    def alter(verdict, evidence):
        one = next(lever for lever in verdict["levers"]["each"] if lever["name"] == name)
        one[against]["lower"] = lower

    return alter


def _fitting(**how):
    def alter(verdict, evidence):
        for one in verdict["behaviour"]["fitting"]:
            one.update(overfits=False, underfits=False)
            one.update(how)

    return alter


def _scores(value):
    def alter(verdict, evidence):
        for row in verdict["arms"]:
            row["r2"] = value

    return alter


def _classes(accuracy):
    def alter(verdict, evidence):
        verdict["study"]["classes"] = [{"class": name, "rows": 100, "share": 0.5} for name in "ab"]
        for row in verdict["arms"]:
            row.update(measures={"balanced_accuracy": accuracy}, score=0.1)

    return alter


def _copies(number, words):
    def alter(verdict, evidence):
        verdict["study"] |= {"notes": [f"{number} {words} an earlier row."], "copies": number}

    return alter


FAILURE = {"repeat": 0, "fold": 0, "arm": "l1", "stage": "tuning", "strengths": {}}
WARNING = {"sites": [], "text": "Something."}
STOPPED = {"sentence": "ended by the budget after 2 of 5 repeats", "ended": "budget"}
DONE = {"sentence": "all 2 repeats", "ended": "all repeats"}
CASES = [
    ("POS001", _gain(-0.01), "tip", "No arm's gain"),
    ("POS001", _gain(0.01), "passed", "for certain: weights"),
    ("POS002", _strong, "issue", "100% of the resamples chose l1 near 0.01"),
    ("POS002", _weak, "passed", "as good as off"),
    ("POS003", _set("analysis", "smallest_detectable_difference", value=0.5), "tip", "misses differences below 0.5000"),
    ("POS003", _set("analysis", "smallest_detectable_difference", value=0.001), "passed", "within your margin"),
    ("POS004", _both(at_half_margin="combine", at_double_margin="equivalent"), "tip", "With half the margin"),
    ("POS004", _both(at_half_margin="equivalent", at_double_margin="equivalent"), "passed", "same kind"),
    ("POS005", _epochs(5.9), "issue", "of at most 6 epochs"),
    ("POS005", _epochs(3), "passed", "well before"),
    ("POS006", _copies(3, "rows repeat"), "issue", "3 rows repeat an earlier row. That is 1.5% of 200 rows."),
    ("POS006", _copies(1, "row repeats"), "tip", "1 row repeats an earlier row. That is 0.5% of 200 rows."),
    ("POS006", _set("study", "notes", value=["Name --groups COLUMN."]), "issue", "Name --groups COLUMN."),
    ("POS006", _set("study", "notes", value=["Another note."]), "passed", "No row is a copy"),
    ("POS006", _copies(0, "rows repeat"), "passed", "No row is a copy"),
    ("POS007", _set("study", "failed_networks", value=1), "issue", "1 refit diverged"),
    ("POS007", _set("study", "failures", value=[FAILURE]), "tip", "1 trial at least diverged"),
    ("POS007", _set("study", "failures", value=[]), "passed", "No network diverged"),
    ("POS008", _set("analysis", "flags", value=["2.0% of the row losses were capped"]), "issue", "were capped."),
    ("POS008", _set("study", "capped_row_losses", value=0), "passed", "0 losses of single rows were capped."),
    ("POS008", _set("study", "capped_row_losses", value=1), "passed", "1 loss of a single row was capped, one in a"),
    ("POS009", _scores(-0.1), "issue", "No arm predicts better than the mean of the target"),
    ("POS009", _scores(0.5), "passed", "scores 0.5000"),
    ("POS010", _set("analysis", "flags", value=["9 training rows for 8 columns: fewer than two rows a column"]),
     "issue", "fewer than two rows a column."),
    ("POS010", _set("analysis", "flags", value=[]), "passed", "200 rows"),
    ("POS011", _lever("trees", "over_best", 0.01), "tip", "Boosted trees"),
    ("POS011", _lever("trees", "over_best", -0.01), "passed", "minus the best arm"),
    ("POS011", _set("levers", value=None), "not applicable", "not scored"),
    ("POS012", _lever("average", "over_advised", 0.01), "tip", "average of 2 networks minus the advised arm"),
    ("POS012", _lever("average", "over_advised", -0.01), "passed", "average of 2 networks"),
    ("POS013", _set("study", "warnings", value=[{**WARNING, "code": "searched too little"}]), "issue", "Something."),
    ("POS013", _set("study", "warnings", value=[]), "passed", "gained nothing"),
    ("POS014", _fitting(overfits=True), "tip", "overfits: "),
    ("POS014", _fitting(underfits=True), "tip", "underfits: "),
    ("POS014", _fitting(), "passed", "neither"),
    ("POS015", _set("study", "warnings", value=[{**WARNING, "code": "mean-shift"}]), "tip", "Something."),
    ("POS015", _set("study", "warnings", value=[]), "passed", "Nothing in"),
    ("POS016", _set("study", "stopping", value=STOPPED), "issue", "Ended by the budget"),
    ("POS016", _set("study", "repeats", value=1), "issue", "There is one repeat"),
    ("POS016", _set("study", "stopping", value=DONE), "passed", "All 2 repeats"),
    ("POS017", _classes(0.51), "tip", "balanced accuracy of an arm is 0.510, and 0.500 is had"),
    ("POS017", _classes(0.6), "passed", "is 0.600"),
    ("POS018", _lever("ridge", "over_best", 0.01), "tip", "minus the best arm"),
    ("POS018", _lever("ridge", "over_best", -0.01), "passed", "minus the best arm"),
]  # fmt: skip


@pytest.mark.parametrize("code", ["POS003", "POS016"])
@pytest.mark.parametrize(("chance", "rather"), [(0.9, False), (0.1, True), (0.01, True), (None, False)])
def test_more_repeats_are_not_advised_where_they_can_hardly_help(altered, code, chance, rather):
    remedy = status(altered(_set("analysis", "chance_of_settling", value=chance)), code).remedy
    assert "epeats" in remedy
    assert ("More rows would help more" in remedy) == rather


@pytest.mark.parametrize(("code", "alter", "expected", "words"), CASES)
def test_what_each_check_comes_to(altered, code, alter, expected, words):
    check = status(altered(alter), code)
    assert check.status == expected
    assert words in check.found
    rule = next(rule for rule in RULES if rule.code == code)
    assert check.title == (rule.failed if check.presses else rule.title)


def test_the_remedy_for_strengths_at_their_ends_widens_those(altered):
    check = status(altered(_strong), "POS002")
    assert "In weights, 100% of the resamples chose l1 near 0.01, the end of its range." in check.found
    # that study's table and network were handed over in Python
    assert check.remedy == (
        "Widen them in a new study, for resume cannot: "
        "Study(..., ranges={'l1': (1e-06, 0.1), 'l2': (1e-06, 0.1), 'dropout': (0, 0.77)})"
    )
    assert status(altered(_weak), "POS002").remedy == "--range NAME=LOW:HIGH widens a range."


def _inside(verdict, evidence):
    """Let the resamples choose the end of l1, though on average the strengths before it are better."""
    _weak(verdict, evidence)
    one, high = evidence["trials"]["weights"], evidence["ranges"]["l1"]["high"]
    one["strengths"]["l1"] = [high if chosen else high / 20 for chosen in one["chosen"]]
    one["relative_loss"] = [
        0.5 + f / 100 if chosen else 0.1 for f, chosen in zip(one["fit"], one["chosen"], strict=True)
    ]


def test_strengths_at_their_end_that_are_no_better_there_ask_for_nothing(altered):
    check = status(altered(_inside), "POS002")
    assert check.status == "passed"
    assert check.found == (
        "In weights, 100% of the resamples chose l1 near 0.01, the end of its range, but strengths of 0.00046 to "
        "0.0022 are within one standard error of the best."
    )
    assert check.remedy == "--range NAME=LOW:HIGH widens a range."


def test_strengths_at_their_end_that_are_as_good_inside_ask_for_nothing(altered):
    def flat(verdict, evidence):
        _inside(verdict, evidence)
        evidence["trials"]["weights"]["relative_loss"] = [0.1 + f / 100 for f in evidence["trials"]["weights"]["fit"]]

    assert "strengths of 0.00046 to 0.01 are within" in status(altered(flat), "POS002").found


@pytest.mark.parametrize(
    ("code", "alter", "ending"),
    [
        ("POS005", _epochs(5.9), ("--epochs", "12", "--out", "houses_longer.posology")),
        ("POS013", _set("study", "warnings", value=[{**WARNING, "code": "searched too little"}]),
         ("--trials", "8", "--out", "houses_searched.posology")),
    ],
)  # fmt: skip
def test_what_needs_more_names_the_whole_command(altered, code, alter, ending):
    findings = altered(alter)
    option, value = ending[0].removeprefix("--"), ending[1]
    assert status(findings, code).remedy == f"Give more in a new study, for resume cannot: Study(..., {option}={value})"
    findings.held.update(table="/tables/houses.csv", target="price", budget=90.0)
    findings.verdict["settings"]["source"] = {"kind": "question", "where": "", "function": "", "config": ""}
    findings.run["folder"] = "/out/houses.posology"
    command = shlex.split(status(findings, code).remedy.partition("resume cannot: ")[2])
    assert command[:5] == ["posology", "study", "houses.csv", "--target", "price"]
    given = dict(itertools.pairwise(command))
    assert (given["--budget"], given["--repeats"], given[ending[0]], given["--out"]) == ("1m30s", "2", value, ending[3])


def test_the_command_says_that_what_fit_was_given_is_not_in_it(altered):
    findings = altered(_epochs(5.9))
    findings.held.update(table="/tables/houses.csv", target="price")
    settings = findings.verdict["settings"]
    settings["source"] = {"kind": "question", "where": "", "function": "", "config": ""}
    settings["design"]["callbacks"]["restore_best_weights"] = False
    assert status(findings, "POS005").remedy.endswith("(and your --fit, with this changed there too)")


@pytest.mark.parametrize("fitting", [{"overfits": True}, {"underfits": True}])
def test_no_more_of_a_strength_that_was_just_tuned_is_asked_for(altered, fitting):
    findings = altered(_fitting(**fitting))
    findings.verdict["prescription"].update(arm="weights", strengths={"l1": [0.0014], "l2": [0.0]})
    assert (
        "More strength is no remedy: of what was tried, l1 0.0014, l2 0" in _against(findings) or "underfits" in fitting
    )
    findings.verdict["prescription"].update(arm="none", strengths={})
    said = _against(findings)
    assert ("Regularizers were tried and are not advised." in said) == ("overfits" in fitting)
    assert ("a wider or deeper network" in said) == ("underfits" in fitting)


def _against(findings):
    return status(findings, "POS014").remedy


def test_more_strength_is_asked_for_where_its_range_ends_too_early(altered):
    def both(verdict, evidence):
        _strong(verdict, evidence)
        _fitting(overfits=True)(verdict, evidence)
        verdict["prescription"].update(arm="weights", strengths={"l1": [0.01], "l2": [0.0]})

    assert _against(altered(both)) == "Against overfitting: a stronger l1, as POS002 says."


def test_the_remedy_is_the_command_of_the_study_that_was_asked(altered):
    findings = altered(_strong)
    findings.held.update(
        table="/tables/my houses.csv", target="price", drop=["id", "a, b"], groups="town", budget=240.0
    )
    settings = findings.verdict["settings"]
    settings["source"] = {"kind": "file", "where": "/nets/net.py", "function": "build", "config": ""}
    settings |= {"ranges": {"dropout": [0.1, 0.5]}, "levers": False, "all_repeats": True}
    findings.run["folder"] = "/out/houses.posology"
    remedy = status(findings, "POS002").remedy
    command = shlex.split(remedy.partition("resume cannot: ")[2])
    assert command[:5] == ["posology", "study", "my houses.csv", "--target", "price"]
    assert command[-2:] == ["--out", "houses_wider.posology"]
    given = list(itertools.pairwise(command))
    for option in [
        ("--budget", "4m"),
        ("--groups", "town"),
        ("--drop", 'id,"a, b"'),
        ("--network", "net.py:build"),
        ("--trials", "4"),
    ]:
        assert option in given
    assert [value for option, value in given if option == "--range"] == [
        "dropout=0.0:0.77", "l1=1e-06:0.1", "l2=1e-06:0.1",
    ]  # fmt: skip
    assert {"--no-levers", "--all-repeats"} <= set(command)
    assert "--margin" not in command  # as by default


def test_a_command_names_files_as_they_are_found_from_here(altered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    findings = altered(_strong)
    findings.held.update(table=str(tmp_path / "data" / "houses.csv"), target="price")
    where = str(tmp_path / "nets" / "net.py")
    findings.verdict["settings"]["source"] = {"kind": "file", "where": where, "function": "build", "config": ""}
    findings.run["folder"] = str(tmp_path / "out" / "houses.posology")
    command = shlex.split(status(findings, "POS002").remedy.partition("resume cannot: ")[2])
    assert command[2] == "data/houses.csv"
    assert "nets/net.py:build" in command
    assert command[-1] == "out/houses_wider.posology"
    assert status(findings, "POS016").remedy.startswith("posology resume out/houses.posology ")


def test_few_copies_are_no_issue_and_are_counted(altered):
    check = status(altered(_copies(1, "row repeats")), "POS006")
    assert check.remedy == "So few hardly move a score. Drop what is there twice by mistake."

    def of_an_earlier_version(verdict, evidence):
        verdict["study"]["notes"] = ["1 row repeats an earlier row, target included."]
        verdict["study"].pop("copies", None)

    assert status(altered(of_an_earlier_version), "POS006").status == "issue"


def test_rows_in_time_beside_few_copies_stay_an_issue(altered):
    def both(verdict, evidence):
        verdict["study"] |= {"notes": ["1 row repeats an earlier row.", "Keep together: --groups"], "copies": 1}

    assert status(altered(both), "POS006").status == "issue"


def test_copies_where_groups_are_given_have_another_remedy(altered):
    def copied(verdict, evidence):
        verdict["study"] |= {"notes": ["9 rows repeat an earlier row, target included."], "copies": 9}

    def grouped(verdict, evidence):
        copied(verdict, evidence)
        verdict["study"]["groups"] = {"column": "town", "count": 20}

    assert status(altered(copied), "POS006").status == "issue"
    assert status(altered(copied), "POS006").remedy.startswith("Name the column that says which rows belong together")
    assert status(altered(grouped), "POS006").remedy.startswith("Rows of one 'town' share a fold already")


def test_strengths_at_an_end_beyond_which_nothing_lies(altered):
    def most(verdict, evidence):
        evidence["ranges"]["dropout"]["high"] = 1.0
        _strong(verdict, evidence)
        for name in ("l1", "l2"):
            del evidence["ranges"][name]

    assert status(altered(most), "POS002").remedy == "Its range ends where its strength does."


def test_every_check_can_fail_and_pass():
    for rule in RULES:
        outcomes = {expected for code, _, expected, _ in CASES if code == rule.code}
        assert outcomes & {"issue", "tip"}
        assert "passed" in outcomes


def test_what_cannot_be_checked_says_so(studies):
    found = {check.code: check for check in checks_of(Findings.of(studies("odd")))}
    assert found["POS001"].status == "not applicable"
    assert found["POS005"].status == "not applicable"
