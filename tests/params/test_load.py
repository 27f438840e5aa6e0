import copy
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.params.load import ParamsError, check_params, load_params, parse_params

SECTIONS = "loss, compare, datasets, comparisons, train, track, report"


def line(text):
    """The one line that a file with this text is refused with."""
    with pytest.raises(UserError) as raised:
        parse_params(text, Path("params.yaml"))
    [only] = str(raised.value).splitlines()
    return only


def test_a_file_is_read_and_checked(loaded, defaults_text, tmp_path):
    (tmp_path / "params.yaml").write_text(defaults_text, encoding="utf-8")
    assert load_params(tmp_path / "params.yaml") == loaded == parse_params(defaults_text)
    assert list(loaded.selected()) == list(loaded.comparisons)


def test_a_mistake_names_the_file_and_has_a_line_of_its_own(defaults_text):
    text = defaults_text.replace("seeds: 30", "seeds: 0").replace("batch_size: 32", "batch_sise: 32")
    with pytest.raises(ParamsError) as raised:
        parse_params(text, Path("other.yaml"))
    lines = str(raised.value).splitlines()
    assert len(lines) == len(raised.value.mistakes)
    assert lines[0].startswith("other.yaml: train: 'batch_sise' is not a key here; did you mean 'batch_size'? Keys: ")


def test_a_name_over_two_lines_is_told_in_one(defaults):
    defaults["comparisons"]["circles"]["losses"] = ["foo\nbar"]
    assert "circles.losses[0]: 'foo\\nbar' is not a loss" in line(yaml.safe_dump(defaults))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("loss: [", ", line 1, column 8: not YAML: expected the node content, but found '<stream end>'"),
        ("loss: all\ntrain: a: b", ", line 2, column 9: not YAML: mapping values are not allowed here"),
        ("\tloss: all", ", line 1, column 1: not YAML: found character '\\t' that cannot start any token"),
        ("loss: all\ntrain: {}\nloss: mse", ', line 3, column 1: not YAML: found duplicate key "loss"'),
        ("a: {b: 1, c: 2, b: {d: 3}}", ', line 1, column 17: not YAML: found duplicate key "b"'),
        ("a: !mine 3", ", line 1, column 4: not YAML: could not determine a constructor for the tag '!mine'"),
        ("", f": the keys {SECTIONS} are needed; the file holds nothing"),
        ("- all", f": the keys {SECTIONS} are needed; the file holds a list"),
        ("all", f": the keys {SECTIONS} are needed; the file holds 'all'"),
    ],
    ids=["bracket", "colon", "tab", "twice", "twice in one line", "tag", "empty", "list", "word"],
)
def test_a_file_that_is_no_mapping_is_refused(text, told):
    assert line(text) == f"params.yaml{told}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("loss: 2020-13-45", "month must be in 1..12"),
        (f"loss: {'9' * 5000}", "Exceeds the limit (4300 digits) for integer string conversion"),
        ("[" * 1000, "maximum recursion depth exceeded"),
        ("loss: \x07", "unacceptable character #x0007"),
    ],
    ids=["a day that is none", "a number of 5000 digits", "1000 brackets", "a bell"],
)
def test_yaml_that_cannot_be_built_is_refused(text, why):
    assert line(text).startswith(f"params.yaml: not YAML: {why}")


def test_numbers_and_words_are_read_as_dvc_reads_them(defaults_text):
    text = defaults_text.replace("learning_rate: 0.01", "learning_rate: 1e-3").replace("losslab ", "yes ")
    params = parse_params(text)
    assert params.setup("circles").optimizer.learning_rate == 0.001
    assert params.track.experiment == "yes"


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"loss: \xff")
    with pytest.raises(UserError, match=r"params.yaml: not UTF-8 text \(byte 6\)"):
        load_params(path)


def test_a_missing_file_tells_where_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        load_params()
    assert str(raised.value) == "params.yaml is missing; run this in the project's folder"


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(UserError, match=r"params.yaml is a folder, and a file is needed$"):
        load_params(tmp_path / "params.yaml")


def _paths(value, path=()):
    """The paths of every key and item below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*path, key)
        yield from _paths(below, (*path, key))


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([10**400, math.nan, math.inf, -math.inf, 1e-320, "", "all", "mse", "hinge", "1e-3", "none", "é"])
    | st.text(max_size=4)
    | st.dates()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


HOUSES = """
source: {file: data/external/houses-*.csv, target: [price], features: [rooms, 3], drop: [id], encoding: utf-8}
split: {method: group, column: street, folds: 3}
scale: {target: minmax}
"""
HOUSES_COMPARED = """
losses: [mse, {loss: huber, delta: 0.2, as: huber_small}, {loss: my_losses:pinball, as: pinball90, targets: value}]
dropout: 0.2
optimizer: {name: Adam}
"""


@settings(max_examples=100)
@given(data=st.data())
def test_whatever_is_edited_is_either_taken_or_refused_in_lines(defaults_read, data):
    edited = copy.deepcopy(defaults_read)
    edited["datasets"]["houses"] = yaml.safe_load(HOUSES)
    edited["comparisons"]["houses"] = yaml.safe_load(HOUSES_COMPARED)
    for _ in range(data.draw(st.integers(1, 3))):
        paths = list(_paths(edited))
        if not paths:
            break
        *above, key = data.draw(st.sampled_from(paths))
        inside = edited
        for part in above:
            inside = inside[part]
        match data.draw(st.sampled_from(["set", "remove", "add", "copy"])):
            case "set":
                inside[key] = data.draw(VALUES)
            case "remove":
                del inside[key]
            case "add" if isinstance(inside, dict):
                name = data.draw(st.text(max_size=3) | st.sampled_from(["target", "circles", "noise"]))
                inside[name] = data.draw(VALUES)
            case _:
                source = edited
                for part in data.draw(st.sampled_from(paths)):
                    source = source[part]
                inside[key] = copy.deepcopy(source)
    try:
        params, refusal = check_params(edited), ""
    except UserError as error:
        params, refusal = None, str(error)
    if params:
        assert params.selected()
        assert set(params.selected()) <= set(params.comparisons)
    else:
        assert all(line.startswith("params.yaml: ") for line in refusal.split("\n"))


def test_each_published_comparison_has_a_fair_one_that_differs_in_its_split_and_its_learning_rates(loaded):
    published = [name for name in loaded.comparisons if loaded.dataset_of(name) == name]
    for name in published:
        one, other = loaded.comparisons[name], loaded.comparisons[f"{name}_fair"]
        assert loaded.dataset_of(f"{name}_fair") == name
        differing = {"dataset", "split", "optimizer"}
        assert one.model_dump(exclude=differing) == other.model_dump(exclude=differing)
        assert len(loaded.setup(name).optimizer.rates()) == 1
        assert len(loaded.setup(f"{name}_fair").optimizer.rates()) > 1
    assert len(loaded.comparisons) == 2 * len(published) == 6
