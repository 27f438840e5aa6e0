"""Ten tables and more with the same losses: what it costs to choose each, and what a new table may bring."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted
from stages.reporting import top_losses
from stages.reporting.drawing import ranks
from stages.reporting.drawing.plots import Grid
from stages.reporting.drawing.ranks import Ranks
from stages.reporting.formats import enumerated
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.across_tables.effects import Pooled, critical_difference
from stages.verdicts.across_tables.tables import Tables, alike

TEMPLATE = """
{% for group in groups %}
{{ group.lead }} {{ group.chance }}

{{ group.table }}

{% endfor %}
Costs and differences are in percent of a table's error: the smallest of any loss, or its distance to a perfect score
of 1. A cost is how much worse a loss is there than the best one. Two losses are held against each other over all
tables there could be, of which these are taken for a sample (random effects; all intervals of the third column
together 95 %); the last column says where the difference lies on a new table.

{{ figures }}

**What this does not say.** The tables are those of this project. What holds for them holds for others as far as they
are alike. The best loss of a table is found with the scores that it is then credited with, so costs of the others are
a little too high. Ranks count every table alike, whether its losses differ by much or by chance.
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    groups = alike(subject)
    if not groups:
        return None
    return {"groups": [{"lead": _lead(group), "chance": _chance(group), "table": _table(group)} for group in groups]}


def _cheapest(tables: Tables) -> list[str]:
    """The losses, the one that costs least on average first."""
    return sorted(tables.losses, key=lambda loss: float(tables.costs[loss].mean()))


def _lead(tables: Tables) -> Markdown:
    best, *_ = _cheapest(tables)
    scores = list(dict.fromkeys(comparison.score.name for comparison in tables.comparisons))
    n, cost = len(tables.comparisons), float(tables.costs[best].mean())
    costs = f"costs {_percent(cost)} on average" if cost else "is the best on each"
    return Markdown(
        f"**{n} tables, {counted(len(tables.losses), 'loss', 'losses')}: choosing {code(best)} everywhere {costs}**"
        f", by {enumerated([text(score) for score in scores])}. It is within the margin of the best on "
        f"{int(tables.near[best].sum())} of {n}."
    )


def _chance(tables: Tables) -> Markdown:
    """Which losses are shown to be better or worse than the reference on average."""
    shown = {loss: pooled for loss, pooled in tables.pooled.items() if pooled}
    better = [code(loss) for loss, pooled in shown.items() if pooled.low > 0]
    worse = [code(loss) for loss, pooled in shown.items() if pooled.high < 0]
    clauses = [f"{enumerated(better)} better"] if better else []
    clauses += [f"{enumerated(worse)} worse"] if worse else []
    reference = code(tables.reference)
    if not clauses:
        return Markdown(f"On average no loss is shown to be better or worse than {reference}.")
    return Markdown(f"Against {reference} on average, shown to be {'; '.join(clauses)}.")


def _table(tables: Tables) -> Table:
    n, reference = len(tables.comparisons), code(tables.reference)
    head = (
        "loss",
        "costs on average",
        "at most",
        "within the margin of the best",
        Markdown(f"against {reference} on average"),
        "on a new table",
    )
    rows = []
    for loss in _cheapest(tables):
        costs, pooled = tables.costs[loss], tables.pooled.get(loss)
        rows.append(
            (
                code(loss),
                _percent(float(costs.mean())),
                _percent(float(costs.max())),
                f"{int(tables.near[loss].sum())} of {n}",
                _difference(pooled) if loss != tables.reference else "–",
                _sides(pooled.new_low, pooled.new_high) if pooled else "–",
            )
        )
    return Table(head, rows)


def _difference(pooled: Pooled | None) -> str:
    if pooled is None:
        return "–"
    side = "better" if pooled.mean >= 0 else "worse"
    return f"{_percent(abs(pooled.mean))} {side} ({_sides(pooled.low, pooled.high)})"


def _sides(low: float, high: float) -> str:
    """An interval with the sides on which its ends lie."""
    ends = [(abs(end), "better" if end >= 0 else "worse") for end in (low, high)]
    if ends[0][1] == ends[1][1]:
        (least, side), (most, _) = sorted(ends)
        return f"{_percent(least)} to {_percent(most)} {side}"
    return " to ".join(f"{_percent(size)} {side}" for size, side in ends)


def _percent(share: float) -> str:
    """A share in percent, in two digits."""
    percent = 100 * share
    if percent >= 10 or not percent:
        return f"{percent:,.0f} %"
    return f"{percent:.1f} %" if percent >= 0.1 else "less than 0.1 %"


def _data(subject: Subject) -> list[Ranks]:
    return [
        Ranks(
            title=f"{len(group.comparisons)} tables",
            ranks=dict(zip(group.losses, group.ranks.mean(axis=0).tolist(), strict=True)),
            apart=critical_difference(len(group.losses), len(group.comparisons)),
            colors=top_losses.colors(group.comparisons[0]),
        )
        for group in alike(subject)
    ]


def _draw(axes: np.ndarray, data: list[Ranks]) -> None:
    for place, one in enumerate(data):
        ranks.draw(axes[place, 0], one)


SECTION = Section(
    part="over all",
    order=10,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="over-all-tables",
            alt="Mean rank of each loss over all tables; grey bars join losses that are not told apart at 5 % by "
            "Nemenyi's critical difference",
            heading="Mean ranks",
            legend="grey bars join losses that are not told apart at 5 %, by Nemenyi's critical difference",
            data=_data,
            grid=lambda data: Grid(8, ranks.height(data), len(data)),
            draw=_draw,
            applies=lambda subject: bool(alike(subject)),
            about="",
        ),
    ),
)
