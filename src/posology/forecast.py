"""What a study would cost, measured on a few networks of its own; nothing is kept."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.execution import Pool, result_of
from posology.execution.frames import pack_arrays
from posology.lever_run import RIVALS, networks_of
from posology.plan import Design, Pack, PackResult, Space, arm_name, programs, tune
from posology.prescribing import prescription_networks
from posology.progress import Progress
from posology.scratch import scratch_folder
from posology.settings import Settings
from posology.space import sites_tuned, space_of
from posology.wording import counted

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
    lever_networks : int
        And these beside the arms: without early stopping, and with the strengths that the network came with.
    resamples : int
        Outer resamples.
    arms : tuple of str
        Their names.
    seconds, least_seconds : float
        Wall time on this machine now, from a measured sample; early stopping makes it uncertain by a third.
    bytes : int
        Size of the study's folder.
    scratch_bytes : int
        Most that prepared rows take in the temporary folder while the study runs.
    workers : int
        Processes.
    sites : int
        Places in the network where the arms tune something.
    programs : int
        That each worker compiles: one for each set of what arms need (`plan.packs.programs`).
    parameters : int
        Weights of the network.
    columns : int
        Prepared columns.
    repeats : int
        At most.
    repeat_seconds : float
        Of one of them.
    repeats_in_budget : int or None
        How many of them the budget holds; None where there is none.
    """

    networks: int
    least_networks: int
    prescription_networks: int
    lever_networks: int
    resamples: int
    arms: tuple[str, ...]
    seconds: float
    least_seconds: float
    bytes: int
    scratch_bytes: int
    workers: int
    sites: int
    programs: int
    parameters: int
    columns: int
    repeats: int
    repeat_seconds: float
    repeats_in_budget: int | None

    def to_dict(self) -> dict[str, Any]:
        """Give the forecast as JSON types."""
        return {**asdict(self), "arms": list(self.arms)}


def forecast(study: "Study", progress: Progress) -> Forecast:
    """Say what a study would cost, from what a few of its networks cost in every worker at once."""
    found, settings, design = _measured(study, progress), study.settings, study.settings.design
    least, networks, extra = _least(settings), design.members(), prescription_networks(design)
    written, endless = networks_of(settings, found.network, found.space)
    least_networks = least.members() + networks_of(settings, found.network, found.space, least.repeats)[0]
    # without early stopping a network trains all its epochs
    beside = (extra / 2 + endless / found.share) * found.each + found.of_rivals
    repeat = networks / design.repeats * found.each / found.workers
    parameters, width = found.network["parameters"], found.network["width"]
    return Forecast(
        networks=networks,
        least_networks=least.members(),
        prescription_networks=extra,
        lever_networks=written + endless,
        resamples=design.resamples,
        arms=tuple(arm_name(arm) for arm in design.arms),
        seconds=found.seconds(networks + written, beside),
        least_seconds=found.seconds(least_networks, beside),
        bytes=int(found.bytes_each * (networks + extra + written + endless)) + 4 * parameters * 3,
        scratch_bytes=study.job(Path()).scratch_bytes(width),
        workers=found.workers,
        sites=sites_tuned(found.network, found.space),
        programs=programs(design),
        parameters=parameters,
        columns=width,
        repeats=design.repeats,
        repeat_seconds=round(repeat, 1),
        repeats_in_budget=_held(study.budget, found.start_up, repeat, design.repeats),
    )


@dataclass(frozen=True)
class _Measured:
    """What a few networks cost.

    Parameters
    ----------
    network : dict
        What a worker says of it.
    space : Space
    workers : int
    start_up : float
        Seconds of all workers and their programs.
    each, bytes_each : float
        Of a network: seconds of a worker, and bytes of its pack.
    share : float
        Of all epochs that it trained.
    of_rivals : float
        Seconds of the levers that are no networks.
    """

    network: dict[str, Any]
    space: Space
    workers: int
    start_up: float
    each: float
    bytes_each: float
    share: float
    of_rivals: float

    def seconds(self, networks: int, beside: float) -> float:
        """Give the wall time of so many networks, and of what takes a worker so many seconds beside them."""
        return round(self.start_up + (networks * self.each + beside) / self.workers, 1)


def _measured(study: "Study", progress: Progress) -> _Measured:
    """Train one pack twice in every worker at once, as a study does: the first compiles, the second is the price."""
    design = study.settings.design
    progress.stage("to measure a few networks, starting the workers")
    began = time.monotonic()
    with scratch_folder() as scratch, study.pool(scratch) as pool:
        network = pool.describe()
        pool.check_memory(network["memory"])
        pool.all_open()
        space = space_of(network, study.settings)
        pack = _sample(study, space, network["pack_size"])
        number = len(pack.members) * pool.workers
        progress.stage(f"training {counted(number, 'network')}, compiled first")
        first, _ = _side_by_side(pool, pack)
        start_up = time.monotonic() - began
        progress.stage(f"training {counted(number, 'network')} again, to time {'it' if number == 1 else 'them'}")
        seconds, result = _side_by_side(pool, pack)
        if study.settings.levers:
            progress.stage("fitting trees and a ridge, to time them")
        of_rivals = _seconds_of_rivals(study, pool)
    # the first pack is the second and a compilation; every worker compiles every other program too
    start_up += max(0.0, first - seconds) * (programs(design) - 1)
    size, share = len(pack_arrays(vars(result))), max(1, float(result.epochs.mean())) / design.epochs
    members = len(pack.members)
    return _Measured(network, space, pool.workers, start_up, seconds / members, size / members, share, of_rivals)


def _held(budget: float | None, start_up: float, repeat: float, repeats: int) -> int | None:
    """Give the repeats that a budget holds, which begins with the start of the workers."""
    return None if budget is None else min(repeats, max(0, int((budget - start_up) / repeat)))


def _least(settings: Settings) -> Design:
    """Give the design of a study that its first look ends."""
    fewest = settings.design.repeats if settings.all_repeats else min(settings.design.repeats, 2)
    return replace(settings.design, repeats=fewest)


def _sample(study: "Study", space: Space, pack_size: int) -> Pack:
    design = replace(study.settings.design, inner_splits=1)
    return next(tune(design, space, 0, 0, pack_size))[-1]


def _side_by_side(pool: Pool, pack: Pack) -> tuple[float, PackResult]:
    """Train a pack in every worker at once, which slow each other down; give the seconds and what came of one."""
    began = time.monotonic()
    replies = [reply.result() for reply in [pool.submit(pack) for _ in range(pool.workers)]]
    return time.monotonic() - began, result_of(replies[0])


def _seconds_of_rivals(study: "Study", pool: Pool) -> float:
    """Give the seconds of the levers that are no networks."""
    if not study.settings.levers:
        return 0.0
    began = time.monotonic()
    for name in RIVALS:
        pool.rival(name, 0, 0).result()
    return (time.monotonic() - began) * study.settings.design.resamples
