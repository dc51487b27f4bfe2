"""The compiled programs of a worker: one for every set of regularizers that its packs need."""

from typing import Any

from posology.engine.member import Member as EngineMember
from posology.engine.packing import PackProgram
from posology.engine.recipe import Recipe
from posology.execution.fits import Fit
from posology.execution.job import Job
from posology.network.packed import PackedNetwork
from posology.plan import Pack, regularizers_of
from posology.regularizers import REGULARIZERS, with_shared


class Programs:
    """Compiles what packs need, and keeps it.

    Parameters
    ----------
    job : Job
        The study's constants.
    model : keras.Model
        The user's network.
    network : PackedNetwork
        The same with all regularizers of the study.
    """

    def __init__(self, job: Job, model: Any, network: PackedNetwork) -> None:
        self._job, self._model, self._network = job, model, network
        self._programs: dict[tuple[tuple[str, ...], int], PackProgram] = {}

    @property
    def compiled(self) -> list[tuple[str, ...]]:
        """The regularizers of each program, in the order of their first use."""
        return [names for names, _ in self._programs]

    def regularizers_of(self, pack: Pack) -> tuple[str, ...]:
        """Name what the program of a pack has: what its arms need, and what costs next to nothing."""
        needed = {name for member in pack.members for name in (*regularizers_of(member.arm), *member.setting)}
        return with_shared(needed | set(self._job.design.together), self._job.regularizers)

    def program(self, fit: Fit, members: EngineMember, names: tuple[str, ...], room: int) -> PackProgram:
        """Give the program of these regularizers with room for so many members, compiled once."""
        if (names, room) not in self._programs:
            self._programs[names, room] = self._compile(fit, members, names)
        return self._programs[names, room]

    def _compile(self, fit: Fit, members: EngineMember, names: tuple[str, ...]) -> PackProgram:
        acting, gated = {name: REGULARIZERS[name] for name in names}, bool(self._job.design.cabinet)
        recipe = Recipe(self._job.batch(), self._job.design.epochs, acting, gated=gated)
        return PackProgram(self._network_with(names), recipe, fit.data, members)

    def _network_with(self, names: tuple[str, ...]) -> PackedNetwork:
        """Give the network with no more than these regularizers at its activations."""
        acting = [name for name in self._job.regularizers if REGULARIZERS[name].place.kind == "dropout"]
        if all(name in names for name in acting):
            return self._network
        return PackedNetwork(self._model, names, self._job.choice, self._network.classes, self._network.targets)
