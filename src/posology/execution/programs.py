"""The compiled programs of a worker: one for every set of regularizers that its packs need."""

from posology.engine.member import Member as EngineMember
from posology.engine.packing import PackProgram
from posology.engine.recipe import Recipe
from posology.execution.fits import Fit
from posology.execution.job import Job
from posology.execution.variants import Variants, norm_of
from posology.plan import Pack
from posology.plan.packs import used_by
from posology.regularizers import REGULARIZERS, with_shared


class Programs:
    """Compiles what packs need, and keeps it.

    Parameters
    ----------
    job : Job
        The study's constants.
    variants : Variants
        Of the network.
    """

    def __init__(self, job: Job, variants: Variants) -> None:
        self._job, self._variants = job, variants
        self._programs: dict[tuple[tuple[str, ...], int], PackProgram] = {}

    @property
    def compiled(self) -> list[tuple[str, ...]]:
        """The regularizers of each program, in the order of their first use."""
        return [names for names, _ in self._programs]

    def regularizers_of(self, pack: Pack) -> tuple[str, ...]:
        """Name what the program of a pack has: what its arms need, and what costs next to nothing."""
        needed = {name for member in pack.members for name in used_by(member)}
        return with_shared(needed | set(self._job.design.together), self._job.regularizers)

    def norm_of(self, pack: Pack) -> str:
        """Name the normalization that the program of a pack has; nothing where it has none."""
        return norm_of(self.regularizers_of(pack))

    def program(self, fit: Fit, members: EngineMember, names: tuple[str, ...], room: int) -> PackProgram:
        """Give the program of these regularizers with room for so many members, compiled once."""
        if (names, room) not in self._programs:
            self._programs[names, room] = self._compile(fit, members, names)
        return self._programs[names, room]

    def _compile(self, fit: Fit, members: EngineMember, names: tuple[str, ...]) -> PackProgram:
        acting, gated = {name: REGULARIZERS[name] for name in names}, bool(self._job.design.cabinet)
        recipe = Recipe(self._job.batch(), self._job.design.epochs, acting, gated=gated)
        return PackProgram(self._variants.with_activations(names), recipe, fit.data, members)
