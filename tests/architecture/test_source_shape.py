"""Shape of the source: sizes, docstrings, and who may print, open files, import the root or draw random numbers."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.architecture

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "simengine"
MODULES = sorted(path.relative_to(PROJECT).as_posix() for path in PACKAGE.rglob("*.py"))

MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 50
MAY_OPEN_FILES = ("simengine/study/", "simengine/results/", "simengine/report/", "simengine/cli/")
MAY_DRAW = ("simengine/sampling/",)


def tree_of(module):
    return ast.parse((PROJECT / module).read_text(encoding="utf-8"), filename=module)


def docstring_lines(node):
    """Number of lines of the docstring of a module, class or function."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return first.end_lineno - first.lineno + 1


def own_lines(node, lines):
    """Lines of a node with everything in it, docstrings left out."""
    return lines - sum(docstring_lines(inner) for inner in ast.walk(node))


def calls(tree):
    """Dotted names of everything that is called: ``open``, ``path.open``, ``np.random.default_rng``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def imports(tree):
    """Full dotted names of everything that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def test_there_is_a_package_to_look_at():
    assert len(MODULES) > 10


@pytest.mark.parametrize("module", MODULES)
def test_file_is_short(module):
    text = (PROJECT / module).read_text(encoding="utf-8")
    assert own_lines(ast.parse(text), len(text.splitlines())) <= MOST_LINES_OF_A_FILE


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module):
    functions = [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    sizes = {f"{node.name} (line {node.lineno})": own_lines(node, node.end_lineno - node.lineno + 1) for node in functions}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("module", MODULES)
def test_module_has_a_docstring(module):
    assert (ast.get_docstring(tree_of(module)) or "").strip(), f"{module} does not say what it is"


@pytest.mark.parametrize("module", MODULES)
def test_nobody_prints(module):
    assert [line for name, line in calls(tree_of(module)) if name == "print"] == []


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith(MAY_OPEN_FILES)])
def test_nobody_else_opens_files(module):
    # a job of a crew (runs/crews.py) is opened to a worker; the folder of shards opens its files itself (results/)
    opened = [
        line
        for name, line in calls(tree_of(module))
        if (name == "open" or name.endswith(".open")) and name not in ("job.open", "self.job.open", "ShardFolder.open")
    ]
    assert opened == []


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith(MAY_DRAW)])
def test_nobody_else_draws_random_numbers(module):
    tree = tree_of(module)
    imported = [line for name, line in imports(tree) if name.split(".")[0] == "random" or name.startswith("numpy.random")]
    used = [line for name, line in calls(tree) if name.startswith(("np.random.", "numpy.random."))]
    assert imported + used == []


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_the_root_from_inside(module):
    names = {Path(path).parts[1].removesuffix(".py") for path in MODULES} - {"__init__", "__main__"}
    roots = [(name, line) for name, line in imports(tree_of(module)) if name.split(".")[0] == "simengine"]
    assert [(name, line) for name, line in roots if name == "simengine" or name.split(".")[1] not in names] == []
