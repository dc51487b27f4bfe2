"""Inside a worker: no leak from held-out rows, nothing depends on packing, what is kept is what was trained."""

import uuid
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from posology.data import concrete
from posology.errors import InputError
from posology.execution.job import ALL_ROWS_SPLITS, Job, pack_from_dict, pack_to_dict
from posology.execution.predicting import predict_frame
from posology.execution.trainer import Trainer
from posology.network.source import NetworkSource
from posology.plan import ALL_ROWS, REFIT, Callbacks, Design, Member, Pack
from posology.plan.window import SNAPSHOTS
from posology.table import make_table

ROWS = 120
BOTH = ("weights", "dropout")
SETTING = {"l1": (1e-4, 1e-4), "l2": (1e-3, 1e-3), "dropout": (0.2, 0.2)}


def frame():
    whole = concrete().sample(ROWS, random_state=0).reset_index(drop=True)
    rng = np.random.default_rng(0)
    whole["plant"] = rng.choice(["north", "south", "west"], ROWS)
    whole.loc[rng.choice(ROWS, 15, replace=False), "slag"] = np.nan
    return whole


def trainer(tmp_path, given=None, **changes):
    table = make_table(frame() if given is None else given, "strength_mpa")
    table.save(tmp_path / "table.feather")
    table_file, scratch = str(tmp_path / "table.feather"), str(tmp_path / uuid.uuid4().hex)
    of_design = {name: changes.pop(name) for name in list(changes) if name in Design.__dataclass_fields__}
    design = Design(((), BOTH), **{"repeats": 2, "folds": 4, "epochs": 6, "inner_splits": 1, **of_design})
    job = Job(table_file, NetworkSource("question"), ROWS, design, ("l1", "l2", "dropout"), scratch)
    return Trainer(replace(job, **changes))


def pack(split=0, members=None, repeat=0, fold=1):
    members = members or [Member((), 0, 0, {}, 6, 99), Member(BOTH, 1, 0, SETTING, 6, 99)]
    return Pack("p", repeat, fold, split, tuple(members))


def results(found):
    return {name: np.asarray(value) for name, value in vars(found).items()}


def test_held_out_rows_do_not_reach_what_is_trained(tmp_path):
    clean = trainer(tmp_path)
    _, held = clean._job.rows_of(pack(REFIT))
    changed = frame()
    changed.loc[held, ["cement", "water", "age_days"]] *= 1e6
    changed.loc[held, "plant"] = "north"
    changed.loc[held, "fly_ash"] = 0.0
    changed.loc[held, "strength_mpa"] = -1e5
    for split in (0, REFIT):
        before, after = results(clean.run(pack(split))), results(trainer(tmp_path, changed).run(pack(split)))
        names = ("best_loss", "last_loss", "train_loss", "curve") if split == 0 else ("train_loss", "train_error")
        for name in names:
            np.testing.assert_array_equal(before[name], after[name])
        if split == REFIT:
            assert (before["prediction"] != after["prediction"]).any(), "the change was seen where it may be"


def test_watched_rows_of_an_inner_split_do_not_reach_the_weights(tmp_path):
    clean = trainer(tmp_path)
    _, watched = clean._job.rows_of(pack(0))
    changed = frame()
    changed.loc[watched, "cement"] *= 1e6
    before, after = results(clean.run(pack(0))), results(trainer(tmp_path, changed).run(pack(0)))
    np.testing.assert_array_equal(before["train_loss"], after["train_loss"])
    np.testing.assert_array_equal(before["curve"][..., 0], after["curve"][..., 0])
    assert (before["best_loss"] != after["best_loss"]).all()


def test_rows_are_split_as_told(tmp_path):
    job = trainer(tmp_path)._job
    fit, scored = job.rows_of(pack(REFIT))
    assert sorted([*fit, *scored]) == list(range(ROWS))
    inner, watched = job.rows_of(pack(0))
    assert sorted([*inner, *watched]) == fit.tolist()
    assert len(inner) >= job.fewest_fit_rows()
    assert max(len(scored), len(watched)) <= job.watched_capacity()
    whole = [job.rows_of(Pack("p", ALL_ROWS, 0, s, ()))[1] for s in range(ALL_ROWS_SPLITS)]
    assert sorted(np.concatenate(whole)) == list(range(ROWS))


def test_results_do_not_depend_on_packing(tmp_path):
    members = [Member(BOTH, t, 0, {**SETTING, "dropout": (r, r)}, 6, 99) for t, r in enumerate((0.0, 0.2, 0.5))]
    worker = trainer(tmp_path)
    together = results(worker.run(pack(0, members)))
    for i, member in enumerate(members):
        alone = results(worker.run(pack(0, [member])))
        for name in ("best_loss", "best_epoch", "train_loss"):
            np.testing.assert_array_equal(together[name][i], alone[name][0])


@pytest.mark.parametrize("split", [0, REFIT])
def test_a_program_with_less_room_gives_the_same_bits(tmp_path, split):
    """What a worker out of memory left is trained in parts."""
    members = [Member(BOTH, t, t, {**SETTING, "dropout": (r, r)}, 3, 99) for t, r in enumerate((0.0, 0.2, 0.5))]
    worker = trainer(tmp_path, epochs=3)
    whole = results(worker.run(pack(split, members)))
    parts = [results(worker.run(pack(split, part), room=len(part))) for part in (members[:2], members[2:])]
    for name, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([part[name] for part in parts]), err_msg=name)


def test_common_random_numbers_arms_differ_by_their_strengths_alone(tmp_path):
    off = dict.fromkeys(SETTING, (0.0, 0.0))
    found = results(trainer(tmp_path).run(pack(0, [Member((), 0, 0, {}, 6, 99), Member(BOTH, 3, 0, off, 6, 99)])))
    for name in ("best_loss", "train_loss", "curve"):
        np.testing.assert_array_equal(found[name][0], found[name][1])


def test_seeds_differ(tmp_path):
    found = results(trainer(tmp_path).run(pack(REFIT, [Member((), 0, s, {}, 6, 99) for s in range(3)])))
    assert len(set(found["train_loss"].tolist())) == 3


def test_a_pack_survives_json():
    import json

    original = pack(0)
    assert pack_from_dict(json.loads(json.dumps(pack_to_dict(original)))) == original


def test_the_kept_network_is_the_trained_one(tmp_path):
    worker = trainer(tmp_path)
    last = pack(REFIT, [Member(BOTH, 0, 0, SETTING, 6, 99)], repeat=ALL_ROWS, fold=0)
    out = worker.finish(last, tmp_path)
    written = [line.split(": ")[1] for line in out["lines"]]
    assert (
        written
        == ["kernel_regularizer=keras.regularizers.L1L2(l1=0.0001, l2=0.001)"] * 2 + ["keras.layers.Dropout(0.2)"] * 2
    )
    table = make_table(frame(), "strength_mpa")
    predicted, notes = predict_frame(tmp_path, frame().drop(columns="strength_mpa"))
    error = np.mean((predicted - table.target) ** 2) / table.target.var()
    assert error == pytest.approx(float(worker.run(last).train_error[0]), rel=1e-4)
    assert notes == ()
    model = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.2, 0.2]


def test_several_networks_are_kept_as_their_average(tmp_path):
    worker, new = trainer(tmp_path), frame().drop(columns="strength_mpa")
    worker._pack_size = 2  # more networks than one pack holds
    refits = [Member(BOTH, 0, seed, SETTING, 3, 99) for seed in range(3)]
    each = []
    for members in [[refit] for refit in refits] + [refits]:
        worker.finish(pack(REFIT, members, repeat=ALL_ROWS, fold=0), tmp_path)
        each.append(predict_frame(tmp_path, new)[0])
    assert len({float(predicted[0]) for predicted in each}) == 4
    np.testing.assert_allclose(each[-1], np.mean(each[:-1], axis=0), rtol=1e-5)


def test_new_rows_without_a_column_are_refused(tmp_path):
    worker = trainer(tmp_path)
    worker.finish(pack(REFIT, [Member((), 0, 0, {}, 1, 99)], repeat=ALL_ROWS, fold=0), tmp_path)
    with pytest.raises(InputError, match="water"):
        predict_frame(tmp_path, frame().drop(columns=["strength_mpa", "water"]))


def test_tables_that_are_smaller_than_a_batch(tmp_path):
    small = frame().iloc[:24].reset_index(drop=True)
    found = trainer(tmp_path, small, rows=24).run(pack(REFIT))
    assert np.isfinite(found.prediction).all()
    assert found.prediction.shape == (2, 1, 6)


def test_a_table_of_categories_alone(tmp_path):
    rng = np.random.default_rng(1)
    given = pd.DataFrame({"a": rng.choice(list("xyz"), ROWS), "b": rng.choice(list("uv"), ROWS)})
    given["strength_mpa"] = (given["a"] == "x") * 2.0 + rng.normal(size=ROWS)
    assert np.isfinite(trainer(tmp_path, given).run(pack(REFIT)).prediction).all()


def until(members, epoch):
    return [replace(m, until=epoch) for m in members]


def test_a_halving_goes_on_where_it_paused_to_the_same_bits(tmp_path):
    members = [Member(BOTH, t, 0, {**SETTING, "dropout": (r, r)}, 6, 99) for t, r in enumerate((0.1, 0.3, 0.5))]
    straight = results(trainer(tmp_path).run(pack(0, members)))
    told = []
    paused = trainer(tmp_path)
    early = results(paused.run(pack(0, until(members, 2)), told.append))
    assert (early["epochs"] == 2).all()
    assert sum(told) == 6
    # two of three go on, in another order and in another worker
    other = Trainer(paused._job)
    late = results(other.run(pack(0, until([members[2], members[0]], 6)), told.append))
    assert sum(told) == 6 + 8, "what was trained is not trained again"
    for name in ("best_loss", "best_epoch", "last_loss", "train_loss", "epochs", "curve"):
        np.testing.assert_array_equal(late[name], straight[name][[2, 0]])
    # without the kept states the same is trained from the start
    lost = trainer(tmp_path)
    again = results(lost.run(pack(0, until([members[2], members[0]], 6)), told.append))
    assert sum(told) == 6 + 8 + 12
    np.testing.assert_array_equal(again["best_loss"], late["best_loss"])


def test_a_pack_larger_than_planned_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="were planned"):
        trainer(tmp_path).run(pack(0, [Member((), 0, 0, {}, 1, 9)] * 99))


def test_a_program_without_dropout_leaves_it_out_of_every_arm(tmp_path):
    members = [Member((), 0, 0, {}, 6, 99)]
    without = results(trainer(tmp_path, regularizers=("l1", "l2")).run(pack(0, members)))
    zero = results(trainer(tmp_path).run(pack(0, members)))
    np.testing.assert_allclose(without["best_loss"], zero["best_loss"], rtol=1e-5)


def test_a_refit_does_not_watch_and_trains_all_its_epochs(tmp_path):
    found = results(trainer(tmp_path).run(pack(REFIT, [Member((), 0, 0, {}, 5, 1)])))
    assert found["epochs"].tolist() == [5]
    assert np.isinf(found["best_loss"]).all()


PLATEAU = Callbacks(plateau_factor=0.1, plateau_patience=1, plateau_min_delta=10.0, plateau_min_lr=1e-4)
"""No epoch is ten better than the one before: the rate, 0.01 in the question's network, falls to its least in two."""


def test_a_plateau_reduces_the_learning_rate_while_tuning_and_a_refit_repeats_it(tmp_path):
    member = Member((), 0, 0, {}, 6, 99)
    reduced = trainer(tmp_path, callbacks=PLATEAU)
    tuned = results(reduced.run(pack(0, [member])))
    assert tuned["reductions"][0, :4].tolist() == [2, 3, 0, 0]
    plain = results(trainer(tmp_path).run(pack(0, [member])))
    np.testing.assert_array_equal(tuned["curve"][:, :2], plain["curve"][:, :2])
    assert (tuned["curve"][:, 2:6] != plain["curve"][:, 2:6]).all()
    # trained where tuning was, with the reductions given as a refit has them: the same to the bits
    told = replace(member, reductions=(2, 3))
    quiet = Callbacks(plateau_factor=0.1, plateau_patience=99, plateau_min_lr=1e-4)
    repeated = results(trainer(tmp_path, callbacks=quiet).run(pack(0, [told, member])))
    np.testing.assert_array_equal(repeated["curve"][0], tuned["curve"][0])
    np.testing.assert_array_equal(repeated["curve"][1], plain["curve"][0])


def test_early_stopping_has_the_numbers_of_keras(tmp_path):
    member = [Member((), 0, 0, {}, 6, 2)]
    strict = Callbacks(min_delta=10.0)
    assert results(trainer(tmp_path, callbacks=strict).run(pack(0, member)))["epochs"] == [3]
    late = Callbacks(min_delta=10.0, start_from_epoch=2)
    assert results(trainer(tmp_path, callbacks=late).run(pack(0, member)))["epochs"] == [5]


def test_a_plateau_needs_a_learning_rate_that_is_a_number(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "import keras\ndef build(x_train):\n    s = keras.optimizers.schedules.CosineDecay(0.01, 40)\n"
        "    m = keras.Sequential([keras.Input((x_train.shape[1],)), keras.layers.Dense(2, 'relu'),"
        " keras.layers.Dense(1)])\n    m.compile(keras.optimizers.Adam(s), 'mse')\n    return m\n"
    )
    source = NetworkSource("file", str(file), "build")
    trainer(tmp_path, source=source)
    with pytest.raises(InputError, match="the optimizer's learning rate is a schedule, which it cannot reduce"):
        trainer(tmp_path, source=source, callbacks=PLATEAU)


NETWORK = """
import keras

L = keras.layers


def model_build(x_train):
    norm = L.Normalization()
    norm.adapt(x_train)
    x = keras.Input((x_train.shape[1],))
    a = L.Dropout(0.1, name="alive")(L.Dense(8, name="cancelled")(norm(x)))
    a = L.ReLU()(L.BatchNormalization(name="bn")(L.Dense(8, name="next")(a)))
    b = L.Dropout(0.1, name="dead")(L.Dense(8, "relu", name="b", kernel_regularizer=keras.regularizers.L2(1e9))(x))
    model = keras.Model(x, L.Dense(1, name="out")(a + 0.0 * b))
    model.compile("adam", "mse")
    return model
"""


def test_the_description_says_what_does_nothing_and_what_the_structure_says(tmp_path):
    (tmp_path / "net.py").write_text(NETWORK)
    worker = trainer(tmp_path, source=NetworkSource("file", str(tmp_path / "net.py"), "model_build"))
    described = worker.describe()
    seen = "the loss and its gradients are the same at rate 0.5 as at 0."
    assert described["notes"] == [f"'dropout' does nothing at 'dead', in every arm: {seen}"]
    codes = {w["code"]: w["sites"] for w in described["warnings"]}
    assert codes == {"variance-shift": ["alive"], "mean-shift": ["alive"], "penalty-dominates": ["b"]}
    unproved = worker.describe(proves=False)
    assert (unproved["notes"], unproved["warnings"]) == ([], [])
    assert unproved["kernels"] == described["kernels"]


def test_a_refit_is_scored_as_if_trained_to_each_epoch_of_its_window_alone(tmp_path):
    worker = trainer(tmp_path, epochs=20, batch_size=16)
    members = [Member((), 0, 0, {}, 17, 99), Member(BOTH, 0, 0, SETTING, 9, 99), Member((), 0, 1, {}, 5, 99)]
    ends = [(15, 16, 17, 18, 19), (8, 9, 9, 9, 10), (5, 5, 5, 5, 5)]
    members = [replace(m, scored_at=at) for m, at in zip(members, ends, strict=True)]
    found = worker.run(pack(REFIT, members))
    for snapshot in range(SNAPSHOTS):
        alone = [replace(m, epochs=m.scored_at[snapshot], scored_at=()) for m in members]
        chosen = worker.run(pack(REFIT, alone)).prediction
        assert chosen.shape[1] == 1
        np.testing.assert_array_equal(found.prediction[:, snapshot], chosen[:, 0])
    alone = worker.run(pack(REFIT, members, fold=1))
    np.testing.assert_array_equal(found.train_error, alone.train_error)
    np.testing.assert_array_equal(found.epochs, [17, 9, 5])


def test_a_training_of_a_fixed_length_is_scored_at_its_end_only(tmp_path):
    found = trainer(tmp_path, epochs=17, patience=None).run(pack(REFIT, [Member((), 0, 0, {}, 17, 99)]))
    assert found.prediction.shape[1] == 1
    np.testing.assert_array_equal(found.epochs, [17])


def test_a_large_table_is_scored_at_the_chosen_epoch_only(tmp_path, monkeypatch):
    monkeypatch.setattr("posology.execution.stacking.MOST_ROWS", 50)
    member = Member((), 0, 0, {}, 4, 99, scored_at=(2, 3, 4, 5, 6))
    found = trainer(tmp_path, epochs=17).run(pack(REFIT, [member]))
    alone = trainer(tmp_path, epochs=17).run(pack(REFIT, [replace(member, scored_at=(4,))]))
    np.testing.assert_array_equal(found.prediction, alone.prediction)


def test_an_arm_is_trained_in_a_study_of_many_regularizers_as_in_one_of_few(tmp_path):
    """To the same bits, by the same program: it has nothing of the arms that it is beside."""
    many = ("l1", "l2", "dropout", "gaussian_noise", "mixup", "ema")
    few, worker = trainer(tmp_path), trainer(tmp_path, regularizers=many)
    for split in (0, REFIT):
        one, other = results(few.run(pack(split))), results(worker.run(pack(split)))
        for name, value in one.items():
            np.testing.assert_array_equal(value, other[name])
    assert worker._programs.compiled == [("l1", "l2", "dropout")]
    noisy = {**SETTING, "gaussian_noise": (0.5, 0.5), "mixup": (0.5,), "ema": (20.0,)}
    beside = worker.run(pack(0, [Member((*BOTH, "gaussian_noise", "mixup", "ema"), 0, 0, noisy, 6, 99)]))
    assert worker._programs.compiled[1:] == [many]
    assert np.isfinite(beside.best_loss).all()


def test_networks_with_a_normalization_are_built_when_the_network_is_described(tmp_path):
    worker = trainer(tmp_path, regularizers=("batch_norm", "layer_norm"))
    worker.describe(proves=False)
    assert worker._variants.packed.cache_info().currsize == 0
    worker.describe()
    assert worker._variants.packed.cache_info().currsize == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_arms_with_a_normalization_train_the_network_that_has_it(tmp_path, name):
    """Beside them, and with it off, the network without it is trained, to the same bits."""
    alone, worker = trainer(tmp_path), trainer(tmp_path, regularizers=("l1", "l2", "dropout", name))
    off, on = ({**SETTING, name: (strength, strength)} for strength in (0.0, 1.0))
    arm = (*BOTH, name)
    for split in (0, REFIT):
        one = results(alone.run(pack(split)))
        for members in (None, [Member((), 0, 0, {}, 6, 99), Member(arm, 1, 0, off, 6, 99)]):
            for key, value in results(worker.run(pack(split, members))).items():
                np.testing.assert_array_equal(value, one[key], err_msg=key)
    with_it = worker.run(pack(REFIT, [Member(arm, 1, 0, on, 6, 99)]))
    assert with_it.train_loss[0] != one["train_loss"][1]
    assert with_it.norms.shape[1:] == one["norms"].shape[1:]
    assert np.isfinite(with_it.probed).all()
    last = pack(REFIT, [Member(arm, 0, 0, on, 6, 99)], repeat=ALL_ROWS, fold=0)
    out = worker.finish(last, tmp_path)
    kept = keras.models.load_model(tmp_path / "model.keras")
    assert sum(layer.name.startswith(f"{name}_after") for layer in kept.layers) == 2
    assert sum("before its activation" in line for line in out["lines"]) == 2
    table = make_table(frame(), "strength_mpa")
    predicted, _ = predict_frame(tmp_path, frame().drop(columns="strength_mpa"))
    error = np.mean((predicted - table.target) ** 2) / table.target.var()
    assert error == pytest.approx(float(worker.run(last).train_error[0]), rel=1e-3)


OWNED = {
    "weight_decay": ("optimizer=keras.optimizers.AdamW(0.01)", "an optimizer with weight_decay=0.004"),
    "ema": ("optimizer=keras.optimizers.Adam(use_ema=True)", "an optimizer with use_ema=True"),
    "gradient_clipping": ("optimizer=keras.optimizers.Adam(clipnorm=1.0)", "an optimizer with clipnorm=1.0"),
    "proximal_l1": (
        "optimizer=keras.optimizers.Adam(gradient_accumulation_steps=2)",
        "an optimizer with gradient_accumulation_steps=2",
    ),
    "learning_rate_decay": (
        "optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 9))",
        "a learning-rate schedule",
    ),
    "max_norm": ("optimizer='adam'", "a constraint on 'dense'"),
}


@pytest.mark.parametrize("name", OWNED)
def test_what_the_network_does_already_is_not_studied_beside_it(tmp_path, name):
    compiled, has = OWNED[name]
    (tmp_path / "net.py").write_text(f"""
import keras

def model_build(x):
    hidden = keras.layers.Dense(4, "relu", kernel_constraint="max_norm", name="dense")
    model = keras.Sequential([keras.Input((x.shape[1],)), hidden, keras.layers.Dense(1)])
    model.compile(loss="mse", {compiled})
    return model
""")
    source = NetworkSource("file", str(tmp_path / "net.py"), "model_build")
    with pytest.raises(InputError) as caught:
        trainer(tmp_path, source=source, regularizers=(name,))
    assert f"has {has} of its own, beside which '{name}' cannot be studied. Take it out of the" in str(caught.value)


def test_nothing_is_mixed_of_numbers_of_categories(tmp_path):
    (tmp_path / "net.py").write_text("""
import keras

def model_build(x):
    codes, rest = keras.Input((1,), name="plant"), keras.Input((x["rest"].shape[1],), name="rest")
    part = keras.layers.Flatten()(keras.layers.Embedding(9, 2)(codes))
    hidden = keras.layers.Dense(4, "relu")(keras.layers.Concatenate()([part, rest]))
    model = keras.Model({"plant": codes, "rest": rest}, keras.layers.Dense(1)(hidden))
    model.compile(loss="mse", optimizer="adam")
    return model
""")
    source = NetworkSource("file", str(tmp_path / "net.py"), "model_build")
    numbers = tuple(name for name in frame().columns if name not in ("plant", "strength_mpa"))
    given = {"source": source, "inputs": {"plant": ("plant",), "rest": numbers}}
    with pytest.raises(InputError, match=r"the input 'plant' of .* takes numbers of categories, between which"):
        trainer(tmp_path, regularizers=("mixup",), **given)
    noisy = trainer(tmp_path, regularizers=("cutmix", "input_noise"), **given)
    assert noisy._network.measured(noisy._layout.width).tolist() == [False, *[True] * (noisy._layout.width - 1)]
