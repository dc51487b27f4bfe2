"""A pack's members as the engine has them: stacked, the member axis first, filled up to the program's room."""

from collections.abc import Callable, Collection, Sequence

import jax
import numpy as np
from jaxtyping import Int32

from posology.engine.member import Member as EngineMember
from posology.engine.member import Plateau, Schedule, Stopping
from posology.engine.schedule import CONSTANT
from posology.execution.job import Job
from posology.execution.variants import norm_of
from posology.keys import key_of
from posology.network.packed import PackedNetwork
from posology.plan import REFIT, Member, Pack, Setting
from posology.plan.schedules import schedules_of
from posology.regularizers import CONSTANT as AT_REST

MOST_ROWS = 20_000
"""Refits of larger tables are scored once, at their last epoch: the predictions of all must fit into memory, and more
rows leave less noise."""

First = Callable[[int, int, int, int, str], tuple[list[np.ndarray], list[np.ndarray]]]
"""Gives the first weights and states of a repeat's, fold's and split's network with a seed and a normalization."""


class Stacking:
    """Stacks the members of the packs of one study.

    Parameters
    ----------
    job : Job
        The study's constants.
    network : PackedNetwork
        Whose sites the strengths are for.
    plateau : Plateau
        The rule by which members cut their learning rate.
    first : callable
        Gives a member's first weights and states.
    """

    def __init__(self, job: Job, network: PackedNetwork, plateau: Plateau, first: First) -> None:
        self._job, self._network, self._plateau, self._first = job, network, plateau, first

    def members(self, pack: Pack, names: tuple[str, ...], room: int) -> EngineMember:
        """Stack a pack's members for a program with these regularizers, filled up with members of no epochs."""
        if len(pack.members) > room:
            raise ValueError(f"pack {pack.name} has {len(pack.members)} members; {room} were planned")
        idle = Member((), 0, pack.members[0].seed, {}, 0, 1)
        members = [*pack.members, *[idle] * (room - len(pack.members))]
        where = (pack.repeat, pack.fold, pack.split)
        first = [self._first(*where, m.seed, norm_of(names)) for m in members]
        strengths = [self._strengths(m.setting) for m in members]
        n, callbacks = len(members), self._job.design.callbacks
        return EngineMember(
            weights=tuple(np.stack(arrays) for arrays in zip(*(weights for weights, _ in first), strict=True)),
            state=tuple(np.stack(arrays) for arrays in zip(*(state for _, state in first), strict=True)),
            strengths={name: np.array([s[name] for s in strengths], "float32") for name in names},
            key=np.array([key_of(self._job.design.seed, "member", *where, m.seed) for m in members], "uint32"),
            fit=np.zeros(n, "int32"),
            epochs=np.array([m.epochs for m in members], "int32"),
            # a refit trains for the epochs that tuning found, and its scored rows decide nothing
            watches=np.full(n, pack.split != REFIT),
            learning_rate=np.ones(n, "float32"),
            schedule=jax.tree.map(lambda number: np.full(n, number), CONSTANT),
            stopping=Stopping(
                np.array([m.patience for m in members], "int32"),
                np.full(n, callbacks.min_delta, "float32"),
                np.full(n, callbacks.start_from_epoch, "int32"),
            ),
            plateau=jax.tree.map(lambda number: np.full(n, number), self._plateau),
            courses=self._courses(members, names),
        )

    def _courses(self, members: Sequence[Member], names: Collection[str]) -> dict[str, Schedule]:
        """Give the schedules of those strengths that have one in any arm of the study."""
        design = self._job.design
        scheduled = {name for arm in design.arms for name in schedules_of(arm) if name in names}
        shapes = [schedules_of(member.arm) for member in members]

        def course(name: str) -> Schedule:
            own = [shape.get(name, AT_REST) for shape in shapes]
            numbers = [(design.epochs, shape.warmup, shape.flat) for shape in own]
            return Schedule(*np.array(numbers, "float32").T)

        return {name: course(name) for name in sorted(scheduled)}

    def scored_at(self, pack: Pack, room: int) -> Int32[np.ndarray, "snapshot member"]:
        """Give the epochs at which the refits of a pack are scored, those that fill it up at none."""
        asked = np.array([m.scored_at or (m.epochs,) for m in pack.members], "int32").T
        if self._job.rows > MOST_ROWS:
            asked = asked[len(asked) // 2][None]
        return np.pad(asked, ((0, 0), (0, room - asked.shape[1])))

    def _strengths(self, setting: Setting) -> dict[str, tuple[float, ...]]:
        """Fill in zeros for the regularizers that a setting leaves off, a number a site."""
        return {name: tuple(setting.get(name, (0.0,) * self._network.sites(name))) for name in self._job.regularizers}
