"""Stage `track`: log every run to MLflow, once for each of DVC's experiments."""

from stages.basics import cli, files, paths
from stages.basics.words import counted
from stages.params import experiment
from stages.params.load import load_params
from stages.records import durations, references, runs, store, winners
from stages.tracking import contents, mlflow_store, registry
from stages.tracking import references as reference_runs
from stages.tracking.mlflow_store import Told
from stages.tracking.origin import origin
from stages.tracking.pages import Headline


def main() -> None:
    """Log every run to MLflow; write ``data/tracked.json``: ``comparison → loss → fingerprint``."""
    params = load_params()
    verdicts = files.read_json(paths.VERDICTS, stage="report")
    compared, selected = params.compared(), params.selected()
    trained = {name: [runs.read(name, loss.name) for loss in losses] for name, losses in selected.items()}
    tracked: dict[str, dict[str, str]] = {}
    n_new, n_models, n_references, tags, kept = 0, 0, 0, origin(), store.from_environment()
    with mlflow_store.connect() as client:
        for name, every in trained.items():
            verdict = verdicts[name]
            headline = Headline(verdict["headline"], verdict["higher_is_better"])
            # what MLflow shows first is of all losses, and not of an experiment that runs beside the workspace
            last_word = paths.in_workspace() and len(every) == len(params.one_of_each(name, compared[name]))
            page = mlflow_store.experiment_of(
                client, f"{params.track.experiment}/{name}", verdict["verdict"], headline, last_word=last_word
            )
            tracked[name] = {run.loss.name: runs.fingerprint(name, run.loss.name) for run in every}
            for run in every:
                told = verdict["losses"][run.loss.name]
                n_new += mlflow_store.log_once(
                    client,
                    page,
                    contents.as_decided(run, headline.name, told.get("decided")),
                    fingerprint=tracked[name][run.loss.name],
                    told=Told(
                        headline,
                        told["verdict"],
                        told["note"],
                        told["color"],
                        figures=[*told["figures"], *verdict["figures"]],
                        seconds=durations.of(kept, name, run.loss.name),
                    ),
                    tags=tags,
                    options=params.track,
                    cells=params.report.cells,
                    last_word=last_word,
                )
            for each in references.read(name):
                of_it = {"headline": headline.name, "told": verdict["references"][each.name], "tags": tags}
                n_references += reference_runs.log_once(client, page, name, params.dataset_of(name), each, **of_it)
            if last_word:
                mlflow_store.mark_alone(client, page, tracked[name].values())
            if last_word and (winner := winners.read(name)):
                run_id = mlflow_store.run_of(client, page, tracked[name][winner.settings.loss.name], tags)
                model = f"{params.track.experiment}-{name}"
                n_models += registry.register_once(client, model, run_id, winner, tags)
    files.write_json(paths.TRACKED, tracked)
    n_runs = sum(map(len, trained.values()))
    models = f", {counted(n_models, 'new model')}" if n_models else ""
    others = f", {counted(n_references, 'new reference model')}" if n_references else ""
    cli.say(
        f"track: {n_new} new of {n_runs} runs{others}{models} in {mlflow_store.address()}; look at them with: make ui"
    )
    for line in experiment.what_stays():
        cli.say(f"track: {line}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
