"""Kinds of source that give arrays: what they give, and what they refuse."""

import re

import numpy as np
import pytest
import yaml
from PIL import Image
from pydantic import ValidationError
from sklearn.datasets import load_digits

from stages.arrays import registry
from stages.basics.cli import UserError
from stages.params.load import check_params
from stages.params.source import SOURCE
from stages.wording.findings import in_words

KEY = "params.yaml: datasets.own.source"


def given(groups=(), **source):
    return SOURCE.validate_python(source).give(groups, KEY)


def features(**source):
    return given(**source).rows.read(slice(None))


@pytest.fixture
def save(tmp_path, monkeypatch):
    """Save arrays as data/external/own.npz, or as a folder of .npy."""
    monkeypatch.chdir(tmp_path)

    def write(*, as_folder=False, **arrays):
        place = tmp_path / "data/external"
        place.mkdir(parents=True, exist_ok=True)
        if not as_folder:
            np.savez(place / "own.npz", **arrays)
            return "data/external/own.npz"
        (place / "own").mkdir()
        for name, array in arrays.items():
            np.save(place / "own" / f"{name}.npy", array)
        return "data/external/own"

    return write


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Save images, by their paths below data/external/cells; a text stands for a file that is none."""
    monkeypatch.chdir(tmp_path)

    def write(images):
        for name, image in images.items():
            path = tmp_path / "data/external/cells" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(image, str):
                path.write_text(image, encoding="utf-8")
            elif image is None:
                path.mkdir()
            else:
                Image.fromarray(image).save(path)
        return "data/external/cells"

    return write


def test_a_kind_of_source_is_one_module(root):
    modules = {file.stem for file in (root / "stages/arrays/kinds").glob("*.py")} - {"__init__"}
    assert set(registry.kinds()) == modules == {"arrays", "digits", "images", "shapes", "waves"}


# --- arrays


@pytest.mark.parametrize("as_folder", [False, True])
def test_arrays_are_read_by_their_names_and_the_others_are_told(save, as_folder):
    x, y = np.arange(24.0).reshape(4, 3, 2), np.array([0, 1, 0, 1])
    place = save(as_folder=as_folder, pixels=x, label=y, other=np.zeros(4))
    read = given(arrays=place, features="pixels", target="label")
    np.testing.assert_array_equal(read.rows.read(slice(None)), x)
    np.testing.assert_array_equal(read.beside["label"], y)
    [unused] = read.findings
    assert (unused.kind, unused.examples) == ("arrays unused", ["other"])


def test_a_folder_of_arrays_is_mapped_to_memory(save):
    read = given(arrays=save(as_folder=True, x=np.ones((4, 2)), y=np.arange(4)))
    inside = read.rows.read.__closure__[0].cell_contents
    assert isinstance(inside, np.memmap)


@pytest.mark.parametrize(
    ("arrays", "source", "message"),
    [
        ({"pixels": np.ones((4, 2)), "y": np.arange(4)}, {},
         f"{KEY}.features: data/external/own.npz holds no array 'x'; it holds pixels 4 × 2 float64, y 4 int64"),
        ({"x": np.ones((4, 2)), "labels": np.arange(4)}, {"target": "label"},
         f"{KEY}.target: data/external/own.npz holds no array 'label'; did you mean 'labels'?; it holds"),
        ({"x": np.ones((4, 2)), "y": np.arange(5)}, {},
         f"{KEY}: data/external/own.npz: 'x' has 4 rows and 'y' 5; each row needs its own"),
        ({"x": np.ones((2, 2)), "y": np.array([[1], [1, 2]], object)}, {},
         "data/external/own.npz: 'y' holds Python objects, which are never unpickled; save it as numbers or texts"),
        ({"x": np.float64(3), "y": np.arange(5)}, {}, "'x' is a single number; its first axis is to be the rows"),
        ({}, {}, "data/external/own.npz holds no arrays"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_a_line(save, arrays, source, message):
    place = save(**arrays)
    with pytest.raises(UserError) as error:
        given(arrays=place, **source)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_damaged_missing_or_alone_are_told(save, tmp_path):
    place = save(x=np.ones((100, 20)), y=np.arange(100))
    whole = (tmp_path / place).read_bytes()
    (tmp_path / place).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"own\.npz cannot be read as NumPy's arrays: .*; write it again"):
        given(arrays=place)
    with pytest.raises(UserError, match=r"none\.npz is not there; copy it to that place"):
        given(arrays="data/external/none.npz")
    np.save(tmp_path / "data/external/x.npy", np.ones(3))
    with pytest.raises(UserError, match=r"x\.npy is one array; give the folder"):
        given(arrays="data/external/x.npy")


def test_nothing_is_unpickled(save, tmp_path):
    class Writes:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w').close()",))

    place = save(x=np.ones((2, 2)), y=np.array([Writes(), Writes()], object))
    with pytest.raises(UserError, match="never unpickled"):
        given(arrays=place)
    assert not (tmp_path / "ran").exists()


# --- images


def grey(value, shape=(4, 6)):
    return np.full(shape, value, np.uint8)


def test_images_are_of_the_class_that_their_folder_names(draw):
    colour = np.zeros((4, 6, 3), np.uint8)
    colour[..., 0] = 200
    place = draw({"sick/b.png": grey(7), "sick/deep/a.png": grey(9), "well/1.png": colour, "well/notes.txt": "x"})
    read = given(images=place, size=[4, 6])
    assert read.beside["class"].tolist() == ["sick", "sick", "well"]
    pixels = read.rows.read(slice(None))
    assert (pixels.shape, pixels.dtype) == ((3, 4, 6, 3), np.uint8)
    assert pixels[:, 0, 0].tolist() == [[7, 7, 7], [9, 9, 9], [200, 0, 0]]
    np.testing.assert_array_equal(read.rows.read(np.array([2])), pixels[2:])
    [no_image] = read.findings
    assert (no_image.kind, no_image.examples) == ("no images", ["well/notes.txt"])


def test_images_stand_in_the_order_that_people_count_in(draw):
    draw({f"a/{n}.png": grey(n) for n in (10, 9, 100)} | {"b/1.png": grey(1)})
    read = given(images="data/external/cells", size=[4, 6])
    assert read.rows.read(slice(None))[:, 0, 0, 0].tolist() == [9, 10, 100, 1]


def test_images_of_one_channel_stay_so_and_those_of_16_bits_keep_their_brightness(draw):
    deep = np.full((4, 6), 30_000, np.uint16)
    read = given(images=draw({"a/1.png": grey(7), "b/1.png": deep}), size=[4, 6])
    assert read.rows.read(slice(None))[:, 0, 0].tolist() == [[7], [round(30_000 / 257)]]
    assert given(images="data/external/cells", size=[4, 6], colours="colour").rows.shape == (2, 4, 6, 3)


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_photograph_stands_upright_as_the_camera_noted_it(draw, tmp_path, orientation, turned):
    pixels = np.random.default_rng(0).integers(0, 255, (4, 6)).astype(np.uint8)
    path = draw({"a/1.png": pixels, "b/2.png": pixels})
    exif = Image.Exif()
    exif[0x0112] = orientation
    for file in (tmp_path / path).rglob("*.png"):
        Image.fromarray(pixels).save(file, exif=exif)
    expected = np.rot90(pixels, turned)
    found = given(images=path, size=list(expected.shape))
    np.testing.assert_array_equal(found.rows.read(slice(None)), np.stack([expected] * 2)[..., None])
    assert found.findings == []  # none is of another size


def test_images_of_other_sizes_are_brought_to_one_and_told(draw):
    read = given(images=draw({"a/1.png": grey(7, (8, 8)), "b/1.png": grey(9, (4, 6)), "b/2.png": grey(9)}), size=[4, 6])
    assert read.rows.read(slice(None))[:, 1, 1, 0].tolist() == [7, 9, 9]
    [resized] = read.findings
    assert (resized.kind, resized.n_rows, resized.n_of, resized.read_as) == ("resized", 1, 3, "4 × 6")


def test_what_of_images_is_not_seen_is_told_and_grey_ones_with_transparency_stay_grey(draw, tmp_path):
    place = draw({"a/1.png": grey(7), "b/2.PNG": grey(8)})
    Image.merge("LA", [Image.fromarray(grey(9)), Image.fromarray(grey(0))]).save(tmp_path / place / "b/3.png")
    frames = [Image.fromarray(grey(level)) for level in (10, 200)]
    frames[0].save(tmp_path / place / "b/4.tif", save_all=True, append_images=frames[1:])
    read = given(images=place, size=[4, 6])
    assert read.rows.read(slice(None))[:, 0, 0].tolist() == [[7], [8], [9], [10]]
    assert [in_words(finding) for finding in read.findings] == [
        "1 of 4 images have transparent parts (b/3.png); their colours count there as they are stored",
        "1 of 4 images have several frames or pages (b/4.tif); the first is taken",
    ]


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.full((4, 6), 40_000, ">u2"), round(40_000 / 257)),
        (np.full((4, 6), 40_000, np.int32), round(40_000 / 257)),
        (np.full((4, 6), 200, np.float32), 200),
        (np.full((4, 6), 0.7, np.float32), "its numbers go from 0.7 to 0.7, of which none is known as the brightest"),
        (np.full((4, 6), 70_000, np.int32), "its numbers go from 70000 to 70000, of which none is known"),
    ],
)
def test_pixels_of_more_than_eight_bits_keep_their_brightness_or_are_refused(draw, tmp_path, pixels, expected):
    place = draw({"a/1.png": grey(7), "b/1.png": grey(8)})
    Image.fromarray(pixels).save(tmp_path / place / "b/2.tif")
    if isinstance(expected, str):
        with pytest.raises(UserError) as error:
            features(images=place, size=[4, 6])
        assert f"cells/b/2.tif cannot be read as an image: {expected}" in str(error.value)
    else:
        assert features(images=place, size=[4, 6])[2, 0, 0].tolist() == [expected]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({"a/1.png": grey(1), "b": None}, "cells/b holds no image; fill it, or remove it if it is no class"),
        ({"a/1.png": grey(1)}, "cells holds the one class a; it holds a folder of images for each of 2 classes"),
        ({"1.png": grey(1)}, "cells holds no folder with images"),
        ({"train/a/1.png": grey(1), "test/a/2.png": grey(1)},
         "cells holds test and train, which are no classes; rows are divided here (split:), so put all images in one"),
        ({"a/1.png": grey(1), "b/2.png": "no image"},
         "cells/b/2.png cannot be read as an image: no image that Pillow knows; mend it, or take it out of the folder"),
    ],
)  # fmt: skip
def test_folders_that_hold_no_images_by_class_are_told(draw, images, message):
    with pytest.raises(UserError) as error:
        given(images=draw(images))
    assert message in str(error.value)


def test_an_image_that_is_cut_short_is_told(draw, tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(255, size=(64, 64)).astype(np.uint8)
    place = draw({"a/1.png": noise, "b/1.png": noise})
    path = tmp_path / place / "b/1.png"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"b/1\.png cannot be read as an image: .*; mend it"):
        features(images=place, size=[64, 64])


# --- generators


def test_digits_are_scikit_learns():
    read, known = given(generator="digits"), load_digits()
    np.testing.assert_array_equal(read.rows.read(slice(None)), known.images)
    np.testing.assert_array_equal(read.beside["digit"], known.target)


def test_shapes_are_told_neither_by_their_area_nor_by_their_brightness():
    read = given(generator="shapes", n_samples=2000, noise=0.2)
    images, shape, area = read.rows.read(slice(None)), read.beside["shape"], read.beside["area"]
    assert (images.shape, images.dtype, set(shape)) == ((2000, 16, 16), np.uint8, {"disc", "square"})
    square = shape == "square"
    for values in (area, images.mean(axis=(1, 2))):
        assert abs(values[square].mean() - values[~square].mean()) < 3 * values.std() * (2 / 2000) ** 0.5 * 1.42
    # brighter inside: the brighter a whole image, the larger what is drawn on it
    assert np.corrcoef(area, images.mean(axis=(1, 2)))[0, 1] > 0.98


def test_waves_have_the_frequency_that_is_asked_for():
    read = given(generator="waves", n_samples=300, noise=0, steps=128, target="frequency")
    values, frequency = read.rows.read(slice(None))[..., 0], read.beside["frequency"]
    strongest = np.abs(np.fft.rfft(values)).argmax(axis=1)
    assert np.abs(strongest - frequency).max() < 1
    assert set(read.beside["form"]) == {"sine", "square", "triangle"}
    assert np.abs(values).max() <= 1


@pytest.mark.parametrize("generator", ["shapes", "waves"])
def test_what_is_made_is_the_same_every_time_and_another_with_another_seed(generator):
    once, again, other = (features(generator=generator, n_samples=20, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


def test_keys_of_a_kind_are_checked():
    with pytest.raises(ValidationError, match="not a key of this section"):
        SOURCE.validate_python({"generator": "digits", "n_samples": 3})
    with pytest.raises(ValidationError, match="greater than or equal to 8"):
        SOURCE.validate_python({"generator": "shapes", "size": 4})


def test_the_page_of_arrays_shows_entries_that_are_taken_and_names_every_key(root):
    text = (root / "docs/arrays.md").read_text(encoding="utf-8")
    entries = re.findall(r"^```yaml\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(entries) > 2
    for entry in entries:
        check_params(yaml.safe_load(entry))
    for kind in registry.kinds().values():
        for key in kind.model_fields:
            assert f"`{key}" in text, f"{kind.mark()}: {key}"
