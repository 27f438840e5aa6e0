import ast

import pytest
import yaml

STAGES = ("generate", "scale", "train", "report", "track")


@pytest.fixture
def stages(root):
    return yaml.safe_load((root / "dvc.yaml").read_text())["stages"]


def imported(root, module):
    """The project's modules that a module imports, wherever in it, directly or through others; itself too."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name in found or not (root / "stages" / f"{name}.py").exists():
            continue
        found.add(name)
        for node in ast.walk(ast.parse((root / "stages" / f"{name}.py").read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module="stages"):
                    waiting += [alias.name for alias in node.names]
                case ast.ImportFrom(module=str(path)) if path.startswith("stages."):
                    waiting.append(path.split(".")[1])
                case ast.Import():
                    waiting += [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("stages.")]
    return found


def test_the_stages_are_the_five_of_the_pipeline(stages):
    assert tuple(stages) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_every_module_it_imports_and_on_no_other(root, stages, stage):
    expected = {f"stages/{name}.py" for name in imported(root, stage)} | {"stages/__init__.py"}
    listed = [path for path in stages[stage]["deps"] if path.endswith(".py")]
    assert sorted(listed) == sorted(expected)


def test_imports_are_followed_through_other_modules(root):
    # generate imports params, which imports checks, which imports scores; report never imports what needs TensorFlow
    assert {"generate", "params", "checks", "scores", "tables", "datasets"} < imported(root, "generate")
    assert not {"backend", "models", "replicas", "training"} & imported(root, "report")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_the_module_of_its_name(root, stages, stage):
    assert stages[stage]["cmd"] == f"python -m stages.{stage}"
    assert (root / "stages" / f"{stage}.py").is_file()


def test_what_a_stage_reads_is_in_the_repository_or_written_by_a_stage(root, stages):
    written = {
        path if isinstance(path, str) else next(iter(path))
        for stage in stages.values()
        for path in [*stage.get("outs", []), *stage.get("metrics", [])]
    }
    for stage in stages.values():
        for path in stage["deps"]:
            assert path in written or (root / path).exists()


@pytest.mark.parametrize("stage", STAGES)
def test_every_parameter_section_that_a_stage_names_exists(stages, stage, defaults):
    assert set(stages[stage]["params"]) <= set(defaults)


def test_every_parameter_section_is_used_by_a_stage(stages, defaults):
    assert {section for stage in stages.values() for section in stage["params"]} == set(defaults)
