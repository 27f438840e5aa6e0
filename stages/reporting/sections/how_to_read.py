"""How to read the report: what varies, how intervals and verdicts are made, and what they are worth."""

from typing import Any

from stages.reporting.registry import Report, Section, Subject
from stages.verdicts.cuts import FEWEST
from stages.verdicts.design import FEWEST_GROUPS, FEWEST_IN_TIME
from stages.verdicts.pairs import FEW_ROWS, FEWEST_SEEDS

TEMPLATE = """
## How to read this

- **What varies** from seed to seed: the rows where each seed has a split of its own, the initial weights and the
  order of the batches. Seed *k* has the same of all three under every loss, so losses are compared in pairs, seed by
  seed and row by row.
- **Interval**: of the mean difference, for new seeds *and* new rows: its variance is clustered by rows and by seeds
  (Cameron, Gelbach & Miller 2011), with Satterthwaite's degrees of freedom. All intervals of a comparison hold
  together with 95 % (Bonferroni over all its pairs, since the loss that is recommended was picked after looking),
  **p** is adjusted alike, and what it costs to be wrong is where the intervals end: an interval excludes 0 where p ≤
  0.05, and only there. An interval over seeds alone is narrower and holds *on these very rows*; it stands beside the
  other where all seeds test the same rows. The ± of a single score is its own 95 %.
- **Looks**: with `seeds: {at_most: 60}` seeds come ten at a time, and a comparison ends when every verdict on the
  recommended loss is settled, when all seeds that are left would lessen no variance by a tenth, or at the most. A loss
  that is worse than all that may still be recommended ends sooner. Who looks more than once errs more often, so
  interval, p and cost are adjusted for every look that is possible (Pocock 1977): each of six misses in 1.42 % in place
  of 5. Where seeds are added after a look that was not planned, both together err in up to 7.4 %.
- **A seed that goes astray** never makes a loss look better: with {{ fewest_to_cut }} seeds or more, the end of an
  interval that is nearer to 0 is the best over all levels at which the differences of seeds may be cut from above
  (from below for the other end), since what holds for the cut differences holds for the whole.
- **Rows that are alike count as one**: those of a group where groups stay together, copies of a row, and in the order
  of time (`method: first` on a table) ten blocks of neighbours. Sums are by group or block, the mean stays one over
  rows. Fewer than {{ fewest_groups }} groups, or {{ fewest_in_time }} test rows in time, make an interval a little
  too narrow.
- **Verdict**, one rule, in this order. *Equivalent* (as good): the interval lies inside ± the
  margin. *Better* or *worse*: it excludes 0. *Inconclusive* (may be as good) otherwise. *Same objective*: two
  losses punish every output alike, but for rounding and clipping, and neither is better. With fewer than
  {{ fewest_seeds }} seeds there is no verdict.
- **Recommendation**, one rule: the losses that are not shown to be worse than the one with the best mean, and of
  these that one; or the usual loss of the task (`mse`, binary or categorical cross-entropy) where it is equivalent to
  that one and none is shown to be better. Verdicts are against the recommended loss, or another that
  `report.baseline` names. *What it costs to be wrong*: the largest difference that any other loss may have over it,
  and no more than it lacks to a perfect score.
- The **margin** is what does not matter in practice. By default 5 % of the smallest mean error of any
  loss, or of a constant prediction's where that is smaller; `report.margin` in `params.yaml` sets another.
{% if tuned %}
- **Each loss at its own best**: every loss has the same learning rates to choose from and the same most epochs. A
  best at the end of the rates extends them. Validation rows of one seed are test rows of another, so a choice has
  seen a little of the test rows.
{% endif %}
- **A constant prediction** is the mean of the train rows (for `mae` their median), or the shares of their classes, of
  which the most frequent is decided: what can be had without looking at a feature. Where no loss surely beats it (the
  95 % interval of the gain excludes 0), none is recommended.
- **What it is worth**: `python -m tests.benchmarks.verdicts` runs the whole procedure, tuning included, on small
  tables of which the truth is known. On the last run the intervals held it for 92 to 96 % of the pairs with
  heavy-tailed noise and with interactions, 100 % with 3 % positives, 97 % (one split) and 92 % (folds) with three
  easy classes; no pair was decided the wrong way round. docs/method.md has the whole table, beside intervals over seeds
  alone, which held it for 25 to 96 %.
- **Few rows tell**: two losses are told apart by decisions on fewer than about {{ few_rows }} rows, and the interval
  is a little too narrow.
- A **failed** seed is one whose loss or weights became infinite or not a number. It counts as the worse of a constant
  prediction and the worst seed that did not fail.
- `pairs.csv` holds every pair, `results.csv` every score of every seed, `data/runs/` the histories, predictions and
  trained models.
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    return {
        "fewest_seeds": FEWEST_SEEDS,
        "fewest_to_cut": FEWEST,
        "fewest_groups": FEWEST_GROUPS,
        "fewest_in_time": FEWEST_IN_TIME,
        "few_rows": FEW_ROWS,
        "tuned": any(comparison.is_tuned for comparison in subject),
    }


SECTION = Section(part="method", order=20, template=TEMPLATE, content=_content)
