"""Where a run came from, as tags of MLflow: DVC experiment, git commit, whether the code had changed since."""

import os
import subprocess

EXPERIMENT = "dvc.exp_name"


def origin() -> dict[str, str]:
    """The tags; those of DVC only within one of its experiments, those of git only within a repository."""
    tags = {
        tag: os.environ[name]
        for tag, name in ((EXPERIMENT, "DVC_EXP_NAME"), ("dvc.exp_baseline", "DVC_EXP_BASELINE_REV"))
        if os.environ.get(name)
    }
    commit = _git("rev-parse", "HEAD")
    if commit:
        # what the pipeline itself writes does not make the tree dirty
        changed = _git("status", "--porcelain", "--", ".", ":!reports", ":!dvc.lock")
        tags |= {"mlflow.source.git.commit": commit, "git.dirty": str(bool(changed)).lower()}
    return tags | {"mlflow.source.name": "dvc.yaml", "mlflow.source.type": "PROJECT"}


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
