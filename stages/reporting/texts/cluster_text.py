"""What counts as one row, in sentences, and where too few of them are tested."""

from stages.basics.markup import code
from stages.basics.words import counted
from stages.verdicts.comparison import Comparison
from stages.verdicts.design import BLOCKS, FEWEST_GROUPS, FEWEST_IN_TIME


def what_counts(comparison: Comparison) -> str:
    """A sentence on what counts as one; empty where every row does."""
    design, n = comparison.outcome.design, comparison.outcome.design.n_clusters
    tested = counted(design.n_rows, "test row")
    if comparison.outcome.design.in_time:
        size = design.n_rows // BLOCKS
        return f"Rows are in the order of time, where neighbours are alike: {n} blocks of {size} neighbours count."
    match comparison.plan.clusters_are:
        case "groups":
            return f"Rows of one {_column(comparison)} count as one: {n:,} with {tested}."
        case "copies":
            return f"Rows that are equal count as one: of {tested} {n:,}."
        case "groups and copies":
            return f"Rows of one {_column(comparison)}, and equal ones, count as one: {n:,} with {tested}."
    return ""


def would_settle(comparison: Comparison, others: str, best: str) -> str:
    """What there would have to be more of to tell losses apart, where it is not seeds."""
    design = comparison.outcome.design
    more, there_are = "More rows", counted(design.n_rows, "test row")
    if design.in_time:
        more = "Rows of a longer time"
    elif _is_grouped(comparison):
        more, there_are = f"More groups ({_column(comparison)})", f"{design.n_clusters:,}"
    elif comparison.plan.clusters_are == "copies":
        more, there_are = "More rows that differ", counted(design.n_clusters, "test row")
    return f"{more}, not more seeds, would tell {others} from {best}: {there_are} are too few."


def unit(comparison: Comparison) -> str:
    """What counts as one."""
    if comparison.outcome.design.in_time:
        return "block of neighbours"
    return "group" if _is_grouped(comparison) else "test row"


def too_few(comparison: Comparison) -> list[str]:
    """That so few groups, or rows in the order of time, are tested that intervals are a little too narrow."""
    design = comparison.outcome.design
    if design.in_time and design.n_rows < FEWEST_IN_TIME:
        rows = f"{counted(design.n_rows, 'row')} in the order of time"
        return [f"Only {rows} are tested; below {FEWEST_IN_TIME}, intervals are a little too narrow."]
    if _is_grouped(comparison) and design.n_clusters < FEWEST_GROUPS:
        groups = f"{counted(design.n_clusters, 'group')} ({_column(comparison)})"
        return [f"Only {groups} are tested; below {FEWEST_GROUPS}, intervals are a little too narrow."]
    return []


def _is_grouped(comparison: Comparison) -> bool:
    return not comparison.outcome.design.in_time and comparison.plan.clusters_are in ("groups", "groups and copies")


def _column(comparison: Comparison) -> str:
    """The column that groups rows, as code."""
    return code(comparison.runs[0].settings.data.split.column or "group")
