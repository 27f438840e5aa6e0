"""Where everything is, relative to the project's folder (a stage's working directory)."""

import os
from pathlib import Path

HERE = Path()
PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")
EXTERNAL = Path("data/external")
BUDGETS = Path("data/budgets")
SETTINGS = Path("data/settings")
RAW = Path("data/raw")
SCALED = Path("data/scaled")
PLANS = Path("data/plans")
PIPELINES = Path("data/pipelines")
RUNS = Path("data/runs")
REFERENCES = Path("data/references")
WINNERS = Path("data/winners")
TRACKED = Path("data/tracked.json")
PUBLISHED = Path("data/published.yaml")
CUSTOM = Path("stages/custom")
REPORTS = Path("reports")
VERDICTS = REPORTS / "verdicts.json"
RECOMMENDED = REPORTS / "recommended.json"
FIGURES = REPORTS / "figures"


def root() -> Path:
    """The real repository, also when DVC runs a stage in a temporary copy of it."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def in_workspace() -> bool:
    """Whether this runs in the repository itself, not in a temporary copy of it (queued and temporary experiments)."""
    return root() == Path.cwd()
