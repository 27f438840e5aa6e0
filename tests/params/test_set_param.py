"""What the documentation invites to try with ``dvc exp run -S``: DVC refuses a key that is not in params.yaml."""

import re
import shlex

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from stages.params.load import check_params
from tests.projects import ROOT

DOCUMENTS = (
    "README.md",
    "stages/custom/README.md",
    "tests/params.yaml",
    "docs/**/*.md",
    "stages/reporting/sections/*.py",
)
SET = re.compile(r"(?<![\w-])-S ('[^']+'|[^\s`']+)")


def invited():
    """Every setting that the project's documents show, one by one where several are queued."""
    texts = [path.read_text(encoding="utf-8") for pattern in DOCUMENTS for path in ROOT.glob(pattern)]
    for given in {shlex.split(found.rstrip(";"))[0] for text in texts for found in SET.findall(text)}:
        key, _, value = given.partition("=")
        yield from [given] if value[0] in "[{" else [f"{key}={each}" for each in value.split(",")]


INVITED = sorted(set(invited()))


def test_there_are_some():
    assert {"loss=msle", "loss=[mse,huber]", "train.seeds=10", "train.optimizer.learning_rate=0.02"} <= set(INVITED)


@pytest.mark.parametrize("override", [*INVITED, "train.seeds=60", "train.seeds={at_most: 60}"])
def test_dvc_takes_it_and_what_is_of_the_projects_own_comparisons_fits(tmp_path, defaults_text, override):
    file = tmp_path / "params.yaml"
    file.write_text(defaults_text, encoding="utf-8")
    apply_overrides(file, [override])
    values = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert values != yaml.safe_load(defaults_text)
    if not re.search("hing$|houses|huber_small", override):  # a mistake, and what a table of the reader's own has
        check_params(values)


@pytest.mark.parametrize("override", INVITED)
def test_no_line_but_the_one_that_is_set_changes(tmp_path, defaults_text, override):
    file = tmp_path / "params.yaml"
    file.write_text(defaults_text, encoding="utf-8")
    apply_overrides(file, [override])
    kept = file.read_text(encoding="utf-8").splitlines()
    assert len([line for line in defaults_text.splitlines() if line not in kept]) == 1
