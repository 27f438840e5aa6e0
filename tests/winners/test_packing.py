import ast
import sys
from importlib.metadata import packages_distributions

from stages.winners import packing

BROUGHT = {"pydantic_core": "pydantic"}  # by one of the packages that are asked for


def test_what_a_winner_imports_when_it_is_loaded_is_among_the_packages_that_it_asks_for():
    imported = set()
    for file in packing._reached([]):
        for node in ast.parse((packing.PROJECT / file).read_text(encoding="utf-8")).body:
            match node:
                case ast.Import(names=names):
                    imported |= {alias.name.partition(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module)):
                    imported.add(module.partition(".")[0])
    others = imported - set(sys.stdlib_module_names) - {"stages"}
    distributions = packages_distributions()
    assert {"pandas", "sklearn"} < others
    assert {BROUGHT.get(name, distributions[name][0]) for name in others} <= set(packing.PACKAGES)
