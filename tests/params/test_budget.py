import copy

import pytest
import yaml

from stages.basics.cli import UserError
from stages.params.budget import seconds
from stages.params.load import check_params, load_planned, unused_settings
from stages.params.seeds import AtMost

PLAN = {
    "budget": "10m",
    "minutes": {"full": 48, "planned": 8.5},
    "plan": {
        "rows": 400,
        "test_rows": 100,
        "batch_size": 64,
        "horizons": [20, 60, 180],
        "rungs": {"rows": 200, "seeds": 5},
        "seeds": {"at_most": 20},
    },
}
FILE = "data/budgets/circles.yaml"


@pytest.fixture
def planned(tmp_path, monkeypatch, defaults):
    """Loads parameters in which `circles` has a budget, and a plan as it is edited or written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/budgets").mkdir(parents=True)

    def load(plan=PLAN, *, edit=None, text=None, budget="10m", second_run=None):
        values, plan = copy.deepcopy(defaults), copy.deepcopy(plan)
        values["comparisons"]["circles"] |= {"budget": budget, "second_run": second_run}
        if edit:
            edit(plan)
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
        (tmp_path / FILE).write_text(text or yaml.safe_dump(plan), encoding="utf-8")
        return load_planned()

    return load


@pytest.mark.parametrize(("budget", "expected"), [("none", None), ("10m", 600), ("2h", 7200), ("1.5h", 5400)])
def test_a_budget_is_minutes_or_hours_or_none(budget, expected):
    assert seconds(budget) == expected


@pytest.mark.parametrize("budget", ["10", "10 m", "0m", "0.0h", "m", "-5m", "10s", "1h30m", "None", 10, 2.5, True, []])
@pytest.mark.parametrize("key", ["train", "comparisons.circles"])
def test_any_other_is_refused_in_a_line(defaults, key, budget):
    values = copy.deepcopy(defaults)
    section = values["train"] if key == "train" else values["comparisons"]["circles"]
    section["budget"] = budget
    with pytest.raises(UserError) as error:
        check_params(values)
    [line] = str(error.value).splitlines()
    assert line.startswith(f"params.yaml: {key}.budget: ")
    assert line.endswith("given; allowed: none, or minutes or hours, as in 10m or 2h")


def test_a_plan_decides_what_is_trained_of_its_own_comparison_alone(planned):
    params = planned()
    setup, other = params.setup("circles"), params.setup("blobs")
    assert (setup.batch_size, setup.seeds, setup.sizes.rows) == (64, AtMost(at_most=20), 400)
    assert (other.batch_size, other.seeds, other.sizes) == (32, 30, None)
    within = params.within_budget("circles")
    assert (within.budget, within.minutes, within.rows, within.tuning_rows) == ("10m", 48, 400, 200)
    assert params.within_budget("blobs") is None


def test_a_plan_of_everything_changes_nothing(planned):
    params = planned(edit=lambda plan: plan.update(plan="full"))
    assert (params.setup("circles").batch_size, params.within_budget("circles")) == (32, None)


def test_without_a_budget_a_plan_is_not_looked_at(planned):
    assert planned(budget="none", text="[").setup("circles").sizes is None


def test_a_budget_of_all_comparisons_counts_where_one_has_none_of_its_own(defaults):
    values = copy.deepcopy(defaults)
    values["train"]["budget"], values["comparisons"]["circles"]["budget"] = "2h", "none"
    params = check_params(values)
    assert (params.setup("blobs").budget, params.has_budget("circles")) == ("2h", False)
    assert [params.budget_key(name) for name in ("blobs", "circles")] == ["train.budget", "comparisons.circles.budget"]


def refusal(planned, **how):
    with pytest.raises(UserError) as error:
        planned(**how)
    [line] = str(error.value).splitlines()
    return line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rows": "many"}, "plan.rows: 'many' given; allowed: a whole number"),
        ({"rows": 0}, "plan.rows: 0 given; allowed: 1 or more"),
        ({"rows": 100}, "plan: rungs.rows: 200 given; allowed: 100 at most, as rows says"),
        ({"horizons": []}, "plan.horizons: is empty; allowed: at least one"),
        ({"horizons": [60, 20]}, "plan.horizons: a list given; allowed: steps that rise, as in [2000, 6000, 18000]"),
        ({"seeds": 3}, "plan: rungs.seeds: 5 given; allowed: 3 at most, as seeds says"),
        ({"seeds": {"at_most": 25}}, "plan.seeds.at_most: 25 given; allowed: a multiple of 10: seeds come in looks"),
        ({"batchsize": 64}, "plan: 'batchsize' is not a key here; did you mean 'batch_size'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_plan_is_a_line_of_its_file(planned, change, expected):
    assert refusal(planned, edit=lambda plan: plan["plan"].update(change)).startswith(f"{FILE}: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[", f"{FILE}, line 1, column 2: not YAML: "),
        ("''", f"{FILE}: the keys budget, minutes, plan are needed; the file holds "),
        ("budget: 10m\nminutes: {full: 1, planned: 1}\n", f"{FILE}: plan: is missing"),
        ("budget: 10m\nminutes: {full: 1, planned: 1}\nplan: ful\n",
         f"{FILE}: plan: 'ful' given; allowed: full, or a mapping of keys to values"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_in_a_line(planned, text, expected):
    assert refusal(planned, text=text).startswith(expected)


def test_a_plan_for_another_budget_and_none_at_all_name_the_way_out(planned, tmp_path):
    assert refusal(planned, budget="2h") == (
        f"{FILE} was made for 10m, and comparisons.circles.budget is 2h; make it again with: "
        "make budget COMPARISON=circles"
    )
    planned()
    (tmp_path / FILE).unlink()
    with pytest.raises(UserError) as error:
        load_planned()
    assert str(error.value) == (
        f"{FILE} is missing, which says what is trained within 10m; make it with: make budget COMPARISON=circles"
    )


def test_a_second_run_for_which_a_budget_leaves_no_time_is_said_with_both_keys(planned):
    assert unused_settings(planned(second_run=True)) == [
        "comparisons.circles.second_run is not used: comparisons.circles.budget leaves no time for it"
    ]
    assert unused_settings(planned(second_run=False)) == []
    assert unused_settings(planned()) == []
