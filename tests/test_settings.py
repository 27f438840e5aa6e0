"""Stage `settings`: what each stage depends on of params.yaml."""

import pytest
import yaml

from stages import settings
from stages.basics.cli import UserError


@pytest.fixture
def parts(tmp_path, monkeypatch, defaults):
    """What the stage writes for each other, once the project's own parameters are edited."""
    monkeypatch.chdir(tmp_path)

    def run(edit=dict, comment=""):
        values = yaml.safe_load(yaml.safe_dump(defaults, sort_keys=False))
        edit(values)
        (tmp_path / "params.yaml").write_text(comment + yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        settings.main()
        return {path.stem: path.read_bytes() for path in (tmp_path / "data/settings").iterdir()}

    return run


def test_each_stage_gets_what_it_reads(parts, defaults):
    written = {stage: yaml.safe_load(text) for stage, text in parts().items()}
    assert list(written["generate"].items()) == [(key, defaults[key]) for key in ("datasets", "comparisons")]
    assert written["scale"] == written["generate"] | {"train.seeds": 30, "train.budget": "none"}
    assert written["train"]["report.headline"] == {"regression": "mse", "regression_fair": "mse"}
    assert set(written["train"]) == {"loss", "compare", "datasets", "comparisons", "train", "report.headline"}
    assert written["report"]["report"] == defaults["report"]


@pytest.mark.parametrize(
    ("edit", "run_again"),
    [
        (lambda values: values["report"].update(baseline="hinge"), {"report"}),
        (lambda values: values["report"].update(headline={"circles": "roc_auc"}), {"train", "report"}),
        (lambda values: values["train"].update(seeds=10), {"scale", "train", "winner"}),
        (lambda values: values["train"].update(batch_size=10), {"train", "winner"}),
        (lambda values: values["track"].update(per_seed=True), set()),
        (lambda values: values.update(compare="circles"), {"train", "report", "winner"}),
        (lambda values: values["datasets"]["blobs"].pop("scale"), set(settings.READS)),
        (lambda values: values.update(comparisons=dict(reversed(values["comparisons"].items()))), set(settings.READS)),
    ],
)
def test_what_a_stage_does_not_read_changes_nothing_for_it(parts, edit, run_again):
    before = parts(comment="# another layout\n")
    assert parts() == before
    after = parts(edit)
    assert {stage for stage in before if after[stage] != before[stage]} == run_again


def gone(values, key):
    del values[key]


def empty(values, key):
    values[key] = None


@pytest.mark.parametrize(
    ("key", "remove"),
    [
        *((key, gone) for key in ("loss", "compare")),
        *((key, by) for key in ("train", "report", "track") for by in (gone, empty)),
    ],
)
def test_a_key_may_be_left_out_and_a_section_be_empty(parts, key, remove):
    written = {stage: set(yaml.safe_load(text)) for stage, text in parts(lambda values: remove(values, key)).items()}
    assert written == {
        stage: {read for read in reads if read.partition(".")[0] != key} for stage, reads in settings.READS.items()
    }


def test_keys_that_yaml_reads_as_numbers_and_dates_are_kept(parts):
    def edit(values):
        source = {"file": "data/external/a.csv", "target": "y", "labels": {"grade": {1: "low", "2": "high"}}}
        values["datasets"]["a"] = {"source": source | {"missing": {"day": ["2024-01-01"]}}}
        values["comparisons"]["a"] = {"losses": ["mse"]}

    source = yaml.safe_load(parts(edit)["generate"])["datasets"]["a"]["source"]
    assert source["labels"] == {"grade": {1: "low", "2": "high"}}
    assert source["missing"] == {"day": ["2024-01-01"]}


def test_a_mistake_is_told_and_nothing_is_written(parts, tmp_path):
    with pytest.raises(UserError, match=r"params.yaml: loss: 'hing' is not a loss"):
        parts(lambda values: values.update(loss="hing"))
    assert not (tmp_path / "data").exists()
