"""Stage `track`: log every run to MLflow, once for each result."""

from collections import Counter
from functools import partial
from typing import Any

from mlflow import MlflowClient

from stages.basics import cli, files, paths
from stages.basics.words import counted
from stages.params import experiment
from stages.params.load import load_params
from stages.params.schema import Params
from stages.records import durations, references, runs, store, winners
from stages.records.runs import Run
from stages.tracking import alike, connection, contents, mlflow_store, registry
from stages.tracking import references as reference_runs
from stages.tracking.mlflow_store import Summary
from stages.tracking.origin import origin
from stages.tracking.pages import Headline


def main() -> None:
    """Log every run to MLflow; write ``data/tracked.json``: ``comparison → loss → fingerprint``."""
    params = load_params()
    verdicts = files.read_json(paths.VERDICTS, stage="report")
    trained = {name: [runs.read(name, loss.name) for loss in losses] for name, losses in params.selected().items()}
    tracked = {
        name: {run.loss.name: runs.fingerprint(name, run.loss.name) for run in trained[name]} for name in trained
    }
    n_new: Counter[str] = Counter()
    with connection.connect() as client:
        for name, its_runs in trained.items():
            n_new += alike.again(partial(_log, client, params, its_runs, verdicts[name], tracked[name]))
    files.write_json(paths.TRACKED, tracked)
    n_runs = sum(map(len, trained.values()))
    others = [counted(n_new[kind], f"new {kind}") for kind in ("reference model", "model") if n_new[kind]]
    summary = ", ".join([f"{n_new['run']} new of {n_runs} runs", *others])
    cli.say(f"track: {summary} in {connection.address()}; look at them with: make ui")
    for line in experiment.what_stays():
        cli.say(f"track: {line}")


def _log(
    client: MlflowClient, params: Params, its_runs: list[Run], verdict: dict[str, Any], fingerprints: dict[str, str]
) -> Counter[str]:
    """Log a comparison: its runs, its reference models and its winner; how many of each are new."""
    name, tags, kept = its_runs[0].comparison, origin(), store.from_environment()
    # what MLflow shows first is of all losses, and not of an experiment that runs beside the workspace
    is_whole = len(its_runs) == len(params.one_of_each(name, params.compared()[name]))
    marks = {"tags": tags, "last_word": paths.in_workspace() and is_whole}
    headline = Headline(verdict["headline"], verdict["higher_is_better"])
    place = f"{params.track.experiment}/{name}"
    page = mlflow_store.experiment_of(client, place, verdict["verdict"], headline, last_word=marks["last_word"])
    n_new: Counter[str] = Counter()
    for run in its_runs:
        of_loss = verdict["losses"][run.loss.name]
        n_new["run"] += mlflow_store.log_once(
            client,
            page,
            contents.as_decided(run, headline.name, of_loss.get("decided")),
            fingerprint=fingerprints[run.loss.name],
            summary=Summary(
                headline,
                of_loss["verdict"],
                of_loss["note"],
                of_loss["color"],
                figures=[*of_loss["figures"], *verdict["figures"]],
                seconds=durations.of(kept, name, run.loss.name),
            ),
            options=params.track,
            cells=params.report.cells,
            **marks,
        )
    for model in references.read(name):
        of_it = {"headline": headline.name, "summary": verdict["references"][model.name]}
        n_new["reference model"] += reference_runs.log_once(
            client, page, name, params.dataset_of(name), model, **of_it, **marks
        )
    if marks["last_word"]:
        mlflow_store.mark_alone(client, page, fingerprints.values())
        if winner := winners.read(name):
            run_id = mlflow_store.run_of(client, page, fingerprints[winner.settings.loss.name])
            n_new["model"] += registry.register_once(client, f"{params.track.experiment}-{name}", run_id, winner, tags)
    return n_new


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
