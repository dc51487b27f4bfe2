"""posology inspect, as a user's shell calls it and in process: sites, the model as a diff, what acts."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from .conftest import command, environment, files

HEAD = "import keras\n\nL = keras.layers\n\n\ndef model_build(x_train):\n    width = x_train.shape[1]\n"
TAIL = "    model.compile(loss='mse', optimizer='sgd')\n    return model\n"
BN = HEAD + (
    "    model = keras.Sequential([keras.Input((width,)), L.Dense(8, name='[b]first'),"
    " L.BatchNormalization(name='bn'), L.ReLU(name='relu'),"
    " L.Dense(4, 'relu', name='second', kernel_regularizer='l2'), L.Dense(1, name='last')])\n" + TAIL
)
DEAD = HEAD + (
    "    x = keras.Input((width,))\n"
    "    a = L.Dropout(0.1, name='alive')(L.Dense(8, 'relu', name='a')(x))\n"
    "    b = L.Dropout(0.1, name='dead')(L.Dense(8, 'relu', name='b')(x))\n"
    "    model = keras.Model(x, L.Dense(1)(a + 0.0 * b))\n" + TAIL
)
UNIT = HEAD + (
    "    held = L.Dense(8, 'relu', name='held', kernel_constraint='unit_norm')\n"
    "    model = keras.Sequential([keras.Input((width,)), held, L.Dense(1)])\n" + TAIL
)


RESIDUAL = HEAD + (
    "    x = keras.Input((width,))\n"
    "    x1 = L.Dense(8, 'relu', name='stem', kernel_regularizer='l2')(x)\n"
    "    x2 = L.Add()([x1, L.Dense(8, name='back')(x1)])\n"
    "    x3 = L.Add()([x2, L.Dense(8, name='one')(x2), L.Dense(8, name='other')(x2)])\n"
    "    model = keras.Model(x, L.Dense(1)(x3))\n" + TAIL
)


@pytest.fixture
def write(here):
    def written(code, name="net.py"):
        (here / name).write_text(code)
        return f"{name}:model_build"

    return written


def test_the_questions_network_in_a_users_shell(here):
    done = subprocess.run(
        command("inspect", "question"), capture_output=True, text=True, check=False, env=environment(), cwd=here
    )
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert (
        lines[0] == "the question's network: 18,089 weights, Adam, 4 sites, and 2 for regularizers that --arms can name"
    )
    assert "random rows of 10 columns" in lines[1]
    cells = [line.split("  ") for line in lines]
    rows = [[cell.strip() for cell in row if cell] for row in cells]
    assert ["dense", "kernel", "10 x 128", "l1 0.01", "sets l1, l2", "l1: yes, l2: yes"] in rows
    assert ["dense_1", "kernel", "128 x 128", "0", "sets l1, l2", "l1: yes, l2: yes"] in rows
    assert ["dropout_1", "activation", "128", "rate 0.05", "sets rate", "dropout: yes"] in rows
    named = ["inserts a layer, if named", "batch_norm: yes, layer_norm: yes"]
    assert ["dense_1", "pre-activation", "128", "-", *named] in rows
    begin = lines.index("  batch_normalization: BatchNormalization()")
    assert lines[begin + 1 : begin + 5] == [
        "- dense: Dense(128, activation='relu', kernel_regularizer=L1(l1=0.01))",
        "+ dense: Dense(128, activation='relu', kernel_regularizer=L1L2(l1, l2))",
        "- dropout: Dropout(0.08)",
        "+ dropout: Dropout(rate)",
    ]
    assert "Every regularizer acts at each of its sites" in done.stdout
    assert "BatchNormalization cancels" not in done.stdout
    assert "\x1b" not in done.stdout
    assert files(here) == []


def test_the_commands_own_process_has_no_keras(here):
    code = (
        "import sys\n"
        "from posology.cli.options import Where\n"
        "from posology.inspection import inspect_network\n"
        "from posology.network import parse_source\n"
        "found = inspect_network(parse_source(None), None, Where(include=('hidden_1',)).choice())\n"
        "print({s['layer'] for s in found.sites}, [m for m in ('keras', 'jax', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False, env=environment(), cwd=here,
    )  # fmt: skip
    assert done.stdout == "{'hidden_1'} []\n", done.stderr


def test_json_with_a_table(call, table, write):
    said = call("inspect", write(BN), "--table", table, "--target", "price", "--every-site", "--json")
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert (got["schema"], got["network"], got["optimizer"]) == (1, "net.py:model_build", "SGD")
    assert got["rows"] == "32 rows of the table, prepared, of 3 columns"
    sites = {(s["kind"], s["layer"]): s for s in got["sites"]}
    assert sorted(sites) == [
        ("dropout", "relu"), ("dropout", "second"), ("kernel", "[b]first"), ("kernel", "second"), ("norm", "second")
    ]  # fmt: skip
    assert list(sites["norm", "second"]["regularizers"]) == ["batch_norm", "layer_norm"]
    assert sites["norm", "second"]["inserted"]
    first, own = sites["kernel", "[b]first"], sites["kernel", "second"]
    assert (first["shape"], first["present"], own["present"]) == ([3, 8], {}, {"l1": 0.0, "l2": pytest.approx(0.01)})
    assert sites["dropout", "relu"]["inserted"]
    for site in got["sites"]:
        for seen in site["regularizers"].values():
            assert seen["live"]
            assert seen["still_at_zero"]
            assert seen["effect"] > 0
    assert [(w["code"], w["sites"]) for w in got["warnings"]] == [
        ("scale-cancelled", ["[b]first"]),
        ("mean-shift", ["relu"]),
    ]
    assert "+ Dropout(rate)  after second" in got["lines"]


def test_sites_are_chosen(call, here, write):
    network = write(BN)
    said = call("inspect", network, "--every-site", "--exclude", "second", "--exclude", "relu")
    assert said.code == 0, said.err
    assert "1 site\n" in said.out
    assert "[b]first  kernel" in said.out
    assert "  second: Dense(4, activation='relu', kernel_regularizer=L2(l2=0.01))" in said.out
    assert "The penalty on 'second/kernel' stays as it is" in " ".join(said.out.split())
    refused = call("inspect", network, "--include", "secnd")
    assert (refused.code, refused.out) == (2, "")
    assert "No layer of the network is named like 'secnd'. Did you mean 'second'?" in refused.err


def test_what_does_nothing_is_shown(call, table, write):
    said = call("inspect", write(DEAD))
    assert said.code == 0, said.err
    assert "dropout: NO" in said.out
    assert "These do nothing: dropout at 'dead'" in said.out


def test_a_study_of_a_regularizer_that_acts_nowhere_is_refused(call, here, table, write):
    network = write(UNIT)
    before = files(here)
    said = call("study", table, "--target", "price", "--network", network, "--arms", "none; l2", "--workers", 1)
    assert (said.code, said.out) == (2, "")
    assert "'l2' does nothing at any of its sites, 'held': an optimizer step is the same" in said.err
    assert "Likely a constraint, such as UnitNorm" in said.err
    assert "leave 'l2' out of --arms" in said.err
    assert files(here) == before


def test_inputs_of_a_model_decide_the_random_rows(call, write):
    code = (
        "import keras\n\nL = keras.layers\n\n\ndef model_build():\n"
        "    numbers, kind = keras.Input((3,)), keras.Input((1,), name='kind')\n"
        "    e = L.Flatten()(L.Embedding(2, 4, name='embed')(kind))\n"
        "    x = L.Dense(8, 'relu', name='hidden')(L.Concatenate()([numbers, e]))\n"
        "    model = keras.Model([numbers, kind], L.Dense(1)(x))\n" + TAIL
    )
    said = call("inspect", write(code), "--json")
    assert said.code == 0, said.err
    got = json.loads(said.out)
    assert got["rows"].startswith("32 random rows of 4 columns")
    assert all(seen["live"] for site in got["sites"] for seen in site["regularizers"].values())


def test_a_normalization_layer_is_adapted_to_the_rows(call, table, write):
    code = HEAD + (
        "    norm = L.Normalization()\n    norm.adapt(x_train)\n"
        "    model = keras.Sequential([keras.Input((width,)), norm, L.Dense(4, 'relu'), L.Dense(1)])\n" + TAIL
    )
    said = call("inspect", write(code), "--table", table, "--target", "price", "--json")
    assert said.code == 0, said.err
    assert all(seen["live"] for site in json.loads(said.out)["sites"] for seen in site["regularizers"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net.py"], "names no function"),
        (["missing.py:build"], "There is no file 'missing.py'"),
        (["net.py:nothing"], "has no function 'nothing'"),
        (["net.py:model_build", "--target", "price"], "--target is given without --table. Give both"),
        (["net.py:model_build", "--groups", "town"], "--groups is given without --table. Give both"),
        (["net.py:model_build", "--drop", "town"], "--drop is given without --table. Give both"),
        (["net.py:model_build", "--table", "houses.csv", "--target", "prise"], "Did you mean 'price'?"),
    ],
)
def test_bad_input(call, here, table, write, arguments, message):
    write(BN)
    before = files(here)
    said = call("inspect", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err
    assert [f for f in files(here) if "__pycache__" not in f] == before


def test_a_network_that_fails_names_its_line(call, write):
    said = call("inspect", write(HEAD + "    return width / 0\n"), "--json")
    assert said.code == 2
    assert "model_build of 'net.py' fails" in json.loads(said.out)["error"]


def test_without_a_target_the_last_column_is_taken_and_said(call, write, table):
    last = str(pd.read_csv(table).columns[-1])
    said = call("inspect", write(BN), "--table", table, "--json")
    assert said.code == 0, said.err
    assert f"Note: '{last}', the last column, is taken as the target; --target names another." in said.err
    named = call("inspect", write(BN), "--table", table, "--target", last, "--json")
    assert json.loads(named.out) == json.loads(said.out)


def test_columns_of_groups_and_weights_are_no_features(call, write, here):
    rows = pd.DataFrame({"size": range(60), "town": [i % 12 for i in range(60)], "price": [i % 7 for i in range(60)]})
    rows.assign(much=1.5).to_csv(here / "towns.csv", index=False)
    asked = ("inspect", write(BN), "--table", "towns.csv", "--target", "price", "--json")
    said = call(*asked, "--groups", "town", "--weights", "much")
    assert said.code == 0, said.err
    assert json.loads(said.out)["rows"] == "32 rows of the table, prepared, of 1 column"
    assert json.loads(call(*asked).out)["rows"] == "32 rows of the table, prepared, of 3 columns"


def test_branches_and_pairs_of_them_are_sites(call, write):
    said = call("inspect", write(RESIDUAL), "--exclude", "stem")
    assert said.code == 0, said.err
    rows = [[cell.strip() for cell in line.split("  ") if cell] for line in said.out.splitlines()]
    shown = ["-", "scales it, if named", "stochastic_depth: yes, shake_drop: yes"]
    assert ["back", "branch", "8", *shown] in rows
    assert ["one, other", "pair", "8", "-", "weighs both, if named", "shake_shake: yes"] in rows
    named = ", ".join(["stochastic_depth", "shake_drop", "shake_shake", "batch_norm", "layer_norm"])
    assert f"Note: A study has {named} where --arms names them" in " ".join(said.out.split())
