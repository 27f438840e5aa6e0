"""``make try`` with arrays, folders of images and generators."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from stages.basics.cli import UserError
from stages.commands import add_table as add
from stages.params.load import load_params

PARAMS = """datasets:
  rings: {source: {generator: make_circles, n_samples: 40, random_state: 1}}
comparisons:
  rings: {losses: [hinge]}
train: {seeds: 2, optimizer: {name: SGD, learning_rate: 0.01}}
"""
RNG = np.random.default_rng(0)
META = RNG.normal(size=(40, 3))
X, Y = RNG.integers(0, 255, (40, 8, 8)).astype(np.uint8), np.arange(40) % 2
USAGE = "make help names every key; usage: make try FILE=houses.csv TARGET=price"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run ``make try`` in a project, beside which there are arrays and images; what it says and the dataset it adds."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    np.savez(tmp_path / "cells.npz", x=X, y=Y, extra=Y)
    np.savez(tmp_path / "named.npz", pixels=X, label=Y)
    np.savez(tmp_path / "masks.npz", x=X, mask=np.where(X > 200, 255, 0).astype(np.uint8))
    np.savez(tmp_path / "parts.npz", x_image=X, x_meta=META, y=Y)
    for row in range(8):
        path = tmp_path / "photos" / "ab"[row % 2] / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RNG.integers(0, 255, (100, 50, 3)).astype(np.uint8)).save(path)

    def of(*arguments):
        monkeypatch.setattr(sys, "argv", ["add_table", *arguments])
        add.main()
        [added] = [name for name in load_params().datasets if name != "rings"]
        written = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["datasets"][added]
        return capsys.readouterr().out.splitlines(), written["source"]

    return of


def test_arrays_are_copied_added_and_told(run):
    lines, source = run("../cells.npz", "y")
    assert source == {"arrays": "data/external/cells.npz", "target": "y"}
    assert Path("data/external/cells.npz").read_bytes() == Path("../cells.npz").read_bytes()
    text = "\n".join(lines)
    first = f"try: 40 images of 8 × 8 pixels and 1 channel, kept as uint8; numbers from 0 to {X.max()}"
    assert lines[0] == f"{first} are scaled to mean 0 and deviation 1 by channel"
    assert "try: y: two different values (0, 1), so the task is binary" in text
    assert "try: cells.npz: no key names extra, so not used" in lines
    assert "(if they are sequences of 8 steps and 8 channels: kind: sequences beside arrays:)" in text
    assert "added datasets.cells and comparisons.cells (binary_crossentropy, " in text
    assert "try: to keep the arrays in DVC, not in git: dvc add data/external/cells.npz" in lines
    assert "network" not in load_params().comparisons["cells"].model_fields_set


def test_the_features_are_the_only_array_that_can_be(run):
    assert run("../named.npz", "label")[1] == {
        "arrays": "data/external/named.npz",
        "features": "pixels",
        "target": "label",
    }


def test_arrays_whose_names_begin_with_x_are_several_inputs(run):
    lines, source = run("../parts.npz", "y")
    assert source == {"arrays": "data/external/parts.npz", "features": ["x_image", "x_meta"], "target": "y"}
    told = "40 rows of 2 inputs, x_image (images of 8 × 8 pixels and 1 channel), x_meta (3 numbers), kept as float32"
    assert lines[0].startswith(f"try: {told}; numbers of x_image from 0 to {X.max()}, of x_meta from ")
    assert any("rows are taken for images of 8 × 8 pixels (if they are sequences of 8" in line for line in lines)


@pytest.mark.endurance  # its networks are probed
def test_masks_are_seen_and_get_their_losses(run):
    lines, source = run("../masks.npz", "mask")
    assert source == {"arrays": "data/external/masks.npz", "target": "mask"}
    text = "\n".join(lines)
    assert "try: mask: two different values (0, 255), so the task is binary" in text
    losses = load_params().comparisons["masks"].losses
    assert {"binary_crossentropy", "dice", "tversky"} <= set(losses)


def test_keys_can_be_given_at_once(run):
    lines, source = run("../cells.npz", "y", "steps", "kind: sequences, scale: {features: none}")
    assert source["kind"] == "sequences"
    assert load_params().datasets["steps"].scale.features == "none"
    text = "\n".join(lines)
    assert "40 sequences of 8 steps and 8 channels" in text
    assert (
        "are not scaled, and networks learn badly from large ones (to scale them: scale: {features: standard}" in text
    )


def test_a_folder_of_images_is_copied_and_its_size_is_that_of_the_images_at_most_64(run):
    lines, source = run("../photos", "class")
    assert source == {"images": "data/external/photos", "size": [64, 32]}
    assert len(list(Path("data/external/photos").rglob("*.png"))) == 8
    resized = "8 of 8 images are of 100 × 50 pixels, brought to 64 × 32"
    assert f"try: {resized} (for another size: size: [64, 32] beside images:)" in lines
    # what is there already and the same stays; another folder of that name is refused
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    assert run("../photos", "class")[1] == source
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    Path("../photos/a/0.png").write_bytes(Path("../photos/a/2.png").read_bytes())
    with pytest.raises(
        UserError, match=r"data/external/photos is there already and is another file; rename \.\./photos"
    ):
        run("../photos", "class")


@pytest.mark.parametrize(
    ("arguments", "source", "line"),
    [
        (["digits", ""], {"generator": "digits"}, "try: 1,797 images of 8 × 8 pixels and 1 channel, kept as uint8"),
        (["shapes", "area"], {"generator": "shapes", "target": "area"}, "try: 1,000 images of 16 × 16 pixels"),
        (["waves", "form", "", "n_samples: 90"], {"generator": "waves", "target": "form", "n_samples": 90},
         "try: 90 sequences of 32 steps and 1 channel"),
    ],
)  # fmt: skip
def test_a_generator_is_added_by_its_name(run, arguments, source, line):
    lines, written = run(*arguments)
    assert written == source
    assert lines[0].startswith(line)
    assert not any("dvc add" in each for each in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["../cells.npz", "z"], "TARGET: ../cells.npz holds no array 'z'; it holds x 40 × 8 × 8 uint8, y 40 int64"),
        (["../photos", "kind"], "TARGET=kind: what the folders of ../photos name is called class: TARGET=class"),
        (["digits", "shape"], "datasets.digits.source.target: 'shape' is not allowed here. Allowed: digit"),
        (["../photos/a", "class"], f"../photos/a is not a file; {USAGE}"),
        (["../cells.npz", "y", "own", "colour: grey"], "datasets.own.source: 'colour' is not a key here. Keys: arrays"),
        (["../cells.npz", "y", "own", "kind: vectors"], "kind: vectors have 1 axis besides that of the rows"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_and_leaves_everything_as_it_was(run, arguments, message):
    with pytest.raises(UserError) as error:
        run(*arguments)
    assert message in str(error.value)
    assert Path("params.yaml").read_text(encoding="utf-8") == PARAMS
    assert not Path("data").exists()
