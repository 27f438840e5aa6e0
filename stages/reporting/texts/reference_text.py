"""What models give that are no networks, in words."""

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted
from stages.records.references import Reference
from stages.reporting.formats import at_place, difference, enumerated, place_of
from stages.verdicts.comparison import Comparison
from stages.verdicts.references import Beside, fitted

_LINEAR = {"regression": "a linear model", "binary": "a logistic model", "multiclass": "a logistic model"}


def title(comparison: Comparison, reference: Reference) -> str:
    """What a model is called in a sentence."""
    return "gradient boosting" if reference.name == "boosting" else _LINEAR[comparison.task]


def value(beside: Beside) -> str:
    """The score of a model, as finely as it is told from that of the networks."""
    mean, half_width = beside.summary.mean, (beside.pair.high - beside.pair.low) / 2
    return at_place(mean, min(place_of(half_width, mean), place_of(beside.summary.half_width, mean)))


def values(comparison: Comparison) -> str:
    """What the models give that are behind the networks, in a row: as in ``gradient boosting 16,476``; or empty."""
    behind = [beside for beside in comparison.beside if not _is_ahead(beside)]
    return ", ".join(f"{title(comparison, beside.reference)} {value(beside)}" for beside in behind)


_AHEAD = {
    "better": ("does better", "do better", "surely "),
    "equivalent": ("does as well", "do as well", ""),
    "inconclusive": ("may do as well or better", "may do as well or better", ""),
}


def ahead(comparison: Comparison, networks: str) -> Markdown:
    """That models which are no networks do better or as well, with their scores; empty where none does.

    Args:
        comparison: the comparison.
        networks: the score of the recommended loss, as it is written beside theirs.
    """
    clauses = []
    for kind, (one, several, surely) in _AHEAD.items():
        models = [beside for beside in comparison.beside if _is(beside, kind)]
        if models:
            names = enumerated([title(comparison, beside.reference) for beside in models])
            scores = enumerated([value(beside) for beside in models])
            verb = f"{surely}{one if len(models) == 1 else several}"
            clauses.append(f"{names} {verb}: {text(comparison.score.name)} {scores}")
    if not clauses:
        return Markdown()
    return Markdown(f"**But {'; '.join(clauses)}**, the networks {networks}.")


def _is_ahead(beside: Beside) -> bool:
    """Whether a model is better than the networks, or may be."""
    return any(_is(beside, kind) for kind in _AHEAD)


def _is(beside: Beside, kind: str) -> bool:
    """Whether the verdict on a model is of a kind; inconclusive counts where its mean is at least as good."""
    return beside.pair.verdict == kind and (kind != "inconclusive" or beside.pair.difference >= 0)


def reasons(comparison: Comparison) -> list[str]:
    """The same with how much and how sure it is, for each model of which that is said."""
    best = code(comparison.outcome.advice.best)
    sentences = []
    for beside in comparison.beside:
        name, score = title(comparison, beside.reference), text(comparison.score.name)
        name = f"{name[0].upper()}{name[1:]} ({score} {value(beside)})"
        by = f": difference {difference(beside.pair)}"
        if beside.pair.verdict == "better":
            sentences.append(f"{name} is better than the networks of {best}{by}.")
        elif beside.pair.verdict == "equivalent":
            sentences.append(f"{name} is as good as the networks of {best}{by}.")
        elif _is(beside, "inconclusive"):
            sentences.append(f"{name} may be better than the networks of {best}, which is not sure{by}.")
    return sentences


def notes(comparison: Comparison) -> list[Markdown]:
    """What else is to be known of the models: which learned from fewer rows, and which could not be fitted."""
    few = [
        f"{title(comparison, reference)} learned from {reference.n_learned:,} of {counted(reference.n_train, 'row')}, "
        "drawn so that it takes seconds"
        for reference in fitted(comparison.references)
        if reference.n_learned < reference.n_train
    ]
    none = [
        f"{title(comparison, reference)} could not be fitted: {text(reference.problem)}"
        for reference in comparison.references
        if reference.problem
    ]
    return [Markdown(f"{line[0].upper()}{line[1:]}.") for line in (*few, *none)]
