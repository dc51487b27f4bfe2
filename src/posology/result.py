"""StudyResult: what a study found, as numbers, as JSON and as the user's tuned network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Shaped

from posology.arm_rows import ArmRow
from posology.behaviour import Behaviour
from posology.cocktail import Cocktail
from posology.errors import InputError
from posology.handback.by_hand import by_hand, commented
from posology.handback.units import units_of
from posology.inference import Analysis, Contrast
from posology.levers import Levers
from posology.own_keras import own_keras
from posology.plan import Arm
from posology.prescription import Prescription
from posology.settings import Settings
from posology.table.targets import classes_of, targets_of
from posology.verdict_json import verdict_json
from posology.verdict_text import VerdictText
from posology.wording import did_you_mean
from posology.working_time import WorkingTime

if TYPE_CHECKING:
    import pandas as pd

    from posology.handback.exporting import Exported
    from posology.report.display import Display
    from posology.report.findings import Findings


@dataclass(frozen=True)
class StudyResult:
    """What a study found. `print(result.verdict)` says it in words.

    Parameters
    ----------
    settings : Settings
    analysis : Analysis
    arms : tuple of ArmRow
        Best first.
    prescription : Prescription
    substitutions : dict
        From (arm, regularizer) to how much weaker the regularizer is chosen there than alone, in natural logs.
    facts : dict
        Rows, columns, target, notes, sites, counts.
    folder : Path
        Where everything is kept.
    networks : int
        Trained, the prescription's included.
    worked : WorkingTime
        How long, all sessions together.
    levers : Levers or None
        What stands beside the arms: trees, ridge, an average of networks, arms without early stopping.
    behaviour : Behaviour or None
        What the networks of each arm withstand, their weights, overfitting and underfitting.
    evidence : dict
        What the charts are drawn from; see `posology.evidence`.
    cocktail : Cocktail or None
        What was mixed, where that was asked.
    cells : tuple
        The classes as the cells of y have them, such as 0 and 1: what `predict` gives.
    """

    settings: Settings
    analysis: Analysis
    arms: tuple[ArmRow, ...]
    prescription: Prescription
    substitutions: dict[tuple[Arm, str], Contrast]
    facts: dict[str, Any]
    folder: Path = field(default_factory=Path)
    networks: int = 0
    worked: WorkingTime = field(default_factory=WorkingTime)
    levers: Levers | None = None
    behaviour: Behaviour | None = None
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    cocktail: Cocktail | None = None
    cells: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        said, rows = self.verdict.sentences[0].rstrip("."), self.facts["rows"]
        return f"StudyResult({said}; {rows:,} rows, {len(self.arms)} arms; {self.folder})"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes of the target; empty where it is a number. Those of each label are "0" and "1"."""
        return classes_of(self.facts)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets where there are several; empty where there is one."""
        return targets_of(self.facts)

    @property
    def verdict(self) -> VerdictText:
        """The verdict: prints as sentences."""
        return VerdictText.of(self)

    def best_model(self, *, embed_preprocessing: bool = False) -> Any:
        """Load the tuned network, trained on all rows; Keras runs in this process, so set KERAS_BACKEND=jax there.

        Parameters
        ----------
        embed_preprocessing : bool
            Without, it expects prepared rows, as `predict` gives it. With, the preparation is inside: it takes a dict
            of columns and gives the target in its unit (`posology.handback.embedded`).
        """
        keras = own_keras()
        if embed_preprocessing:
            from posology.handback.writing import embedded_model

            return embedded_model(self.folder)
        from posology.execution.predicting import finished

        return keras.models.load_model(finished(self.folder))

    def export(
        self, to: str, place: str | PathLike[str] | None = None, *, embed_preprocessing: bool = False
    ) -> "Exported":
        """Hand the network back in files, as `posology export` does.

        Parameters
        ----------
        to : str
            "keras": a folder with the network and its preparation that predicts without posology. "onnx": the same
            as ONNX. "code": the prescription in your own file.
        place : path, optional
            Folder to write, or file for code; where absent see `Exported.place` and `Exported.code`.
        embed_preprocessing : bool
            Put the preparation into the model, which then takes columns as they are.
        """
        own_keras()
        from posology.handback.exporting import export

        where = None if place is None else Path(place)
        return export(self.folder, to, where, embed_preprocessing=embed_preprocessing)

    def units(self) -> "pd.DataFrame":
        """Give the prescription in the units of Keras, torch and scikit-learn, a row a site.

        `torch_weight_decay` is for SGD and Adam, not AdamW; `sklearn_alpha` for MLPRegressor, or MLPClassifier, in
        batches of the study's size. `posology.handback.units` has the formulas, and those of Ridge, Lasso and
        ElasticNet.
        """
        import pandas as pd

        return pd.DataFrame(units_of(self.to_dict(timing=False))).set_index("site").astype(float)

    def predict(self, X: Any) -> Shaped[np.ndarray, "row *target"]:
        """Predict new rows with the tuned network, in the target's unit, or as classes, of the type that y had.

        Of several targets it gives a column each, `(row, target)`, in the order of `targets`; of labels, 1 where a row
        is likelier to have one than not, and 0.

        It runs in a worker, which waits two minutes for the next rows; Keras need not run in this process.

        Parameters
        ----------
        X : array or frame (row, column)
            With the studied columns, as the table itself had them.
        """
        predicted = self._predicted(X)
        if self.classes and self.targets:
            return (predicted > 0.5).astype(int)
        return np.array(self.cells or self.classes)[predicted.argmax(axis=1)] if self.classes else predicted

    def predict_proba(self, X: Any) -> "pd.DataFrame":
        """Predict the probability of each class, or label, a column each by its name in text; Keras need not run here.

        Raises
        ------
        InputError
            The target is a number.
        """
        import pandas as pd

        if not self.classes:
            what = "is numbers" if self.targets else "is a number"
            raise InputError(f"The target '{self.facts['target']}' {what}: it has no classes. Use predict.")
        return pd.DataFrame(self._predicted(X), columns=pd.Index(self.targets or self.classes, dtype=object))

    def _predicted(self, X: Any) -> Float[np.ndarray, "row *class"]:
        from posology.execution.fitted import FittedNetwork

        return FittedNetwork.of_folder(self.folder, self.settings.source).predict(X)

    def code(self) -> str:
        """Give the prescription as lines of Keras, and in comments how to train by hand what they make."""
        return "\n".join([*self.prescription.lines, *commented(by_hand(self.to_dict(timing=False)))])

    def to_frame(self) -> "pd.DataFrame":
        """Give the table of arms, best first, a number a cell.

        `strength_dropout` and the like are means over resamples, and over sites where these are searched apart.
        """
        import pandas as pd

        return pd.DataFrame([row.cells(self.analysis.measure) for row in self.arms]).set_index("arm")

    def losses(self) -> "pd.DataFrame":
        """Give every network's losses, a row an epoch: `posology.results_index.results_frame`."""
        from posology.results_index import results_frame

        return results_frame(self.folder)

    def robustness(self) -> "pd.DataFrame":
        """Give what the networks of each arm withstand, a row an arm, damage and level: `behaviour.Withstood`."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self._behaves().robustness])

    def weights(self) -> "pd.DataFrame":
        """Give what the weights of each arm's networks are like, a row an arm and array: `behaviour.Weights`."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self._behaves().weights])

    def report(self, path: str | PathLike[str], *, ignore: Sequence[str] = ()) -> Path:
        """Write the report to a file and give its path.

        Parameters
        ----------
        path : path
            Its name ends in .html (one file that needs nothing else), .md or .json.
        ignore : sequence of str
            Codes of checks that are not to be shown, such as "POS003".

        Raises
        ------
        InputError
            Another ending, a file that cannot be written, or no such check.
        """
        from posology.report.writing import write_report

        return write_report(self.findings, Path(path), ignore)

    def to_markdown(self) -> str:
        """Give the report as Markdown, without pictures."""
        from posology.report.writing import written

        return written(self.findings, ".md")

    def to_json(self) -> str:
        """Give everything as JSON text; `posology/report/verdict.schema.json` is its schema."""
        from posology.report.writing import written

        return written(self.findings, ".json")

    def chart(self, name: str) -> "Display":
        """Give a chart of the report, with `.plot(ax)`, `.frame()` and `.help()`.

        Parameters
        ----------
        name : str
            forest, interaction, left-out, members, pairs, surface, path, curves, fitting, weights, robustness,
            beside or strip.

        Raises
        ------
        InputError
            No such chart.
        """
        from posology.report.charts import CHARTS

        known = {chart.name: chart for chart in CHARTS}
        if name not in known:
            raise InputError(f"There is no chart '{name}'.{did_you_mean(name, known)} Known: {', '.join(known)}.")
        return known[name](self.findings)

    @cached_property
    def findings(self) -> "Findings":
        """The same as JSON types, which the report and its charts are made of."""
        from posology.report.findings import Findings

        return Findings.of(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002
        """Show the report in a notebook."""
        from posology.report.page import fragment

        return {
            "text/plain": str(self.verdict),
            "text/markdown": self.to_markdown(),
            "text/html": fragment(self.findings),
        }

    def _behaves(self) -> Behaviour:
        assert self.behaviour is not None  # a study that was run has it
        return self.behaviour

    def timing(self) -> dict[str, Any]:
        """Give what differs from run to run."""
        return {**self.worked.to_dict(), "folder": str(self.folder)}

    def to_dict(self, *, timing: bool = True) -> dict[str, Any]:
        """Give everything as JSON types; without `timing`, equal studies give equal content."""
        return verdict_json(self, timing=timing)
