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


def value(each: Beside) -> str:
    """The score of a model, as finely as it is told from that of the networks."""
    half_width = (each.pair.high - each.pair.low) / 2
    return at_place(each.summary.mean, min(place_of(half_width), place_of(each.summary.half_width, each.summary.mean)))


def values(comparison: Comparison) -> str:
    """What the models give, in a row: as in ``a linear model 15,656, gradient boosting 16,476``; empty for none."""
    return ", ".join(f"{title(comparison, each.reference)} {value(each)}" for each in comparison.beside)


def as_good(comparison: Comparison) -> str:
    """A sentence that names the models that are better than the networks, or as good; empty where there is none."""
    better, equal, open_ = (
        [title(comparison, each.reference) for each in comparison.beside if _is(each, kind)]
        for kind in ("better", "equivalent", "inconclusive")
    )
    clauses = [
        *([f"{enumerated(better)} {'is' if len(better) == 1 else 'are'} better than the networks"] if better else []),
        *([f"{enumerated(equal)} {'does' if len(equal) == 1 else 'do'} as well"] if equal else []),
        *([f"the networks are not shown to beat {enumerated(open_)}"] if open_ else []),
    ]
    sentence = "; ".join(clauses)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _is(each: Beside, kind: str) -> bool:
    """Whether the verdict on a model is of a kind; inconclusive counts where its mean is at least as good."""
    return each.pair.verdict == kind and (kind != "inconclusive" or each.pair.difference >= 0)


def reasons(comparison: Comparison) -> list[str]:
    """The same with how much and how sure it is, for each model of which that is said."""
    best = code(comparison.outcome.advice.best)
    said = []
    for each in comparison.beside:
        name, score = title(comparison, each.reference), text(comparison.score.name)
        name = f"{name[0].upper()}{name[1:]} ({score} {value(each)})"
        by = f": difference {difference(each.pair)}"
        if each.pair.verdict == "better":
            said.append(f"{name} is better than the networks of {best}{by}.")
        elif each.pair.verdict == "equivalent":
            said.append(f"{name} is as good as the networks of {best}{by}.")
        elif _is(each, "inconclusive"):
            said.append(f"{name} is ahead of the networks of {best}, which is not sure{by}.")
    return said


def notes(comparison: Comparison) -> list[Markdown]:
    """What else is to be known of the models: which learned from fewer rows, and which could not be fitted."""
    few = [
        f"{title(comparison, each)} learned from {each.n_learned:,} of {counted(each.n_train, 'row')}, drawn so "
        "that it takes seconds"
        for each in fitted(comparison.references)
        if each.n_learned < each.n_train
    ]
    none = [
        f"{title(comparison, each)} could not be fitted: {text(each.problem)}"
        for each in comparison.references
        if each.problem
    ]
    return [Markdown(f"{line[0].upper()}{line[1:]}.") for line in (*few, *none)]
