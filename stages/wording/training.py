"""What stage `train` says at its end: what was chosen for each loss, which seeds failed, what the store gave."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from stages.basics.words import counted
from stages.records.runs import Run, Tuning

N_REASONS = 3  # that are said
N_NAMES = 3
GIGABYTE = 1e9


def outcome(run: Run) -> list[str]:
    """Lines that tell what became of a run: what was chosen, and which seeds failed."""
    name, lines = f"train: {run.comparison}: {run.loss.name}", []
    if tuning := run.tuning:
        lines.append(f"{name}: {chosen(run)}, chosen by {_chosen_by(tuning)}")
        if tuning.gave_way.size:
            rates = ", ".join(f"{rate:g}" for rate in tuning.gave_way)
            lines.append(f"{name}: the learning rate {rates} gave way, as some of the seeds went astray with it")
        if tuning.at_edge:
            end = "below" if tuning.rate <= min(tuning.rates) else "above"
            lines[0] += f"; a rate {end} those tried may be better"
        if tuning.at_last_epoch:
            lines[0] += "; more epochs may be better"
    if run.failed:
        lines.append(
            f"{name}: {len(run.failed)} of {len(run.seeds)} seeds failed: "
            "the loss or a weight became infinite or not a number"
        )
    return lines


def chosen(run: Run) -> str:
    """In words: what tuning chose for a run."""
    tuning, options = run.tuning, dict(run.tuning.options)
    words = [f"learning rate {tuning.rate:g}{' falling to 0' if tuning.schedule == 'cosine' else ''}"]
    words += [f"output {options.pop('activation')}"] if "activation" in options else []
    words += [f"{name} {value:g}" for name, value in options.items()]
    return f"{', '.join(words)} and {counted(tuning.epochs, 'epoch')}"


def _chosen_by(tuning: Tuning) -> str:
    return "its own loss on validation rows" if tuning.score == "loss" else f"validation {tuning.score}"


def at_once(
    comparison: str, n_networks: int, ratio: float, of_networks: int, of_rows: int, *, of_predictions: int = 0
) -> str:
    """In words: how many networks train at once, how fast, and what they take.

    Args:
        comparison: its name.
        n_networks: that train at once.
        ratio: how many times as fast each of them trains as by Keras' `fit` alone.
        of_networks: bytes that they take.
        of_rows: bytes of the rows that they share.
        of_predictions: bytes of what all networks give of them, where a row has many targets.
    """
    speed = f"about {ratio:.0f} times as fast as" if ratio >= 1.5 else "no faster than"
    together = f"{counted(n_networks, 'network')} at once" if n_networks > 1 else "one network at a time"
    rows = f"{of_rows / GIGABYTE:.1f} GB of rows"
    rows += f" and {of_predictions / GIGABYTE:.1f} GB of predictions" if of_predictions else ""
    memory = f"about {of_networks / GIGABYTE:.1f} GB for a process, and {rows}"
    return f"train: {comparison}: {together}, each {speed} model.fit; {memory}"


def without_mapping(comparison: str, layer: str, kind: str) -> str:
    """In words: that a layer, or an operation, is calculated replica by replica."""
    return f"train: {comparison}: {layer} ({kind}) has no mapping on the replica axis: it trains replica by replica"


def what_was_new(reasons: Mapping[str, str | None]) -> list[str]:
    """Why units were not found in the store though it had something of them, a line each, the most frequent first.

    Args:
        reasons: by unit what of it is new, in words; None where there is nothing to say.
    """
    of_reason = defaultdict(list)
    for unit, new in reasons.items():
        if new:
            of_reason[new].append(unit)
    by_number = sorted(of_reason.items(), key=lambda reason: -len(reason[1]))
    return [f"train: what is new: {new} ({_some(units)})" for new, units in by_number[:N_REASONS]]


def _some(units: list[str]) -> str:
    """Names, where there are few; else the first and how many more."""
    return ", ".join(units) if len(units) <= N_NAMES else f"{units[0]} and {len(units) - 1} more"


def came_from(units: Sequence[tuple[int, int]]) -> str:
    """How many units the store gave, in words, from the number of chunks of each that it gave and of all its chunks."""
    n_whole = sum(n_stored == n_chunks for n_stored, n_chunks in units)
    n_partly = sum(0 < n_stored < n_chunks for n_stored, n_chunks in units)
    parts = [
        *([f"{n_whole} from the store"] if n_whole else []),
        *([f"{n_partly} from the store in part"] if n_partly else []),
        f"{len(units) - n_whole - n_partly} trained",
    ]
    return f"{counted(len(units), 'unit')}: {', '.join(parts)}"
