"""The charts: drawn onto any axes, their numbers those of the study."""

import copy
import inspect
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from posology import InputError
from posology.report.charts import CHARTS, Curves, Path, Surface
from posology.report.charts.trials import Axis, cells_of
from posology.report.charts.weights import Weights
from posology.report.display import Display
from posology.report.findings import Findings
from posology.report.page import whole_page
from posology.report.parts import parts_of
from posology.report.style import inside, spread

OF_A_COCKTAIL = {"members", "pairs"}
ABSENT = {
    "plain": OF_A_COCKTAIL,
    "hostile": {"beside", *OF_A_COCKTAIL},
    "odd": {"interaction", *OF_A_COCKTAIL},
    "single": {"interaction", "surface", "beside", *OF_A_COCKTAIL},
    "mixed": {"interaction", "surface", "path", "beside"},
}


def found(studies, name):
    """Give the findings of a study; those of the cocktail with every kind of pair, which so small a study has not."""
    findings = Findings.of(studies(name))
    if name != "mixed":
        return findings
    verdict = copy.deepcopy(findings.verdict)
    contrast = {"value": -0.01, "se": 0.002, "lower": -0.014, "upper": -0.006}
    names = ["dropout", "mixup", "swa", "input_dropout"]
    kinds = ["synergy", "redundancy", "conflict", "undecided"]
    verdict["cocktail"] |= {
        "members": [{"name": n, "share": 0.5, "shapley": contrast, "left_out": contrast} for n in names],
        "pairs": [
            {"names": list(pair), "share": 0.25, "interaction": contrast, "together": kind}
            for pair, kind in zip(itertools.combinations(names, 2), kinds, strict=False)
        ],
    }
    return Findings(verdict, findings.evidence, findings.run, findings.held)


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize("chart", CHARTS)
def test_every_picture_is_drawn_onto_an_axes_that_is_given(studies, name, chart):
    display = chart(found(studies, name))
    panels = display.panels()
    assert (chart.name in ABSENT[name]) == (not panels), display.absent()
    for panel in panels:
        ax = Figure().add_subplot()
        assert display.plot(ax, panel=panel.key) is ax
        assert ax.has_data()
        assert panel.conclusion.endswith(".")
    if not panels:
        assert display.absent().endswith(".")
        with pytest.raises(ValueError, match=r"\."):
            display.plot()
        assert display._repr_svg_() is None


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_explains_itself_and_has_its_numbers(studies, chart):
    display = chart(found(studies, "mixed" if chart.name in OF_A_COCKTAIL else "plain"))
    assert display.help() == inspect.cleandoc(chart.__doc__)
    assert len(display.help()) > 150
    assert len(display.frame())
    assert display.plot().figure is not None
    assert display._repr_svg_().startswith("<svg")
    with pytest.raises(ValueError, match=r"There is no panel 'nothing'\. Use one of: "):
        display.plot(panel="nothing")


def test_the_page_has_every_chart(studies):
    both = [Findings.of(studies(name)) for name in ("plain", "mixed")]
    items = [item for findings in both for part in parts_of(findings) for item in part.items]
    assert {type(item) for item in items if isinstance(item, Display)} == set(CHARTS)


def test_charts_by_name(studies):
    assert studies("plain").chart("path").name == "path"
    with pytest.raises(InputError, match=r"There is no chart 'forrest'. Did you mean 'forest'\? Known: forest, inter"):
        studies("plain").chart("forrest")


def test_the_forest_has_the_bounds_of_the_verdict(studies):
    result = studies("plain")
    frame = result.chart("forest").frame()
    assert list(frame.index) == [row["arm"] for row in result.to_dict()["arms"]]
    analysis = result.analysis
    order = [analysis.arms.index(row.arm) for row in result.arms]
    np.testing.assert_allclose(frame["best lower"], analysis.best.lower[order])
    np.testing.assert_allclose(frame["best upper"], analysis.best.upper[order])
    scores = analysis.score[order]
    others = [max(np.delete(scores, i)) for i in range(len(scores))]
    np.testing.assert_allclose(frame["minus best other"], scores - others)


def test_leaving_one_out_is_the_difference_of_scores(studies):
    result = studies("plain")
    frame = result.chart("left-out").frame()
    scores = {row.arm: row.score for row in result.arms}
    both = scores["weights", "dropout"]
    assert frame.loc["dropout", "value"] == pytest.approx(both - scores["weights",])
    assert frame.loc["weights", "value"] == pytest.approx(both - scores["dropout",])


def test_the_strip_adds_up_to_the_difference_of_the_arms(studies):
    result = studies("plain")
    display = result.chart("strip")
    scores = {row["arm"]: row["r2"] for row in result.to_dict()["arms"]}
    frame = display.frame()
    for pair, own in frame.groupby(level="pair", sort=False):
        one, _, other = pair.partition(" minus ")
        # folds are of one size here
        assert own.to_numpy().mean() == pytest.approx(scores[one] - scores[other], abs=2e-5)
    assert frame.shape[1] == 2


def test_weights_are_a_distribution(studies):
    for shares in studies("plain").evidence["weights"]["none"].values():
        assert all(0 <= a <= b <= 1 for a, b in itertools.pairwise(shares))
        assert shares[-1] == 1


def test_weights_that_are_all_zero_are_drawn(studies):
    def zeroed(verdict, evidence):
        for arrays in evidence["weights"].values():
            arrays.update({array: [1.0] * len(shares) for array, shares in arrays.items()})

    low, high = Weights(altered(studies, zeroed)).plot().get_xlim()  # matplotlib warns of an axis without length
    assert low < high


def test_a_trial_lies_in_the_cell_of_its_strength():
    axis = Axis("l2", 1e-6, 1e-2, log=True)
    strengths = np.array([0.0, 1e-9, 1e-6, 9.9e-3, 1e-2, 1.0])
    assert axis.bins(strengths).tolist() == [0, 1, 1, 6, 6, 6]
    for bin_ in range(1, 7):
        low, high = axis.edges(bin_)
        assert low < axis.middle(bin_) < high
        assert axis.bins(np.array([axis.middle(bin_)])).tolist() == [bin_]
    rate = Axis("dropout", 0.0, 0.6, log=False)
    assert rate.bins(np.array([0.0, 0.05, 0.55])).tolist() == [0, 1, 6]
    assert rate.label(0) == "off"


def test_cells_are_means_over_resamples_of_means_within_them():
    where, fit = [(1,)] * 3 + [(2,)] * 2, [0, 0, 1, 0, 1]
    near, far = cells_of(where, fit, [0.0, 2.0, 3.0, 7.0, 9.0])
    assert (near.mean, near.trials, near.fits) == (2.0, 3, 2)
    assert near.se == pytest.approx(np.std([1.0, 3.0], ddof=1) / np.sqrt(2))
    assert far.mean == 8
    assert (near.tied, far.tied) == (True, False)


def test_trials_that_diverged_are_not_in_a_cell():
    assert cells_of([(1,)], [0], [None]) == []
    assert cells_of([(1,)], [0], [float("inf")]) == []


def test_a_cell_of_too_few_resamples_is_not_compared():
    where, fit = [(1,)] * 4 + [(2,)], [0, 1, 2, 3, 0]
    many, one = cells_of(where, fit, [1.0, 1.1, 0.9, 1.0, -5.0])
    assert (many.compared, many.tied) == (True, True)
    assert (one.compared, one.tied) == (False, False)


def altered(studies, change, name="plain"):
    """Give the findings of a study after a change of what they hold."""
    findings = Findings.of(studies(name))
    verdict, evidence = copy.deepcopy(findings.verdict), copy.deepcopy(findings.evidence)
    change(verdict, evidence)
    return Findings(verdict, evidence, findings.run, findings.held)


def test_a_chosen_epoch_beyond_the_curve_is_on_the_axis_and_is_explained(studies):
    def longer(_, evidence):
        evidence["epochs"] = {arm: [20.0] for arm in evidence["epochs"]}

    display = Curves(altered(studies, longer))
    for panel in display.panels():
        ax = display.figure(panel).axes[0]
        (dotted,) = (line for line in ax.lines if line.get_linestyle() == ":")
        assert dotted.get_xdata()[0] == 20 <= ax.get_xlim()[1]
        (label,) = (text for text in ax.texts if text.get_text() == "20")
        assert label.get_ha() == "right"
        assert f"{panel.key}: after 6 epochs, up to where half of the trainings went on, " in panel.conclusion
        assert panel.conclusion.endswith("the mean chosen epoch, 20, lies beyond.")
    assert "may lie beyond" in display.caption()


def test_a_chosen_epoch_within_the_curve_needs_no_words(studies):
    def early(_, evidence):
        evidence["epochs"] = {arm: [2.0] for arm in evidence["epochs"]}

    display = Curves(altered(studies, early))
    assert all("at the mean chosen epoch, 2, the median loss is" in panel.conclusion for panel in display.panels())
    assert "beyond" not in display.caption()


def surface_of(studies, cells):
    """Give the surface of l2 and dropout where each cell, by its two strengths, has a loss a resample."""

    def measured(_, evidence):
        flat = [(l2, rate, f, loss) for (l2, rate), losses in cells.items() for f, loss in enumerate(losses)]
        l2, rate, fit, loss = map(list, zip(*flat, strict=True))
        one = {"fit": fit, "chosen": [False] * len(fit), "splits": [1] * len(fit), "relative_loss": loss}
        evidence["trials"] = {"l2+dropout": {**one, "strengths": {"l2": l2, "dropout": rate}}}
        evidence["ranges"] = {name: evidence["ranges"][name] for name in ("l2", "dropout")}

    return Surface(altered(studies, measured))


def test_a_cell_of_too_few_resamples_stands_in_brackets_and_is_not_the_best(studies):
    display = surface_of(
        studies,
        {(2e-6, 0.05): [-0.1, -0.102, -0.098], (1e-3, 0.05): [-0.05, -0.051, -0.049], (1e-3, 0.45): [-0.185]},
    )
    (panel,) = display.panels()
    assert panel.conclusion == (
        "3 cells measured, 1 of them in too few resamples to be compared. Of the others, the least loss is at l2 "
        "2.2e-6 and dropout 0.05, -100; no other is near."
    )
    texts = [text.get_text() for text in display.figure(panel).axes[0].texts]
    assert sorted(texts) == sorted(["-100", "±1", "-50", "±1", "(-185)"])
    assert display.frame()["compared"].tolist() == [True, True, False]
    assert "In brackets: of fewer than 3 resamples" in display.caption()


def test_cells_none_of_which_is_compared(studies):
    display = surface_of(studies, {(2e-6, 0.05): [-0.1], (1e-3, 0.05): [None, -0.2, None, None]})
    (panel,) = display.panels()
    assert panel.conclusion == "2 cells measured, none in enough resamples to be compared."


def path_of(studies, prescribed):
    """Give the paths of a study whose best l1 and l2 are in the middle, and that prescribes other strengths."""

    def measured(verdict, evidence):
        strengths = np.geomspace(2e-6, 8e-3, 6).tolist() * 3
        loss = [0.02, 0.01, -0.03, -0.01, 0.01, 0.02] * 3
        fit = [f for f in range(3) for _ in range(6)]
        one = {"fit": fit, "chosen": [v < -0.02 for v in loss], "splits": [1] * len(fit), "relative_loss": loss}
        evidence["trials"] = {"weights": {**one, "strengths": {"l1": strengths, "l2": strengths}}}
        evidence["ranges"] = {name: {"low": 1e-6, "high": 1e-2, "scale": "log"} for name in ("l1", "l2")}
        verdict["prescription"]["strengths"] = prescribed

    return Path(altered(studies, measured))


def test_a_prescribed_strength_outside_of_the_plateau_is_explained(studies):
    display = path_of(studies, {"l1": [2e-6], "l2": [5e-5]})
    l1, l2 = display.panels()
    assert l1.conclusion.endswith(
        "The prescribed 2e-6 lies outside: it was tuned on all rows together with l2 at 5e-5; L1 and L2 share the "
        "work, which one path alone cannot show."
    )
    assert "prescribed" not in l2.conclusion
    off = path_of(studies, {"l1": [0.0], "l2": [0.0], "dropout": [0.3]}).panels()[0].conclusion
    assert off.endswith("The prescribed 0 is l1 off: tuned on all rows, the arm was best without it.")
    beside = path_of(studies, {"l1": [2e-6], "dropout": [0.3]}).panels()[0].conclusion
    assert beside.endswith("on all rows together with dropout, which this path does not show.")
    alone = path_of(studies, {"l1": [2e-6]}).panels()[0].conclusion
    assert alone.endswith("on all rows by trials of its own; so far apart, they say that the strength is hardly known.")


@pytest.mark.parametrize(
    ("prescribed", "said"),
    [
        ({"l1": [2e-6]}, "hardly known: 2e-6 was best on all rows, "),
        ({"l1": [5e-5]}, ""),
        ({"l1": [2e-6], "l2": [5e-5]}, ""),
        ({}, ""),
    ],
)
def test_a_strength_alone_and_outside_of_its_plateau_is_doubted(studies, prescribed, said):
    doubt = path_of(studies, prescribed).doubt()
    assert said in doubt
    assert bool(doubt) == bool(said)


def test_the_prescribed_strength_is_marked(studies):
    display = path_of(studies, {"l1": [1e-4, 1e-4]})
    l1, l2 = (display.figure(panel).axes[0] for panel in display.panels())
    (line,) = (line for line in l1.lines if line.get_linestyle() == "--")
    assert line.get_xdata()[0] == pytest.approx(0.5)
    assert [text.get_text() for text in l1.texts] == ["prescribed"]
    assert not l2.texts


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.floats(0.01, 1))
def test_labels_are_moved_apart_and_stay_in_order(values, gap):
    moved = spread(values, gap)
    order = sorted(range(len(values)), key=lambda i: (values[i], i))
    for a, b in itertools.pairwise(order):
        assert moved[b] - moved[a] >= gap - 1e-9
    if all(abs(a - b) >= gap for a, b in itertools.combinations(values, 2)):
        np.testing.assert_allclose(moved, values, atol=1e-9)


def test_labels_stay_inside_where_there_is_room():
    assert inside([0.2, 1.4], 0.0, 1.5) == [0.2, 1.4]
    assert inside([0.5, 1.75], 0.0, 1.5) == [0.25, 1.5]


def test_a_study_whose_every_trial_diverged_is_drawn(studies):
    findings = Findings.of(studies("plain"))
    evidence = copy.deepcopy(findings.evidence)
    for one in evidence["trials"].values():
        one["relative_loss"] = [None] * len(one["fit"])
    for one in evidence["curves"].values():
        one.update(count=0, train=[[], [], []], validation=[[], [], []])
    evidence["weights"] = {arm: {} for arm in evidence["weights"]}
    lost = Findings(findings.verdict, evidence, findings.run, findings.held)
    for chart in CHARTS:
        display = chart(lost)
        panels = display.panels()
        assert (not panels) == (chart.name in {"surface", "path", "curves", "weights", *OF_A_COCKTAIL})
        assert panels or display.absent().endswith(".")
        display.frame()
    assert "No trial ended with a finite loss." in whole_page(lost)
