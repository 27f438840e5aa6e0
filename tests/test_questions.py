"""What ``docs/questions.md`` answers is run: every entry of params.yaml, on the sample table."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from stages import generate, report, scale, train
from stages.params.load import check_params
from tests.projects import ROOT, run_all

TEXT = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
ENTRIES = [
    YAML(typ="safe", pure=True).load(block)
    for block in re.findall(r"^```yaml\n(.+?)^```", TEXT, re.MULTILINE | re.DOTALL)
]
CODE = dict(re.findall(r"^```python\n# stages/custom/(\w+\.py)\n(.+?)^```", TEXT, re.MULTILINE | re.DOTALL))


def together(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The parameters that several entries make."""
    made = {"loss": "all", "compare": "all", "datasets": {}, "comparisons": {}, "report": {"headline": {}}}
    for entry in entries:
        assert set(entry) <= {"datasets", "comparisons", "report"}
        made["datasets"] |= entry.get("datasets", {})
        made["comparisons"] |= entry.get("comparisons", {})
        made["report"]["headline"] |= entry.get("report", {}).get("headline", {})
    return made


def asked() -> Iterator[str]:
    """Every question."""
    yield from re.findall(r"^### (.+)$", TEXT, re.MULTILINE)


def test_every_question_has_an_entry_and_no_two_call_a_comparison_alike():
    answers = re.split(r"^### .+$", TEXT.partition("## Not yet")[0], flags=re.MULTILINE)[1:]
    assert len(answers) == len(list(asked())) >= 20
    assert all("```yaml\ncomparisons:" in answer or "\ncomparisons:" in answer for answer in answers)
    names = [name for entry in ENTRIES for name in entry.get("comparisons", {})]
    assert len(names) == len(set(names))


def test_every_entry_is_taken_as_parameters():
    check_params(together(ENTRIES))


@pytest.mark.endurance
def test_every_entry_is_trained_and_gets_a_verdict(tmp_path):
    params = together(ENTRIES) | {"train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.01}}}
    for comparison in params["comparisons"].values():
        comparison |= {"epochs": 1, "hidden": [4]}
        comparison.pop("optimizer", None)
    run_all(
        tmp_path,
        params,
        CODE,
        lambda folder: (folder / "flats.csv").write_bytes((ROOT / "examples/flats.csv").read_bytes()),
        *(generate, scale, train, report),
    )
    verdicts = json.loads((tmp_path / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert set(verdicts) == set(params["comparisons"])
    for name, score in params["report"]["headline"].items():
        assert verdicts[name]["headline"] == score
    for name, comparison in params["comparisons"].items():
        trained = {path.name for path in (tmp_path / "data/runs" / name).iterdir()}
        losses = comparison["losses"]
        named = [entry if isinstance(entry, str) else entry.get("as") or entry["loss"] for entry in losses]
        assert {each.partition(":")[2] or each for each in named} == trained, name
