"""Imports go one way, the LSST middleware stays where it belongs, and nothing goes round in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
MIDDLEWARE = ("reconciler.adapters.", "processing.tasks.", "processing.butler.")


class Layer(NamedTuple):
    """What stands directly below `reconciler`, and which layers it may import beside its own."""

    modules: str
    may_import: tuple[str, ...] = ()


# The levels of DESIGN section 3. A new module stands in exactly one of them.
LAYERS = {
    "words": Layer("errors words names validity timeline dataid chains differences bisection"),
    "verdicts": Layer("verification"),
    "specs": Layer("spec", ("words", "verdicts")),
    "core": Layer(
        "shapes seals content parcel archive manifest_text indented state record observation diff overlay resolve "
        "bulk facts holdings jobs commits ports archived courier exported work intent picks foreign steps revealed "
        "gates halted plan explanation origin effect blast lanes packages construction",
        ("words", "verdicts"),
    ),
    "meaning of specs": Layer(
        "desired distribution protection exporting smoke generation making examination starting curation locking "
        "reruns makers",
        ("words", "verdicts", "specs", "core"),
    ),
    "approvals": Layer("approval", ("words", "specs", "core", "meaning of specs")),
    "protocol": Layer(
        "look evidence in_use impact groups apply saved snapshot software stills", ("words", "verdicts", "core")
    ),
    "authority": Layer("authority", ("words", "specs", "core", "meaning of specs", "approvals", "protocol")),
    "whereabouts": Layer("known matrix", ("words", "specs", "core", "meaning of specs")),
    "what was done": Layer("history board", ("words", "specs", "core", "approvals")),
    "roots of trust": Layer("trust", ("words", "specs")),
    "daily": Layer("daily", ("words", "verdicts", "specs", "core", "meaning of specs")),
    "adapters": Layer("adapters", ("words", "core")),
    "composition root": Layer("site", ("words", "specs", "core", "approvals", "adapters")),
    "lint": Layer("lint", ("words", "specs", "core")),
    "rendering": Layer(
        "render",
        ("words", "verdicts", "specs", "core", "approvals", "what was done", "whereabouts", "lint", "daily"),
    ),
    "scaffold": Layer("scaffold"),
    "demo": Layer("demo", ("words", "specs", "scaffold", "adapters")),
}
LAYERS["command line"] = Layer("cli __main__", tuple(LAYERS))
LAYER_OF = {module: name for name, layer in LAYERS.items() for module in layer.modules.split()}


def modules() -> dict[str, Path]:
    """Return every module of both packages by its dotted name."""
    found = {}
    for package in ("reconciler", "processing"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(module: str) -> Iterator[str]:
    """Yield the dotted names that a module imports anywhere, also inside functions."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (full if (full := f"{base}.{a.name}") in MODULES else base for a in node.names)


IMPORTS = {module: frozenset(imports(module)) for module in MODULES}
INSIDE = [module for module in MODULES if module.startswith("reconciler.")]


def below_reconciler(name: str) -> str:
    return name.split(".")[1] if name.startswith("reconciler.") else ""


def test_every_module_stands_in_one_layer() -> None:
    listed = " ".join(layer.modules for layer in LAYERS.values()).split()
    assert sorted(listed) == sorted({below_reconciler(module) for module in INSIDE})


@pytest.mark.parametrize("module", INSIDE)
def test_a_layer_imports_only_what_lies_below_it(module: str) -> None:
    own = LAYER_OF[below_reconciler(module)]
    found = {LAYER_OF[top] for name in IMPORTS[module] if (top := below_reconciler(name))}
    assert found <= {own, *LAYERS[own].may_import}


def test_only_the_composition_root_the_commands_and_the_demo_import_adapters() -> None:
    users = {below_reconciler(m) for m in INSIDE if any(n.startswith("reconciler.adapters") for n in IMPORTS[m])}
    assert users <= {"adapters", "site", "cli", "demo"}


def test_the_middleware_is_imported_only_where_it_is_adapted() -> None:
    users = [m for m in MODULES if any(name.split(".")[0] == "lsst" for name in IMPORTS[m])]
    assert [m for m in users if not m.startswith(MIDDLEWARE)] == []


def test_the_two_packages_do_not_import_each_other() -> None:
    other = {"reconciler": "processing", "processing": "reconciler"}
    crossing = {m for m in MODULES if any(n.split(".")[0] == other[m.split(".")[0]] for n in IMPORTS[m])}
    assert crossing == set()


def test_no_module_imports_itself_through_others() -> None:
    graph = {module: (names & MODULES.keys()) - {module} for module, names in IMPORTS.items()}
    TopologicalSorter(graph).prepare()
