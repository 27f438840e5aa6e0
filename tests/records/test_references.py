import numpy as np
import pytest

from stages.basics import paths
from stages.basics.cli import UserError
from stages.records import references
from stages.records.references import Reference


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4, 1)
    scores = {"test": {"accuracy": [0.5, None, 1.0]}}
    every = [
        Reference(
            "linear", "sklearn.linear_model.LogisticRegression", {"C": 1.0}, (0, 1, 2), 3, 4, None, scores, outputs
        ),
        Reference("boosting", "x.Trees", {}, (0, 1, 2), 3, 3, problem="its train rows are all of one class"),
    ]
    references.write({"rings": every, "blobs": []})
    return every


def test_what_is_written_is_read(written):
    assert references.read("blobs") == []
    for before, after in zip(written, references.read("rings"), strict=True):
        assert {**vars(before), "outputs": 0} == {**vars(after), "outputs": 0}
        np.testing.assert_array_equal(before.outputs, after.outputs)


def test_the_same_references_give_the_same_bytes_and_fingerprints_and_are_told_apart(written):
    files = {path.name: path.read_bytes() for path in paths.REFERENCES.iterdir()}
    prints = {name: references.fingerprint("rings", name) for name in ("linear", "boosting")}
    references.write({"rings": written, "blobs": []})
    assert {path.name: path.read_bytes() for path in paths.REFERENCES.iterdir()} == files
    assert {name: references.fingerprint("rings", name) for name in prints} == prints
    assert len(set(prints.values())) == 2


@pytest.mark.usefixtures("written")
def test_what_was_written_before_of_other_comparisons_is_gone():
    references.write({"spirals": []})
    assert {path.stem for path in paths.REFERENCES.iterdir()} == {"spirals"}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("name", ["rings.json", "rings.npz"])
def test_a_damaged_file_is_named_with_the_stage_that_writes_it(name):
    (paths.REFERENCES / name).write_bytes(b"{}")
    with pytest.raises(UserError, match=rf"{name}.*dvc repro.* train"):
        references.read("rings")
    (paths.REFERENCES / name).unlink()
    with pytest.raises(UserError, match=rf"{name} is missing"):
        references.read("rings")


def test_a_mean_is_of_all_seeds(written):
    assert written[0].mean("test", "accuracy") is None
    assert written[0].mean("train", "accuracy") is None
