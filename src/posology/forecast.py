"""What a study would cost, measured on a few networks of its own; nothing is kept."""

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.execution import ALL_ROWS_SPLITS, LocalPool, result_of
from posology.execution.frames import pack_arrays
from posology.plan import Design, Pack, Space, arm_name, tune
from posology.progress import Progress
from posology.running import space_of
from posology.settings import Settings

if TYPE_CHECKING:
    from posology.study import Study


@dataclass(frozen=True)
class Forecast:
    """The size and price of a study.

    Parameters
    ----------
    networks, least_networks : int
        Networks for the verdict, at most and where two repeats decide it.
    prescription_networks : int
        At most these more for the prescription, tuned on all rows.
    resamples : int
        Outer resamples.
    arms : tuple of str
        Their names.
    seconds, least_seconds : float
        Wall time on this machine now, from a measured sample; early stopping makes it uncertain by a third.
    bytes : int
        Size of the study's folder.
    workers : int
        Processes.
    sites : int
        Places in the network where something is tuned.
    parameters : int
        Weights of the network.
    columns : int
        Prepared columns.
    """

    networks: int
    least_networks: int
    prescription_networks: int
    resamples: int
    arms: tuple[str, ...]
    seconds: float
    least_seconds: float
    bytes: int
    workers: int
    sites: int
    parameters: int
    columns: int

    def to_dict(self) -> dict[str, Any]:
        """Give the forecast as JSON types."""
        return {**asdict(self), "arms": list(self.arms)}


def forecast(study: "Study", progress: Progress) -> Forecast:
    """Train one pack of the study twice: the first call compiles, the second is the price."""
    design = study.settings.design
    progress.stage("measuring a few networks")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="posology-") as scratch,
        study.pool(Path(scratch), workers=1) as pool,
    ):
        network = pool.describe()
        space = space_of(network, study.settings)
        pack = _sample(study, space, network["pack_size"])
        _ = pool.submit(pack).result()
        start_up = time.monotonic() - began
        seconds, size = _price(pool, pack)
    networks, least = design.members(), _least(study.settings).members()
    extra = sum(map(replace(design, inner_splits=ALL_ROWS_SPLITS).trainings, design.arms))
    each = seconds / len(pack.members)
    return Forecast(
        networks=networks,
        least_networks=least,
        prescription_networks=extra,
        resamples=design.resamples,
        arms=tuple(arm_name(arm) for arm in design.arms),
        seconds=round(start_up + (networks + extra / 2) * each / study.workers, 1),
        least_seconds=round(start_up + (least + extra / 2) * each / study.workers, 1),
        bytes=int(size / len(pack.members) * (networks + extra)) + 4 * network["parameters"] * 3,
        workers=study.workers,
        sites=len(network["kernels"]) + len(network["dropouts"]),
        parameters=network["parameters"],
        columns=network["width"],
    )


def _least(settings: Settings) -> Design:
    """Give the design of a study that its first look ends."""
    fewest = settings.design.repeats if settings.all_repeats else min(settings.design.repeats, 2)
    return replace(settings.design, repeats=fewest)


def _sample(study: "Study", space: Space, pack_size: int) -> Pack:
    design = replace(study.settings.design, inner_splits=1)
    return next(tune(design, space, 0, 0, pack_size))[-1]


def _price(pool: LocalPool, pack: Pack) -> tuple[float, int]:
    began = time.monotonic()
    result = result_of(pool.submit(pack).result())
    return time.monotonic() - began, len(pack_arrays(vars(result)))
