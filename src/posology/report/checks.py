"""The coded checks of a study, POS001 and on, in their order.

A check that cannot be made says so; one that was not to be shown is listed as ignored.
"""

import re
from collections.abc import Iterable

from posology.errors import InputError
from posology.report import looks, remedies
from posology.report.check import Check, Rule, Status
from posology.report.findings import Findings
from posology.wording import shortened


def checks_of(findings: Findings, ignore: Iterable[str] = ()) -> list[Check]:
    """Make every check, the most pressing first.

    Parameters
    ----------
    findings : Findings
    ignore : iterable of str
        Codes that are listed as ignored.

    Raises
    ------
    InputError
        A code that does not exist.
    """
    ignored = [code.strip().upper() for code in ignore]
    known = [rule.code for rule in RULES]
    for code in ignored:
        if code not in known:
            raise InputError(f"There is no check '{shortened(code)}'.{_meant(code)} Known: {', '.join(known)}.")
    out = [rule.ignored(findings) if rule.code in ignored else rule.check(findings) for rule in RULES]
    return sorted(out, key=lambda check: list(Status).index(check.status))


def _meant(code: str) -> str:
    """Ask for the check of the same number; codes differ in nothing else, so that other letters tell nothing."""
    number = re.sub(r"\D", "", code).lstrip("0")
    near = [rule.code for rule in RULES if rule.code.removeprefix("POS").lstrip("0") == number]
    return f" Did you mean '{near[0]}'?" if near else ""


RULES = (
    Rule(
        "POS001",
        "An arm beats none beyond noise",
        "No arm beats none beyond noise",
        "Without it, regularizing this network on this table may buy nothing.",
        "Where the verdict is open, the simplest arm costs least. More rows, or other columns, may show more.",
        looks.beyond_noise,
    ),
    Rule(
        "POS002",
        "Chosen strengths lie inside their ranges",
        "Chosen strengths lie at the end of their range",
        "No strength further inside is as good: a better one may lie beyond the strong end.",
        remedies.widen,
        looks.edge,
    ),
    Rule(
        "POS003",
        "Differences as small as the margin can be seen",
        "Differences as small as the margin cannot be seen",
        "An interval wider than the margin cannot certify that arms are equivalent.",
        remedies.finer,
        looks.resolution,
    ),
    Rule(
        "POS004",
        "The verdict does not hang on the margin",
        "The verdict hangs on the margin",
        "A verdict that changes at half or double the margin is as good as your reason for the margin.",
        "Say before the study which difference matters to you.",
        looks.line,
    ),
    Rule(
        "POS005",
        "Trainings end by themselves",
        "Trainings are cut off",
        "A network that is cut off is scored before it is done; regularized ones need more epochs and lose most.",
        remedies.longer,
        looks.last_epoch,
    ),
    Rule(
        "POS006",
        "Rows are independent",
        "Rows may not be independent",
        "A row whose copy is in the training rows is not new: scores are too high, and intervals too narrow.",
        remedies.apart,
        looks.copies,
    ),
    Rule(
        "POS007",
        "Every network trains",
        "Networks diverge",
        "A network that diverges counts as the worst, which may decide against its arm.",
        "Lower the learning rate, or narrow the --range that diverges.",
        looks.diverged,
    ),
    Rule(
        "POS008",
        "Predictions are tame",
        "Predictions are wild",
        "Losses of single rows are capped where a prediction is absurd; with many of them few rows make the score.",
        "Look for outliers in the columns and the target.",
        looks.wild,
    ),
    Rule(
        "POS009",
        "There is skill",
        "There is no skill",
        "Arms that predict nothing cannot be told apart by how they predict.",
        "Look at the columns, the target and the network before its regularizers.",
        looks.skill,
    ),
    Rule(
        "POS010",
        "Rows are many for the columns",
        "Rows are few for the columns",
        "With fewer than two rows a column intervals are too narrow.",
        "Drop columns, or collect rows.",
        looks.rows,
    ),
    Rule(
        "POS011",
        "Boosted trees are no better",
        "Boosted trees are better",
        "Where they are, tuning this network's regularizers is not where most is to be had.",
        "Use the trees, or another network: wider, deeper, with embeddings.",
        looks.trees,
    ),
    Rule(
        "POS012",
        "One network is as good as an average",
        "An average of networks is better than one",
        "Averaging networks of different seeds often gains more than any regularizer.",
        "--ensemble 5 studies the average, and hands it back as one model.",
        looks.average,
    ),
    Rule(
        "POS013",
        "The search is over",
        "The search was still gaining",
        "An arm whose later trials still gain may be better than it looks: 'alone' may only mean 'badly searched'.",
        remedies.search_more,
        looks.search,
    ),
    Rule(
        "POS014",
        "The advised arm fits",
        "The advised arm overfits or underfits",
        "Its training rows are predicted better than its held-out rows, or others predict held-out rows better than it "
        "predicts its training rows.",
        remedies.fit_better,
        looks.overfits,
    ),
    Rule(
        "POS015",
        "The network's structure suits its regularizers",
        "Something in the network's structure acts on its regularizers",
        "At some places a regularizer does nothing, or something else than it is meant to.",
        "posology inspect shows each place; docs/networks.md says why.",
        looks.structure,
    ),
    Rule(
        "POS016",
        "The study went to its end",
        "The study says less than it could",
        "One repeat, or a study that its budget ended, says less than it could.",
        remedies.go_on,
        looks.ended,
    ),
    Rule(
        "POS017",
        "Rare classes are predicted",
        "Rare classes are hardly ever predicted",
        "Probabilities may rank rows well although the likeliest class is nearly always the most frequent one.",
        "Decide by the predicted probabilities, at a threshold of your own, or train with --class-weight balanced.",
        looks.every_class,
    ),
    Rule(
        "POS018",
        "A linear model is no better",
        "A linear model is better",
        "Where it is, the network learns noise beside the lines, and its regularizers are not where most is to be had.",
        "Use the linear model, or a smaller network.",
        looks.linear,
    ),
)
"""In the order of their codes; a code never changes its meaning."""
