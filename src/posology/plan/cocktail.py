"""The procedure of a cocktail: in every fit, search the cabinet for the best single regularizer and the best mix.

Each fit, that of an outer resample or that of the prescription, makes its own choice on its inner splits alone, so that
the scored rows of a resample chose neither the members nor their strengths. What is compared is three procedures: no
regularizer, the best single one, and the best mix of at most `MOST_MEMBERS`; the last two try equally many mixes, and
race them over the inner splits as the trials of any arm. Then every part of the chosen mix is trained, as it stands, so
that its members can be told apart.
"""

from collections.abc import Generator, Sequence

from posology.keys import generator
from posology.plan.arms import COCKTAIL, ONE, Arm, arm_name
from posology.plan.ladder import Joined, Ladder
from posology.plan.members import (
    MOST_MEMBERS,
    REFIT,
    Design,
    Member,
    Pack,
    PackResult,
    Refitted,
    Tuned,
    trial_member,
    trials_of,
)
from posology.plan.mixes import Mix, parts_of, setting_of, singles
from posology.plan.neighbours import neighbours
from posology.plan.packs import by_program, collected, packed, refit_members, trained
from posology.plan.rungs import Rung
from posology.plan.trials import Setting, Space
from posology.plan.tried import Tried

ROUNDS = 4
"""In which an arm's mixes are tried on the first inner split; each round learns from those before."""

Fit = tuple[int, int]
"""(repeat, fold)."""


def tune_cocktail(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int, arms: Sequence[Arm]
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Search on the inner splits of one fit; see `procedure.tune`. A cocktail needs ONE before it."""
    tuned: dict[Arm, Tuned] = {}
    search = _Search(design, space, (repeat, fold), pack_size)
    if () in arms:
        tuned[()] = yield from search.none()
    if ONE in arms:
        tuned[ONE], seen = yield from search.mixes(ONE, [])
    if COCKTAIL in arms:
        tuned[COCKTAIL], _ = yield from search.mixes(COCKTAIL, seen, tuned[ONE].settings[0])
    return tuned


def cocktail_and_refit(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int
) -> Generator[list[Pack], list[PackResult], tuple[dict[Arm, Tuned], dict[Arm, Refitted]]]:
    """Search, and refit none, the best single regularizer, the mix, and every part of the mix.

    Returns
    -------
    tuned, refitted : dict
        From arm; the parts of the mix are among both, under their regularizers' names.
    """
    where = (repeat, fold)
    tuned = yield from tune_cocktail(design, space, repeat, fold, pack_size, design.arms)
    search = _Search(design, space, where, pack_size)
    cells = yield from search.parts(tuned[COCKTAIL])
    members = [m for arm in design.arms for m in refit_members(design, tuned[arm])]
    members += [m for cell in cells for m in refit_members(design, cell)[: design.cell_seeds]]
    members = by_program(members, design.together)
    results = yield packed(design, "refit", where, REFIT, members, pack_size)
    return {**tuned, **{cell.arm: cell for cell in cells}}, collected(members, results)


class _Search:
    """The trainings of one fit."""

    def __init__(self, design: Design, space: Space, where: Fit, pack_size: int) -> None:
        self._design, self._space, self._where, self._pack_size = design, space, where, pack_size

    def none(self) -> Generator[list[Pack], list[PackResult], Tuned]:
        """Find the number of epochs without any regularizer."""
        trials = [trial_member(self._design, (), t, {}, seed=t) for t in range(trials_of(self._design, ()))]
        return (yield from self._climbed((), Ladder(self._design, trials), self._design.rungs(())))

    def mixes(
        self, arm: Arm, before: Sequence[Tried], best: Setting | None = None
    ) -> Generator[list[Pack], list[PackResult], tuple[Tuned, list[Tried]]]:
        """Search an arm's mixes: rounds on the first inner split, then the race over the others.

        Parameters
        ----------
        arm : Arm
            ONE or COCKTAIL.
        before : sequence of Tried
            What is known.
        best : Setting, optional
            Tried first and to the end of the race, so that a mix is never worse on the inner rows than it.

        Returns
        -------
        tuned, seen
        """
        first, *others = self._design.rungs(arm)
        seen, found = list(before), None
        trials: list[Member] = []
        while len(trials) < first.keep:
            members, mixes = self._round(arm, seen, len(trials), first.keep, best)
            results = yield from self._trained(members, f"{arm[-1]}{len(trials)}", first.splits)
            found = results if found is None else found.beside(results)
            alone = Ladder(self._design, members)
            alone.step(first)
            alone.take(first, results)
            seen += [Tried(mix, float(loss)) for mix, loss in zip(mixes, alone.losses(), strict=True)]
            trials += members
        ladder = Ladder(self._design, trials, protected=int(best is not None))
        ladder.step(first)
        assert found is not None  # a race has a trial at least
        ladder.take(first, found)
        return (yield from self._climbed(arm, ladder, others)), seen

    def _round(
        self, arm: Arm, seen: Sequence[Tried], done: int, budget: int, best: Setting | None
    ) -> tuple[list[Member], list[Mix]]:
        """Give the next mixes of an arm: a part of its budget, in the first round of ONE every regularizer alone."""
        cabinet, most = self._design.cabinet, 1 if arm == ONE else MOST_MEMBERS
        rng = generator(self._design.seed, *self._where, "mixes", *arm, done)
        known = [one.mix for one in seen if best is not None and setting_of(self._space, one.mix) == best][:1]
        mixes = [] if seen else singles(cabinet, max(1, budget // (2 * len(cabinet))), rng)
        if not done:
            mixes = [*known, *mixes]
        wanted = min(budget - done, max(len(mixes), -(-budget // ROUNDS)))
        if len(mixes) < wanted:
            mixes += neighbours(seen, wanted - len(mixes), cabinet, most, rng)
        mixes = mixes[:wanted]
        settings = [setting_of(self._space, mix) for mix in mixes]
        return [trial_member(self._design, arm, done + i, setting) for i, setting in enumerate(settings)], mixes

    def parts(self, mix: Tuned) -> Generator[list[Pack], list[PackResult], list[Tuned]]:
        """Find the number of epochs of every part of a chosen mix, at the strengths that it has there."""
        setting, rung = mix.settings[0], Rung(1, None, tuple(range(self._design.inner_splits)))
        cells = [
            trial_member(self._design, part, 0, {name: setting[name] for name in part})
            for part in parts_of(tuple(setting))
        ]
        if not cells:
            return []
        found, tuned = (yield from self._trained(cells, "parts", rung.splits)), []
        for place, cell in enumerate(cells):
            ladder = Ladder(self._design, [cell])
            ladder.step(rung)
            ladder.take(rung, found.of([place]))
            tuned.append(ladder.tuned(cell.arm))
        return tuned

    def _climbed(
        self, arm: Arm, ladder: Ladder, rungs: Sequence[Rung]
    ) -> Generator[list[Pack], list[PackResult], Tuned]:
        """Let an arm's trials climb these rungs."""
        for place, rung in enumerate(rungs):
            members = ladder.step(rung)
            results = yield from self._trained(members, f"{arm_name(arm)}-race{place}", rung.splits)
            ladder.take(rung, results)
        return ladder.tuned(arm)

    def _trained(
        self, members: Sequence[Member], stage: str, splits: Sequence[int]
    ) -> Generator[list[Pack], list[PackResult], Joined]:
        return trained(self._design, members, stage, self._where, splits, self._pack_size)
