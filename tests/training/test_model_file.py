import json
import re
import zipfile

import numpy as np

from stages.training.backend import keras
from stages.training.model_file import save_model
from stages.training.networks import Network


def test_a_saved_model_loads_and_predicts_the_same(tmp_path):
    model = Network(4, (6,), 3, "softmax").build(3)
    save_model(model, tmp_path / "model.keras")
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(rows, verbose=0), model.predict(rows, verbose=0))
    assert (loaded.name, [layer.name for layer in loaded.layers]) == ("network", ["hidden_1", "output"])


def test_the_same_model_is_saved_as_the_same_bytes(tmp_path):
    network, kept = Network(4, (6,), 1, "tanh"), []
    for name in ("once", "again", "another"):
        model = network.build(1 if name == "another" else 0)
        kept.append(model)  # so that the next one gets other addresses
        save_model(model, tmp_path / f"{name}.keras")
    once, again, another = ((tmp_path / f"{name}.keras").read_bytes() for name in ("once", "again", "another"))
    assert once == again
    assert once != another


def test_a_saved_model_holds_no_date_and_no_memory_address(tmp_path):
    save_model(Network(2, (3,), 1, "linear").build(0), tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert json.loads(archive.read("metadata.json"))["date_saved"] == "1980-01-01@00:00:00"
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        numbers = re.findall(rb'"shared_object_id": (\d+)', archive.read("config.json"))
    # objects that one process shares have one address, so bytes that differ between processes are the same in one
    assert {int(number) for number in numbers} == set(range(1, len(set(numbers)) + 1))
    assert numbers
