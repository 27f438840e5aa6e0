"""The house: who may import whom, and what dvc.yaml lists for each stage, both proved from the imports."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from stages import settings
from stages.sourcecode import imports

STAGES = ("settings", "generate", "scale", "train", "report", "winner", "track")
MAY_IMPORT = {
    "basics": set(),
    "losses": {"basics"},
    "scores": {"losses", "usercode", "basics"},
    "records": {"losses", "basics"},
    "wording": {"records", "losses", "basics"},
    "arrays": {"records", "basics"},
    "params": {"arrays", "records", "scores", "losses", "basics"},
    "parsing": {"params", "records", "basics"},
    "checks": {"parsing", "records", "basics"},
    "sources": {"checks", "parsing", "params", "arrays", "records", "scores", "losses", "basics"},
    "features": {"params", "arrays", "records", "losses", "basics", "wording"},
    "sourcecode": {"basics"},
    "usercode": {"sourcecode", "basics"},
    "training": {"records", "scores", "losses", "usercode", "sourcecode", "basics"},
    "execution": {"training", "params", "wording", "records", "scores", "losses", "usercode", "sourcecode", "basics"},
    "budgets": {
        *("executors", "execution", "references", "features", "training", "params", "wording", "records", "basics"),
    },
    "executors": {"execution", "training", "usercode", "basics"},
    "references": {"execution", "training", "params", "records", "scores", "losses", "sourcecode", "basics"},
    "verdicts": {"records", "scores", "losses", "basics"},
    "reporting": {"verdicts", "records", "scores", "losses", "basics", "wording"},
    "offers": {"sources", "features", "arrays", "params", "records", "losses", "basics"},
    "winners": {
        *(
            "sources",
            "features",
            "parsing",
            "arrays",
            "training",
            "usercode",
            "sourcecode",
            "params",
            "records",
            "scores",
        ),
        *("losses", "basics"),
    },
    "tracking": {"verdicts", "params", "records", "basics"},
    "interactive": {
        *("reporting", "winners", "verdicts", "offers", "parsing", "params", "records", "scores", "basics"),
    },
}


# what phrases facts: a terminal's lines and the report's sentences, which decide nothing of what these stages write
WORDS, MERELY_SAY = "stages/wording", ("settings", "generate", "scale", "train", "winner")


@pytest.fixture
def stages(root):
    return yaml.safe_load((root / "dvc.yaml").read_text())["stages"]


@pytest.fixture(autouse=True, scope="module")
def _each_file_is_looked_at_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "files_imported", cache(imports.files_imported))
        yield


def imported(root, file):
    """The project's modules that a file imports itself, wherever in it."""
    return {each for each in imports.files_imported(file, root) if each.name != "__init__.py"}


def reached(root, *files):
    """The project's modules that run when files do: themselves, what they import, and what that imports."""
    return {each for each in imports.files_reached(files, root) if each.name != "__init__.py"}


def room(root, file):
    """A module's package, or its own path where it stands alone at the top."""
    own = file.relative_to(root / "stages")
    return own.parts[0] if len(own.parts) > 1 else f"stages/{own}"


def modules(root, package):
    return [file for file in (root / "stages" / package).rglob("*.py") if file.name != "__init__.py"]


def ours(root, pattern):
    """The project's files of a pattern; what is in stages/custom is the user's."""
    return [file for file in (root / "stages").glob(pattern) if file.relative_to(root / "stages").parts[0] != "custom"]


def test_the_stages_are_those_of_the_pipeline_and_stand_alone_at_the_top(root, stages):
    assert tuple(stages) == STAGES
    assert {file.stem for file in (root / "stages").glob("*.py")} == {*STAGES, "notebook", "__init__"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_the_packages_that_it_may(root, package):
    assert modules(root, package)
    allowed = MAY_IMPORT[package] | {package}
    arrows = {(file, room(root, other)) for file in modules(root, package) for other in imported(root, file)}
    # a model that is logged is a Keras model
    arrows = {(file, other) for file, other in arrows if (package, other) != ("tracking", "training")}
    assert {(file.name, other) for file, other in arrows if other not in allowed} == set()


def test_tracking_imports_of_training_no_more_than_the_backend(root):
    others = {other for file in modules(root, "tracking") for other in imported(root, file)}
    assert {other.name for other in others if room(root, other) == "training"} <= {"backend.py"}


def test_nobody_imports_a_stage_or_a_command(root):
    for file in ours(root, "**/*.py"):
        for other in imported(root, file):
            assert not room(root, other).endswith(".py"), f"{file} imports {other}"
            assert room(root, other) != "commands" or room(root, file) == "commands", f"{file} imports {other}"


def test_every_package_is_in_the_table_or_the_users_own(root):
    packages = {file.parent.name for file in ours(root, "*/__init__.py")}
    assert packages == {*MAY_IMPORT, "commands"}


def test_packages_say_what_is_inside_and_import_nothing(root):
    for file in ours(root, "*/__init__.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        assert len(tree.body) == 1, file


def test_the_package_of_all_imports_no_more_than_it_needs_to_begin(root):
    tree = ast.parse((root / "stages/__init__.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"gc", "sys"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_folders_that_it_imports_and_no_more(root, stages, stage):
    files = [f"stages/{stage}.py", *(["stages/winners/app.py"] if stage == "winner" else [])]  # which it packs
    rooms = {room(root, path) for path in reached(root, *(root / file for file in files))}
    expected = {name if "/" in name else f"stages/{name}" for name in rooms}
    if stage in ("train", "report", "winner"):
        expected.add("stages/custom")  # losses, networks and scores, which are imported by name
    if stage in MERELY_SAY:
        expected.discard(WORDS)
    listed = [path for path in stages[stage]["deps"] if path.startswith("stages")]
    assert sorted(listed) == sorted(expected)


def test_what_does_not_train_reaches_nothing_that_needs_tensorflow(root):
    for stage in ("settings", "generate", "scale", "report"):
        assert "training" not in {room(root, file) for file in reached(root, root / f"stages/{stage}.py")}


@pytest.mark.parametrize("package", ["reporting", "tracking", "winners"])
def test_a_change_in_what_comes_after_training_retrains_nothing(stages, package):
    for stage in ("generate", "scale", "train"):
        assert f"stages/{package}" not in stages[stage]["deps"]


def test_verdicts_say_which_seeds_train_and_decide_nothing_of_what_a_seed_gives(root, stages):
    assert not {stage for stage in ("generate", "scale") if "stages/verdicts" in stages[stage]["deps"]}
    for package in ("training", "execution", "executors"):
        assert "verdicts" not in {room(root, other) for other in reached(root, *modules(root, package))}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_the_module_of_its_name(root, stages, stage):
    assert stages[stage]["cmd"] == f"env -u PYTHONSAFEPATH python -m stages.{stage}"
    assert (root / "stages" / f"{stage}.py").is_file()


def test_what_a_stage_reads_is_in_the_repository_or_written_by_a_stage(root, stages):
    written = {
        path if isinstance(path, str) else next(iter(path))
        for stage in stages.values()
        for path in [*stage.get("outs", []), *stage.get("metrics", [])]
    }
    for stage in stages.values():
        for path in stage["deps"]:
            assert written & {path, *map(str, Path(path).parents)} or (root / path).exists()


def test_no_key_has_to_be_in_the_parameters_for_dvc_to_find_it(stages):
    assert {stage: each["params"] for stage, each in stages.items() if "params" in each} == {
        "settings": [{"params.yaml": None}],
        "track": [{"params.yaml": None}],
    }


def test_a_stage_depends_on_its_own_part_of_the_parameters(stages):
    parts = {
        stage: [path for path in each["deps"] if path.startswith("data/settings")] for stage, each in stages.items()
    }
    assert set(settings.READS) == set(STAGES) - {"settings", "track"}
    assert parts == {stage: [f"data/settings/{stage}.yaml"] if stage in settings.READS else [] for stage in STAGES}


def test_dvc_yaml_fits_on_a_screen(root):
    assert len((root / "dvc.yaml").read_text().splitlines()) <= 90


@pytest.mark.parametrize("stage", [*STAGES, "notebook"])
def test_a_stage_is_thin(root, stage):
    assert len((root / f"stages/{stage}.py").read_text(encoding="utf-8").splitlines()) <= 90


def test_reporting_has_no_more_rooms_than_one_finds_ones_way_in(root):
    assert len(list((root / "stages/reporting").glob("*.py"))) <= 14


def test_a_section_is_a_module_with_its_text_its_template_and_its_figures(root):
    every = {file.stem: file.read_text(encoding="utf-8") for file in modules(root, "reporting/sections")}
    assert len(every) > 10
    for name, text in every.items():
        assert "\nTEMPLATE = " in text, name
        assert "\nSECTION = Section(" in text, name
    assert not list((root / "stages/reporting").rglob("*.j2"))


def test_no_module_is_longer_than_350_lines_and_no_function_than_60(root):
    for file in ours(root, "**/*.py"):
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, file
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno + 1 <= 60, f"{file}: {node.name}"


def test_no_package_has_more_than_14_modules(root):
    folders = {file.parent for file in ours(root, "*/**/__init__.py")}
    sizes = {folder.relative_to(root / "stages").as_posix(): len(list(folder.glob("[!_]*.py"))) for folder in folders}
    more_of_a_kind = {"reporting/sections"}  # a section of the report is a module
    assert {folder: size for folder, size in sizes.items() if size > 14 and folder not in more_of_a_kind} == {}


def test_a_reworded_sentence_reruns_report_and_where_mlflow_shows_it_track(stages):
    for package in ("stages/wording", "stages/reporting"):
        assert [stage for stage, each in stages.items() if package in each["deps"]] == ["report"]
    said = {"reports/report.md", "reports/report.html", "reports/verdicts.json", "reports"}
    assert [stage for stage, each in stages.items() if said & set(each["deps"])] == ["track"]


@pytest.mark.parametrize("package", ["records", "losses", "checks", "training", "verdicts"])
def test_what_holds_facts_holds_no_sentences(root, package):
    for file in modules(root, package):
        assert sentences(ast.parse(file.read_text(encoding="utf-8"))) == [], file


# words that one reads as English before one reads them as names
NO_NAMES = {"told", "own", "made", "each", "given", "there", "found", "odd"}


@pytest.mark.parametrize(
    "package",
    [
        *("records", "losses", "wording", "training", "execution", "executors", "verdicts", "interactive", "offers"),
        *("reporting", "tracking", "winners"),
    ],
)
def test_names_are_read_as_names(root, package):
    is_shown = package in ("wording", "interactive", "reporting", "tracking", "winners")
    barred = NO_NAMES | {"every", "said", "how"} if is_shown else NO_NAMES
    for file in modules(root, package):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                    assert name.strip("_") not in barred, f"{file}: {node.lineno}"


def sentences(node):
    """The texts of five words or more in code that are no docstring, no kind of thing, and not said of a mistake."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Raise() | ast.Subscript(value=ast.Name(id="Literal")):
            return []
        case ast.Constant(value=str(text)) if len(text.split()) >= 5:
            return [text]
    return [text for child in ast.iter_child_nodes(node) for text in sentences(child)]


def test_an_extra_adds_to_what_is_installed_and_changes_nothing_of_it(root):
    installed, extra = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (root / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dask.lock")
    )
    assert "distributed" in extra
    assert {name: extra[name] for name in extra.keys() & installed} == {
        name: installed[name] for name in extra.keys() & installed
    }
