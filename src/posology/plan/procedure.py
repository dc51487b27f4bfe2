"""The procedure that is compared: tune an arm on inner splits, refit, score; as pure data.

`tune` and `tune_and_refit` are generators: they yield packs of members to train and are sent their results, so that
whoever runs them (local workers, a test, a cluster) decides where and when, and a resumed study replays what it has.
"""

from collections.abc import Generator, Mapping, Sequence
from itertools import groupby

import numpy as np

from posology.plan.arms import Arm, is_searched
from posology.plan.cocktail import cocktail_and_refit, tune_cocktail
from posology.plan.ladder import Ladder
from posology.plan.members import REFIT, Design, Member, Pack, PackResult, Refitted, Tuned, trial_member, trials_of
from posology.plan.packs import by_program, collected, packed, refit_members, trained
from posology.plan.trials import Space, seeded_settings, sobol_settings


def tune(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int, arms: Sequence[Arm] | None = None
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Tune arms on the inner splits of one fit: smaller arms first, for they seed the combined ones.

    Yields
    ------
    list of Pack
        To be trained, in any order; the results are to be sent back in the same order.

    Returns
    -------
    dict
        From arm to what was found.
    """
    if design.cabinet:
        return (yield from tune_cocktail(design, space, repeat, fold, pack_size, design.arms if arms is None else arms))
    tuned: dict[Arm, Tuned] = {}
    family = sorted(design.arms if arms is None else arms, key=lambda arm: max(1, len(arm)))
    for size, group in groupby(family, key=lambda arm: max(1, len(arm))):
        members = {arm: _trial_members(design, space, arm, tuned, repeat, fold) for arm in group}
        tuned |= yield from _tune_together(design, members, f"tune{size}", (repeat, fold), pack_size)
    return tuned


def _tune_together(
    design: Design, members: Mapping[Arm, list[Member]], stage: str, where: tuple[int, int], pack_size: int
) -> Generator[list[Pack], list[PackResult], dict[Arm, Tuned]]:
    """Tune arms that do not wait for one another, rung by rung."""
    plan = {arm: design.rungs(arm) for arm in members}
    # the best part of a combined arm is its first trial: it is compared to the end
    ladders = {arm: Ladder(design, trials, protected=int(len(arm) > 1)) for arm, trials in members.items()}
    for rung in range(max(map(len, plan.values()))):
        climbing = [arm for arm in members if rung < len(plan[arm])]
        going = [m for arm in climbing for m in ladders[arm].step(plan[arm][rung])]
        name = stage if design.halving is None else f"{stage}-rung{rung}"
        found = yield from trained(design, going, name, where, plan[climbing[0]][rung].splits, pack_size)
        for arm in climbing:
            ladders[arm].take(plan[arm][rung], found.of([i for i, m in enumerate(going) if m.arm == arm]))
    return {arm: ladder.tuned(arm) for arm, ladder in ladders.items()}


def tune_and_refit(
    design: Design, space: Space, repeat: int, fold: int, pack_size: int
) -> Generator[list[Pack], list[PackResult], tuple[dict[Arm, Tuned], dict[Arm, Refitted]]]:
    """Tune every arm on the inner splits of one outer training fold, then refit it on all rows of that fold."""
    if design.cabinet:
        return (yield from cocktail_and_refit(design, space, repeat, fold, pack_size))
    tuned = yield from tune(design, space, repeat, fold, pack_size)
    members = by_program([m for arm in design.arms for m in refit_members(design, tuned[arm])], design.together)
    results = yield packed(design, "refit", (repeat, fold), REFIT, members, pack_size)
    return tuned, collected(members, results)


def _trial_members(
    design: Design, space: Space, arm: Arm, tuned: Mapping[Arm, Tuned], repeat: int, fold: int
) -> list[Member]:
    trials = trials_of(design, arm)
    if not is_searched(arm):
        setting = space.setting(arm, np.zeros(len(space.axes())))
        return [trial_member(design, arm, t, setting, seed=t) for t in range(trials)]
    fit = (design.seed, repeat, fold)
    if len(arm) == 1:
        settings = sobol_settings(space, arm, trials, *fit)
    else:
        # the best part first
        ranked = {a: found.settings for a, found in sorted(tuned.items(), key=lambda item: item[1].losses[0])}
        settings = seeded_settings(space, arm, trials, ranked, *fit)
    return [trial_member(design, arm, t, setting) for t, setting in enumerate(settings)]
