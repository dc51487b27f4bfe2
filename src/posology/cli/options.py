"""The options that commands share: what is studied, and how it is run and shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from posology.network.choice import Choice
    from posology.settings import Settings


Targets = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
"""The columns to predict, each given by itself, or several separated by commas."""

Search = Parameter(group=Group("How thoroughly it is searched", sort_key=2))
"""Of the options that buy evidence with time."""


@Parameter(name="*", group=Group("What is studied", sort_key=1))
@dataclass(frozen=True)
class Ask:
    """What is studied.

    Parameters
    ----------
    network
        FILE.py:FUNCTION, a function that returns a compiled Keras model; it may take the training rows. Or strong,
        which is the default: a network as one is made for tables today. Or question, the question's own.
    arms
        "l1,l2,dropout" for all subsets of those, "none; l1; l1+dropout" for just those arms. By default none, weights
        (L1 and L2 together), dropout, weights+dropout. Weights: l1, l2, weight_decay, proximal_l1, group_lasso_inputs,
        group_lasso_units, max_norm, orthogonal, dropconnect, weight_noise. Activations: dropout, gaussian_dropout,
        gaussian_noise, alpha_dropout, activity_l1, activity_l2. Residual branches: stochastic_depth, shake_drop,
        shake_shake. Layers of their own: batch_norm, layer_norm. Inputs: input_dropout, input_noise, mixup, cutmix,
        cutout, adversarial. Targets: target_noise, label_smoothing. Training: lookahead, ema, swa, gradient_clipping,
        learning_rate_decay. A strength may be on a schedule, dropout:decay or dropout:warmup, or differ from layer to
        layer, dropout:falling or dropout:rising.
    cocktail
        Search the best mix of many: every resample mixes its own of a cabinet of 15, or of --arms, and is compared with
        the best single one and with none (docs/cocktails.md).
    margin
        Differences of R2, or of the score of classes, below it do not matter to you: a region of practical equivalence.
    score
        What the verdict is about. For numbers r2 (the default), mae or pinball:LEVEL, such as pinball:0.9 for a network
        that predicts that quantile; for classes log_loss (its skill, the default), brier, balanced_accuracy or auc.
    repeats
        Outer resamples: repeats of a partition into folds, at most; the study stops when it is decided, or cannot be.
    all_repeats
        Train all repeats in any case.
    folds
        Folds of each repeat.
    trials
        Settings that each arm tries in each resample.
    inner_splits
        Inner splits of a resample's training rows over which an arm's trials race: all on the first, half on the
        second, a quarter on the others.
    refits
        Networks refitted with the chosen setting, whose losses are averaged.
    epochs
        Longest training.
    patience
        Epochs without a better validation loss after which a training ends.
    early_stopping
        Whether trainings end before their longest. With --no-early-stopping every network trains all epochs.
    halving
        Successive halving: one in so many of an arm's trials trains on at each rung. By default all train to their end.
    batch_size
        Rows a step.
    per_layer
        Search a strength of its own for every layer.
    ranges
        Searched range, such as dropout=0:0.5 or l1=1e-6:1e-2; may be given several times.
    seed
        Of everything random: the same seed gives the same verdict.
    fit
        FILE.py:NAME, a dictionary of what you give to model.fit: epochs, batch_size, callbacks (EarlyStopping,
        ReduceLROnPlateau), validation_split. They mean what they mean in Keras.
    ensemble
        What the verdict is about: by default one network; or the average of so many, which is another question.
    levers
        Score beside the arms: trees, a ridge, an average of networks, yours as written, arms without early stopping.
    class_weight
        How much training minds each class: balanced, or CLASS=WEIGHT,CLASS=WEIGHT. The score is not changed by it.
    """

    network: str | None = None
    arms: str | None = None
    cocktail: Annotated[bool, Parameter(negative=())] = False
    margin: Annotated[float, Parameter(name=("--margin", "--rope"))] = 0.01
    score: str | None = None
    repeats: Annotated[int, Search] = 5
    all_repeats: Annotated[bool, Search, Parameter(negative=())] = False
    folds: Annotated[int, Search] = 5
    trials: Annotated[int, Search] = 12
    inner_splits: Annotated[int, Search] = 4
    refits: Annotated[int, Search] = 6
    epochs: Annotated[int, Search] = 200
    patience: Annotated[int, Search] = 20
    early_stopping: Annotated[bool, Search] = True
    halving: Annotated[int | None, Search] = None
    batch_size: Annotated[int, Search] = 32
    per_layer: Annotated[bool, Search, Parameter(negative=())] = False
    ranges: Annotated[tuple[str, ...], Search, Parameter(name="--range", negative=())] = ()
    seed: int = 0
    fit: str | None = None
    ensemble: int = 1
    levers: bool = True
    class_weight: str | None = None

    def settings(self, where: "Where", say: Callable[[str], None]) -> "Settings":
        """Check and resolve; what is worth saying on the way is said."""
        from posology.class_weights import parse_class_weight_text
        from posology.network import parse_source
        from posology.plan import Design, parse_family
        from posology.settings import Settings, parse_ranges

        patience = self.patience if self.early_stopping else None
        arms, cabinet = parse_family(self._family())
        design = Design(
            arms,
            self.repeats,
            self.folds,
            self.trials,
            self.inner_splits,
            self.refits,
            self.epochs,
            patience,
            self.batch_size,
            self.seed,
            self.halving,
            ensemble=self.ensemble,
            class_weight=parse_class_weight_text(self.class_weight),
            cabinet=cabinet,
        )
        source, ranges = parse_source(self.network), parse_ranges(self.ranges)
        if self.fit is not None:
            from posology.fit_file import fit_arguments_in

            arguments = fit_arguments_in(self.fit)
            design = arguments.applied(design)
            for note in arguments.notes:
                say(f"Note: {note}")
        chosen = (where.inputs(), where.choice(), self.score, self.all_repeats, self.levers)
        return Settings(design, source, self.margin, self.per_layer, ranges, *chosen)

    def _family(self) -> str | None:
        """Give the arms; of a cocktail, they name the cabinet."""
        if not self.cocktail:
            return self.arms
        return "cocktail" if self.arms is None else f"cocktail: {self.arms}"


@Parameter(name="*", group=Group("How it runs", sort_key=4))
@dataclass(frozen=True)
class How:
    """How it is run and shown.

    Parameters
    ----------
    budget
        Time for the evidence, such as 90s, 10min or 1h30m: the study ends after the last repeat that fits.
    workers
        Processes; by default one a core.
    cluster
        Train on the nodes of a Ray cluster: HOST:PORT of its head, or auto. Needs posology[ray]; the verdict is the
        same (docs/scale.md). A network file is run on the nodes.
    json
        Print one JSON object on standard output and nothing else.
    quiet
        No progress.
    track
        Write the study into mlflow, tensorboard or wandb too (pip install 'posology[mlflow]'); may be given several
        times. A tracker that fails costs the study nothing (docs/tracking.md).
    """

    budget: str | None = None
    workers: int | None = None
    cluster: str | None = None
    json: Annotated[bool, Parameter(negative=())] = False
    quiet: Annotated[bool, Parameter(negative=())] = False
    track: Annotated[tuple[str, ...], Parameter(negative=())] = ()


@Parameter(name="*", group=Group("Where regularizers act", sort_key=3))
@dataclass(frozen=True)
class Where:
    """Which places of the network are studied, and what its inputs read.

    Parameters
    ----------
    include
        Only sites of layers of this name or pattern, such as dense_1 or 'block/*'; may be given several times.
    exclude
        Not the sites of layers of this name or pattern; may be given several times.
    every_site
        Also the places where the network has nothing, beside its own penalties and Dropout layers.
    input
        For a network with several inputs, the columns that one reads, such as left=age,bmi; may be given several times.
    """

    include: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    exclude: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    every_site: Annotated[bool, Parameter(negative=())] = False
    input: Annotated[tuple[str, ...], Parameter(negative=())] = ()

    def inputs(self) -> dict[str, tuple[str, ...]]:
        """Read the columns of inputs."""
        from posology.settings import parse_inputs

        return parse_inputs(self.input)

    def choice(self) -> "Choice":
        """Give the choice as the network takes it."""
        from posology.network.choice import Choice

        return Choice(self.every_site, self.include, self.exclude)
