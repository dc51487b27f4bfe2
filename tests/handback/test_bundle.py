"""A bundle predicts as its study does, and runs nothing and reads nothing, whatever it holds."""

import io
import json
import pickle
import stat
import zipfile

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posology.errors import InputError, WorkerError
from posology.handback.bundle import FORMAT, _hash, opened, write_bundle
from posology.handback.keras_file import check_keras_file
from posology.network.source import NetworkSource
from posology.study_json import SCHEMA
from posology.table import Classes, Layout, Preparation, make_table, one_input


def plain_network(outputs=1):
    layers = [keras.layers.Dense(3, "relu", kernel_regularizer="l1"), keras.layers.Dropout(0.1)]
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(outputs)])
    model.compile(loss="mse", optimizer="adam")
    return model


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Lay out what a finished study leaves, without its training."""
    folder = tmp_path_factory.mktemp("bundle") / "houses.posology"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=40), "site": ["north", "south"] * 20, "price": rng.normal(size=40)})
    table = make_table(frame, "price")
    Preparation.fit(table.features, table.target).save(folder)
    one_input(table).save(folder)
    settings = {"source": NetworkSource().to_dict()}
    (folder / "study.json").write_text(json.dumps({"schema": SCHEMA, "target": "price", "settings": settings}))
    plain_network().save(folder / "model.keras")
    return folder


@pytest.fixture(scope="module")
def parts(study, tmp_path_factory):
    """Give the parts of its bundle."""
    place = tmp_path_factory.mktemp("written") / "houses.bundle"
    write_bundle(study, place)
    with zipfile.ZipFile(place) as archive:
        return {part.filename: archive.read(part) for part in archive.infolist()}


def described(parts):
    files = {name: {"bytes": len(part), "sha256": _hash(part)} for name, part in parts.items() if name != "bundle.json"}
    return json.dumps({"format": FORMAT, "target": "price", "files": files}).encode()


def bundled(path, parts, *, described_anew=True, compression=zipfile.ZIP_STORED, more=()):
    """Write a bundle as an attacker would: whatever its parts are, `bundle.json` agrees with them."""
    parts = {**parts, "bundle.json": described(parts)} if described_anew else parts
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, part in [*parts.items(), *more]:
            archive.writestr(name, part)
    return path


def refusal(path):
    with pytest.raises(InputError) as caught, opened(path):
        pass
    assert not isinstance(caught.value, WorkerError)
    assert str(caught.value).endswith("Ask for it again: posology export FOLDER --to bundle")
    return str(caught.value)


def test_it_holds_what_predicts_and_nothing_else(parts):
    assert sorted(parts) == ["bundle.json", "layout.json", "model.keras", "preparation.json", "preparation.skops"]
    about = json.loads(parts["bundle.json"])
    assert (about["format"], about["target"]) == (FORMAT, "price")
    assert about["files"]["model.keras"] == {"bytes": len(parts["model.keras"]), "sha256": _hash(parts["model.keras"])}


def test_opened_it_is_laid_out_as_a_study_and_then_gone(study, parts, tmp_path):
    with opened(bundled(tmp_path / "b", parts)) as folder:
        for name in set(parts) - {"bundle.json"}:
            assert (folder / name).read_bytes() == (study / name).read_bytes()
        assert json.loads((folder / "study.json").read_text())["settings"]["source"]["kind"] == "strong"
    assert not folder.exists()


def test_classes_go_with_it(study, parts, tmp_path):
    Classes(("oat", "rye"), logits=True).save(tmp_path)
    with_classes = {**parts, "classes.json": (tmp_path / "classes.json").read_bytes()}
    with opened(bundled(tmp_path / "b", with_classes)) as folder:
        assert Classes.load(folder).names == ("oat", "rye")


def test_a_file_that_is_there_is_not_written_over(study, tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(InputError, match=r"exists\. Choose another --out\."):
        write_bundle(study, tmp_path / "b")
    with pytest.raises(InputError, match="cannot be written"):
        write_bundle(study, tmp_path / "nowhere" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@keras.saving.register_keras_serializable(package="mine")
class Own(keras.layers.Layer):
    def call(self, x):
        return x


def test_layers_of_the_users_own_are_told_when_it_is_made(study, tmp_path):
    for path in study.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    keras.Sequential([keras.Input((3,)), Own(), keras.layers.Dense(1)]).save(tmp_path / "model.keras")
    with pytest.raises(InputError, match=r"test_bundle\.Own'.* use --to keras\."):
        write_bundle(tmp_path, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@keras.saving.register_keras_serializable(package="mine")
def bent(x):
    return keras.ops.maximum(x, 0.1 * x)


def test_functions_of_the_users_own_are_told_too(study, tmp_path):
    for path in study.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation=bent)]).save(tmp_path / "model.keras")
    with pytest.raises(InputError, match=r"names what is not Keras' own, .*'mine>bent'.* use --to keras\."):
        write_bundle(tmp_path, tmp_path / "b")
    assert not (tmp_path / "b").exists()


# archives


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is cut off or damaged"),
        (b"PK\x03\x04", "is cut off or damaged"),
        (pickle.dumps({"model": 1}), "is cut off or damaged"),
        (b"PK\x05\x06" + bytes(18), "is no bundle: it has no bundle.json"),
        (b"PK\x05\x06" + b"\xff" * 18, "is cut off or damaged"),
    ],
)
def test_what_is_no_archive(tmp_path, content, says):
    (tmp_path / "b").write_bytes(content)
    assert says in refusal(tmp_path / "b")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_what_is_cut_off(parts, tmp_path, kept):
    path = bundled(tmp_path / "b", parts)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert refusal(path)


@pytest.mark.parametrize(
    "name", ["../evil.json", "/tmp/evil.json", "a/../../evil.json", "C:\\evil.json", "evil.py", "evil.pkl", "sub/"]
)
def test_names_that_lead_out_or_in(parts, tmp_path, name):
    assert "it has parts that do not belong to it" in refusal(bundled(tmp_path / "b", parts, more=[(name, b"x")]))


def test_a_part_that_is_not_known(parts, tmp_path):
    assert "that do not belong to it, 'evil.json'" in refusal(bundled(tmp_path / "b", {**parts, "evil.json": b"{}"}))


def test_a_symbolic_link(parts, tmp_path):
    link = zipfile.ZipInfo("classes.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "'classes.json' in it is compressed, encrypted or a link" in refusal(
        bundled(tmp_path / "b", parts, more=[(link, b"/etc/passwd")])
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice(parts, tmp_path):
    assert "it has 'layout.json' twice" in refusal(bundled(tmp_path / "b", parts, more=[("layout.json", b"{}")]))


def test_a_bomb(parts, tmp_path):
    path = bundled(tmp_path / "b", {**parts, "layout.json": bytes(10**7)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    assert "in it is compressed, encrypted or a link" in refusal(path)


def test_parts_that_lie_over_one_another(parts, tmp_path):
    """The directory lists one part many times, each under a name of its own: a bomb without compression."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("a.json", bytes(1000))
        info = writing.infolist()[0]
        for i in range(50):
            again = zipfile.ZipInfo("b" * (i + 1) + ".json")
            for name in ("header_offset", "CRC", "compress_size", "file_size"):
                setattr(again, name, getattr(info, name))
            writing.filelist.append(again)
            writing.NameToInfo[again.filename] = again
    (tmp_path / "b").write_bytes(archive.getvalue())
    assert "its parts are larger than itself" in refusal(tmp_path / "b")


def directory(path):
    """Give an archive's bytes, and where its list of parts begins."""
    with zipfile.ZipFile(path) as archive:
        return bytearray(path.read_bytes()), archive.start_dir


def test_a_part_of_another_size_than_it_says(parts, tmp_path):
    content, place = directory(bundled(tmp_path / "b", parts))
    content[place + 20 : place + 28] = (2**31).to_bytes(4, "little") * 2
    (tmp_path / "b").write_bytes(content)
    assert "its parts are larger than itself" in refusal(tmp_path / "b")


def test_an_encrypted_part(parts, tmp_path):
    content, place = directory(bundled(tmp_path / "b", parts))
    content[place + 8] |= 1
    (tmp_path / "b").write_bytes(content)
    assert "is compressed, encrypted or a link" in refusal(tmp_path / "b")


# what bundle.json says


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (b"", "bundle.json' is cut off or damaged"),
        (b"[]", "has the format 'list'"),
        (b'{"format": "posology bundle 2"}', "has the format 'posology bundle 2'; this posology reads"),
        (b'{"format": NaN}', "JSON has no NaN"),
        (b'{"format": 1, "format": 2}', "a name stands twice in one object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' + b"9" * 5000 + b"}", "is cut off or damaged"),
        (b"\xff\xfe", "is cut off or damaged"),
        (json.dumps({"format": FORMAT}).encode(), "names no target or no files"),
        (json.dumps({"format": FORMAT, "target": "y", "files": {}}).encode(), "is not there, or not in bundle.json"),
        (json.dumps({"format": FORMAT, "target": "y", "files": {"evil.py": {}}}).encode(), "do not belong to it"),
    ],
)
def test_a_description_that_is_none(parts, tmp_path, about, says):
    assert says in refusal(bundled(tmp_path / "b", {**parts, "bundle.json": about}, described_anew=False))


@pytest.mark.parametrize("name", ["bundle.json", "model.keras", "preparation.json", "preparation.skops", "layout.json"])
def test_a_part_that_is_lacking(parts, tmp_path, name):
    fewer = {key: part for key, part in parts.items() if key != name}
    says = refusal(bundled(tmp_path / "b", fewer, described_anew=name != "bundle.json"))
    assert name in says


def test_a_part_that_was_changed(parts, tmp_path):
    path = bundled(tmp_path / "b", {**parts, "layout.json": b"{}"}, described_anew=False)
    assert "layout.json is not what bundle.json says" in refusal(path)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_may_be_another(parts, tmp_path, data):
    """In any part, the hashes made anew: what is not refused is laid out, and its preparation read or refused."""
    name = data.draw(st.sampled_from(sorted(set(parts) - {"bundle.json"})))
    content = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        with opened(bundled(tmp_path / "b", {**parts, name: bytes(content)})) as folder:
            Preparation.load(folder)
            Layout.load(folder)
    except InputError as error:
        assert str(error).rstrip()[-1] in ".e"  # noqa: PT017


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_piece_of_an_archive_is_opened_or_refused(parts, tmp_path, data):
    content = bundled(tmp_path / "b", parts).read_bytes()
    low, high = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    (tmp_path / "b").write_bytes(content[:low] + data.draw(st.binary(max_size=20)) + content[high:])
    try:
        with opened(tmp_path / "b"):
            pass
    except InputError as error:
        assert str(error)  # noqa: PT017


# models


def altered(parts, change=lambda config: config, **more):
    """Give a model whose configuration or weights are another's."""
    with zipfile.ZipFile(io.BytesIO(parts["model.keras"])) as archive:
        model = {part.filename: archive.read(part) for part in archive.infolist()}
    config = json.loads(model["config.json"])
    model = {**model, "config.json": json.dumps(change(config) or config).encode(), **more}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in model.items():
            archive.writestr(name, part)
    return {**parts, "model.keras": out.getvalue()}


def layer(**changes):
    def change(config):
        config["config"]["layers"][1].update(changes)

    return change


def activation(value):
    def change(config):
        config["config"]["layers"][1]["config"]["activation"] = value

    return change


LAMBDA = {"class_name": "__lambda__", "config": {"value": "4wEAAAA=", "defaults": None, "closure": None}}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (layer(class_name="Lambda"), "'keras.layers.Lambda'"),
        (layer(class_name="TorchModuleWrapper"), "'keras.layers.TorchModuleWrapper'"),
        (layer(class_name="StringLookup", config={"vocabulary": "/etc/passwd"}), "'keras.layers.StringLookup'"),
        (layer(class_name="TextVectorization"), "'keras.layers.TextVectorization'"),
        (layer(class_name="TFSMLayer"), "'keras.layers.TFSMLayer'"),
        (layer(module="os", class_name="system"), "'os.system'"),
        (layer(module="builtins", class_name="eval"), "'builtins.eval'"),
        (layer(module="subprocess", class_name="Popen"), "'subprocess.Popen'"),
        (layer(module="keras.utils", class_name="get_file"), "'keras.utils.get_file'"),
        (layer(module="keras.config", class_name="enable_unsafe_deserialization"), "'keras.config.enable"),
        (layer(module="keras.src.utils.file_utils", class_name="get_file"), "'keras.src.utils.file_utils.get_file'"),
        (layer(module="keras", class_name="Lambda"), "'keras.Lambda'"),
        (layer(module="keras.layers.os", class_name="system"), "'keras.layers.os.system'"),
        (layer(module=None), "'None.Dense'"),
        (layer(module=["keras.layers"]), "Dense"),
        (layer(class_name=["Dense"]), "Dense"),
        (layer(class_name=None), "'keras.layers.None'"),
        (layer(registered_name="mine>Own"), "'keras.layers.Dense'"),
        (activation(LAMBDA), "'None.__lambda__'"),
        (activation({"class_name": "__typespec__", "config": []}), "'None.__typespec__'"),
        (activation([{"deep": {"module": "os", "class_name": "system", "config": "true"}}]), "'os.system'"),
    ],
)
def test_a_model_that_names_what_is_not_layers(parts, tmp_path, change, names):
    says = refusal(bundled(tmp_path / "b", altered(parts, change)))
    assert names in says
    assert "Nothing was loaded." in says


def weights(write):
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        write(file)
    return out.getvalue()


def _external(file):
    file.create_dataset("a", (10,), "f4", external=[("/etc/passwd", 0, 40)])


def _elsewhere(file):
    file["a"] = h5py.ExternalLink("/etc/passwd", "/")


def _virtual(file):
    layout = h5py.VirtualLayout((10,), "f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "a", (10,))
    file.create_virtual_dataset("a", layout)


def _soft(file):
    file["a"] = h5py.SoftLink("/b")


def _objects(file):
    file.create_dataset("a", data=["text"], dtype=h5py.string_dtype())


def _huge(file):
    file.create_dataset("a", (10**12,), "f4", chunks=(1024,), compression="gzip")


def _circle(file):
    file.create_group("g")["again"] = file["/"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (weights(_external), "'/a' is no array of numbers within the file"),
        (weights(_elsewhere), "'/a' is a link"),
        (weights(_virtual), "'/a' is no array of numbers within the file"),
        (weights(_soft), "'/a' is a link"),
        (weights(_objects), "'/a' is no array of numbers within the file"),
        (weights(_huge), "'/a' says that it has 4,000,000,000,000 bytes, more than the file"),
        (weights(_circle), "lies too deep"),
        (b"", "they are no whole HDF5 file"),
        (b"\x89HDF\r\n\x1a\n" + b"\xff" * 200, "they are no whole HDF5 file"),
        (pickle.dumps([1.0]), "they are no whole HDF5 file"),
    ],
)
def test_weights_that_are_not_numbers_in_the_file(parts, tmp_path, content, says):
    assert says in refusal(bundled(tmp_path / "b", altered(parts, **{"model.weights.h5": content})))


def test_a_model_with_more_in_it(parts, tmp_path):
    assert "parts that do not belong to it, 'assets/evil.txt'" in refusal(
        bundled(tmp_path / "b", altered(parts, **{"assets/evil.txt": b"x"}))
    )
    assert "is cut off or damaged" in refusal(bundled(tmp_path / "b", {**parts, "model.keras": b"\x89HDF\r\n\x1a\n"}))
    assert "JSON has no NaN" in refusal(bundled(tmp_path / "b", altered(parts, **{"config.json": b'{"a": NaN}'})))


@pytest.mark.parametrize(
    "model",
    [
        lambda: plain_network(3),
        lambda: keras.Sequential(
            [
                keras.Input((3,)),
                keras.layers.Dense(4, activation=keras.activations.gelu),
                keras.layers.BatchNormalization(),
            ]
        ),
        lambda: (lambda x: keras.Model(x, keras.ops.softmax(keras.layers.Dense(3)(x[:, :2]))))(keras.Input((3,))),
    ],
)
def test_models_of_keras_own_layers_pass(tmp_path, model):
    model().save(tmp_path / "model.keras")
    check_keras_file((tmp_path / "model.keras").read_bytes(), "model.keras", "")
