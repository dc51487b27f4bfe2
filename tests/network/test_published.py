"""A member of a study is what plain `fit` makes of the same network file, without penalties and with them."""

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_wine

from posology.data import concrete
from posology.engine.randomness import derive, shuffled
from posology.execution.job import Job
from posology.execution.trainer import Trainer
from posology.network.sites import is_dropout, leaves, weights_at
from posology.network.source import NetworkSource
from posology.plan import REFIT, Design, Member, Pack
from posology.table import make_table
from tests.engine.test_versus_keras import assert_same, computed

BOTH, EPOCHS = ("weights", "dropout"), 5
NUMBERS = (
    "momentum",
    "wide_and_deep",
    "residual",
    "averaged",
    "penalized_everywhere",
    "adapted",
    "accumulated",
    "quantile",
    "online",
)
CLASSES = ("shared", "convolved")


def wine():
    frame = load_wine(as_frame=True).frame.rename(columns={"target": "kind"})
    return frame.assign(kind=frame["kind"].map(lambda k: f"kind {k}"))


def trainer(function, folder):
    frame, target = (wine(), "kind") if function in CLASSES else (concrete().iloc[::8], "strength_mpa")
    make_table(frame.reset_index(drop=True), target).save(folder / "table.feather")
    source = NetworkSource("file", str(Path(__file__).with_name("published.py")), function)
    design = Design(((), BOTH), repeats=1, folds=2, epochs=EPOCHS, inner_splits=1, batch_size=16)
    scratch = str(folder / "scratch")
    return Trainer(Job(str(folder / "table.feather"), source, len(frame), design, ("l1", "l2", "dropout"), scratch))


def in_stock_keras(worker, member, i, doses):
    """Train the network that the file's function gives by one call of `fit`, all batches of all epochs in a row."""
    data, model = worker._fit(0, 0, REFIT).data, worker._build_for_fit(0, 0, REFIT)
    of_path = dict(zip(dict(leaves(worker._model)), dict(leaves(model)).values(), strict=True))
    for layer in filter(is_dropout, of_path.values()):
        layer.rate = 0.0
    for site, (l1, l2) in zip(worker._network.kernel_sites, doses, strict=True):
        for weight in weights_at(of_path[site.layer], site.argument):
            weight.regularizer = keras.regularizers.L1L2(l1, l2)
    state = [v for v in model.non_trainable_variables if "seed_generator" not in v.path]
    for variable, first in zip(model.trainable_variables, member.weights, strict=True):
        variable.assign(first[i])
    for variable, first in zip(state, member.state, strict=False):
        variable.assign(first[i])
    x, y, rows, size = data.x[0], data.y[0], int(data.rows[0]), worker._job.batch()
    orders = (shuffled(derive(member.key[i], epoch), rows, len(x))[:rows] for epoch in range(EPOCHS))
    order = np.concatenate([np.resize(order, -(-rows // size) * size) for order in orders])
    classes = len(worker._table.classes)
    target = np.eye(classes)[y[order, 0].astype(int)] if classes else y[order]
    model.fit(x[order], [target] * len(model.outputs), batch_size=size, epochs=1, shuffle=False, verbose=0)
    return [np.asarray(v) for v in model.trainable_variables], computed(model)


@pytest.mark.parametrize("function", [*NUMBERS, *CLASSES])
def test_a_member_is_what_fit_makes_of_the_file(function, tmp_path):
    keras.utils.clear_session()
    worker = trainer(function, tmp_path)
    sites, drops = len(worker._network.kernel_sites), len(worker._network.dropout_sites)
    l1, l2 = (tuple(least * (i + 1) for i in range(sites)) for least in (3e-4, 2e-3))
    setting = {"l1": l1, "l2": l2, "dropout": (0.0,) * drops}
    pack = Pack("p", 0, 0, REFIT, (Member((), 0, 0, {}, EPOCHS, 99), Member(BOTH, 1, 0, setting, EPOCHS, 99)))
    outcome = worker._train(pack, worker._fit(0, 0, REFIT), lambda _: None)
    member = worker._stacking.members(pack, worker._programs.regularizers_of(pack), worker._pack_size)
    for i, doses in enumerate(([(0.0, 0.0)] * sites, list(zip(l1, l2, strict=True)))):
        weights, state = in_stock_keras(worker, member, i, doses)
        assert_same([a[i] for a in outcome.weights], weights)
        if state:
            assert_same(worker._network.computed([a[i] for a in outcome.state]), state)
