"""Study: a table and a network to a verdict. The one room that knows the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from posology.callbacks import Callback, checked_callbacks
from posology.class_weights import parse_class_weight
from posology.continuing import SAME, Continuing
from posology.durations import seconds_of
from posology.execution import Job, LostWorker, Pool
from posology.forecast import Forecast, forecast
from posology.judging import judge_of
from posology.machine import versions
from posology.network.asked import Outputs
from posology.network.choice import Choice
from posology.network.handed import source_of
from posology.plan import Design, arm_name, parse_family, read_fit_arguments
from posology.progress import Progress, Silent
from posology.progress.usual import usual_progress
from posology.result import StudyResult
from posology.running import Run
from posology.settings import Settings, check_range
from posology.suited import suited
from posology.table import Table, columns_by_input, prepared_as_given, table_from_arrays
from posology.workforce import HERE, Workforce


class Study:
    """The fair experiment on one table and one network.

    Every arm is tuned with an equal number of trials on inner splits, refitted and scored on outer resamples that
    tuned nothing; the verdict is made of those scores.

    Parameters
    ----------
    network : None, str, keras.Model or callable
        None or "strong" for a strong network of stock layers (`network.strong`), "question" for the question's own,
        "FILE.py:FUNCTION", a compiled Sequential or Functional model, or a function that returns one, of the prepared
        training rows or of nothing. To build one here, Keras needs a backend in this process: set KERAS_BACKEND=jax
        before Python starts.
    X : array or frame (row, column), or mapping of them
        Features: NumPy, pandas, polars or pyarrow; by input for a network with several.
    y : array (row,), or array or frame (row, target)
        Target: a number a row, or a class a row as text, truth values or categories. Several targets, numbers or
        labels (truth values, or 0 and 1 as classification), are predicted by one network, which has an output for each;
        their score is the mean of theirs.
    task : str, optional
        "classification" or "regression", where it is not what the values of y say: "classification" for numbers that
        are names of classes.
    groups : str or array (row,), optional
        Which rows belong together, such as those of a patient: a column of X, which then is no feature, or a cell a
        row. They share a fold, and a group counts once as evidence.
    sample_weight : str or array (row,), optional
        How much each row counts, in training, in the watched loss and in the score: a column of X, which then is no
        feature, or a number a row, from 0. A weight of 2 is the row twice, its copies kept in one fold and counted as
        one piece of evidence; weights times ten are the same study.
    class_weight : "balanced" or mapping, optional
        How much training minds each class, as in Keras and scikit-learn: in the loss that is trained and the one that
        is watched, not in the score, which is what `score` says.
    score : str, optional
        What the verdict is about: for numbers "r2" (the default), "mae", or "pinball:0.9" where the network predicts
        that quantile; for classes "log_loss" (its skill, the default), "brier", "balanced_accuracy" or "auc".
    arms : str or sequence of str, optional
        "l1,l2,dropout" for all subsets of those; "none; l1; dropout; l1+dropout" for just those arms. By default
        none, weights (L1 and L2 together), dropout, weights+dropout. docs/regularizers.md lists all regularizers.
        "cocktail" searches the best mix of many, "cocktail: l1, dropout, mixup" of those (docs/cocktails.md).
        "dropout:decay" and the like are dropout on a schedule.
    margin : float
        Differences of R2, or of the score of classes, below it do not matter to you.
    all_repeats : bool
        Train all repeats, whether or not the verdict is settled before.
    repeats, folds, trials, inner_splits, refits, epochs, patience, batch_size, seed, halving, ensemble
        As in `posology.plan.Design`; `patience=None` trains all epochs, without early stopping.
    levers : bool
        Score beside the arms: trees, a ridge, an average of networks, yours as written, arms without early stopping.
    per_layer : bool
        Search a strength of its own for every layer.
    ranges : mapping, optional
        Searched ranges, such as {"dropout": (0, 0.5)}.
    folder : path, optional
        Where results are kept, so that the study can be resumed; a temporary folder when absent.
    workers : int, optional
        Processes; one a core when absent.
    cluster : str, optional
        Address of a Ray cluster whose nodes train, HOST:PORT or "auto"; this machine when absent (docs/scale.md).
    budget : float or str, optional
        Seconds, or a time with its unit such as "10min"; the study then ends after the last repeat that fits.
    fit : mapping, optional
        What you give to `model.fit`, such as {"epochs": 100, "callbacks": [EarlyStopping(patience=10)]}, in place of
        `epochs`, `batch_size` and `patience`, and meaning what it means in Keras.
    inputs : mapping, optional
        For a network with several inputs, the columns that each reads; columns named like inputs need not be given.
    include, exclude : sequences of str, optional
        Names or patterns of layers, such as "dense_1" or "block/*", whose sites are studied, or are not: those stay as
        the network has them.
    every_site : bool
        Study also the places where the network has nothing, beside its own penalties and Dropout layers.
    callbacks : Callback, or sequence of them
        Told when the study begins, goes on, ends or stops: your own, or a tracker of `posology.tracking`. None of them
        can harm the study (`posology.Callback`). Callbacks of Keras belong to `fit`.

    Raises
    ------
    InputError
        Anything that cannot be studied as given.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> study = Study(None, X, y, repeats=1, trials=2, epochs=5)
    >>> study.settings.design.members()
    260
    """

    def __init__(
        self,
        network: Any,
        X: Any,
        y: Any,
        *,
        task: str | None = None,
        groups: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        score: str | None = None,
        arms: str | Sequence[str] | None = None,
        margin: float = 0.01,
        repeats: int = 5,
        folds: int = 5,
        trials: int = 12,
        inner_splits: int = 4,
        refits: int = 6,
        epochs: int = 200,
        patience: int | None = 20,
        batch_size: int = 32,
        seed: int = 0,
        halving: int | None = None,
        ensemble: int = 1,
        levers: bool = True,
        per_layer: bool = False,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        folder: str | Path | None = None,
        workers: int | None = None,
        budget: float | str | None = None,
        fit: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Sequence[str]] | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        every_site: bool = False,
        all_repeats: bool = False,
        callbacks: Callback | Sequence[Callback] = (),
        cluster: str | None = None,
    ) -> None:
        frame, given = columns_by_input(X, inputs)
        table = table_from_arrays(frame, y, task=task, groups=groups, weights=sample_weight)
        sizes = (repeats, folds, trials, inner_splits, refits, epochs, patience, batch_size, seed, halving)
        weighed, (family, cabinet) = parse_class_weight(class_weight), parse_family(arms)
        design = Design(family, *sizes, ensemble=ensemble, class_weight=weighed, cabinet=cabinet)
        if fit is not None:
            arguments = read_fit_arguments(fit)
            design = arguments.applied(design)
            table = replace(table, notes=(*table.notes, *arguments.notes))
        checked = {name: check_range(name, *ends) for name, ends in (ranges or {}).items()}
        source = source_of(
            network, lambda: prepared_as_given(table, given), Outputs(len(table.classes), table.n_targets)
        )
        choice = Choice(every_site, tuple(include), tuple(exclude))
        settings = Settings(design, source, margin, per_layer, checked, given, choice, score, all_repeats, levers)
        self._set(table, settings, folder, Workforce(workers, cluster), seconds_of(budget))
        self.callbacks = checked_callbacks(callbacks)

    def __repr__(self) -> str:
        """Name the table, the network and the arms."""
        design = self.settings.design
        arms = ", ".join(map(arm_name, design.arms))
        return f"Study of '{self.table.target_name}' by {self.settings.source}: {self.table.n_rows:,} rows; {arms}"

    @classmethod
    def of(
        cls,
        table: Table,
        settings: Settings,
        *,
        folder: str | Path | None = None,
        workforce: Workforce = HERE,
        budget: float | None = None,
        facts: Mapping[str, Any] | None = None,
        continuing: Continuing = SAME,
        callbacks: Sequence[Callback] = (),
    ) -> "Study":
        """Make a study of what the command has read.

        `facts` are kept in the folder beside the settings; `continuing` says what may differ from what the folder
        holds; `callbacks` are told.
        """
        study = cls.__new__(cls)
        study._set(table, settings, folder, workforce, budget, facts)
        study.continuing = continuing
        study.callbacks = checked_callbacks(callbacks)
        return study

    def _set(
        self,
        table: Table,
        settings: Settings,
        folder: str | Path | None,
        workforce: Workforce,
        budget: float | None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.table, self.settings = table, suited(table, settings)
        self.judge = judge_of(table, settings.score)
        self.folder = None if folder is None else Path(folder)
        self.budget = budget
        self.continuing = SAME
        self._workforce, self._facts = workforce, dict(facts or {})

    def run(self, progress: Progress | None = None) -> StudyResult:
        """Run the experiment, or continue it where the folder has a part of it.

        Parameters
        ----------
        progress : Progress, optional
            Who is told what happens: any object with the methods of `posology.progress.Progress`. By default a line in
            a notebook, a bar on standard error where that is a terminal, and nobody elsewhere.

        Returns
        -------
        StudyResult
            With the verdict, its numbers, the prescription and the tuned network.

        Raises
        ------
        InputError
            The network cannot be studied, or the folder is another study's. Nothing is written then.
        StoppedError
            The budget ended before the first repeat, or the disk is full; the study can be resumed.
        """
        with nullcontext(progress) if progress else usual_progress() as told:
            return Run(self, told).result()

    def forecast(self, progress: Progress | None = None) -> Forecast:
        """Say what the study would cost, from a measured sample; nothing is kept."""
        return forecast(self, progress or Silent())

    @contextmanager
    def pool(
        self,
        scratch: Path,
        workers: int | None = None,
        tell: Callable[[int], None] = lambda _: None,
        lost: Callable[[LostWorker], None] = lambda _: None,
    ) -> Iterator[Pool]:
        """Start the workers; the table travels to them by one file in `scratch`."""
        self.table.save(scratch / "table.feather")
        job = self.job(scratch)
        with (
            self._workforce.hired(job, self.table, scratch) as (staff, places),
            Pool(job, workers or places, scratch, tell, staff, lost=lost) as pool,
        ):
            yield pool

    def job(self, scratch: Path) -> Job:
        """Give the constants that workers need."""
        design = self.settings.design
        job = Job(
            str(scratch / "table.feather"),
            self.settings.source,
            self.table.n_rows,
            design,
            tuple(self.settings.strengths()),
            str(scratch),
            self.settings.inputs,
            self.settings.choice,
            fingerprint=self.settings.source.fingerprint(),
            score=self.settings.score,
        )
        return job if self.table.clusters is None else job.measured(self.table.clusters)

    def facts(self) -> dict[str, Any]:
        """Give what identifies the study: settings, the table's and the network file's fingerprints, versions."""
        return {
            "settings": self.settings.to_dict(),
            "network": self.settings.source.fingerprint(),
            "versions": versions(),
            "fingerprint": self.table.fingerprint(),
            "target": list(self.table.targets) or self.table.target_name,
            "rows": self.table.n_rows,
            "table": None,
            "drop": [],
            "task": None,
            "groups": None,
            "weights": None,
            **self._facts,
        }
