"""Each dependency is declared, has its reason in the architecture, and is imported."""

import ast
import configparser
import importlib.metadata
import re
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
PACKAGES = ("higgsflow", "tasks", "workflows")
# modules that others bring, each with the one that says so in its own interface
BROUGHT = {"fsspec": "awkward", "pydantic_core": "pydantic"}
# what others import and do not ask for
WANTED_BY = {"pandas": "pyarrow", "setuptools": "luigi"}
# what only a notebook has, where it is the kernel
THERE_OR_NOT = {"IPython"}


def _names(requirements):
    """Names of packages, without versions and conditions."""
    return {re.match(r"[\w-]+", line)[0] for line in requirements if line.strip()}


def _declared():
    """By what they are for: those of the package, of its extras, and of its build."""
    settings = configparser.ConfigParser()
    settings.read(BASE / "setup.cfg", encoding="utf-8")
    project = (BASE / "pyproject.toml").read_text(encoding="utf-8")
    build = re.findall(r'"(.*?)"', re.search(r"^requires = \[(.*)\]$", project, re.MULTILINE)[1])
    found = {"": _names(settings["options"]["install_requires"].splitlines())}
    for extra, lines in settings["options.extras_require"].items():
        found[extra] = _names(lines.splitlines())
    return {**found, "build": _names(build)}


def _imported():
    """What modules of the package import when they run, for their types alone left out."""
    found = set()
    for path in (path for package in PACKAGES for path in (BASE / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        of_types = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in (node for node in ast.walk(tree) if id(node) not in of_types):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy.load":
                found.add(ast.literal_eval(node.args[0]))
    tops = {name.partition(".")[0] for name in found}
    return tops - {*sys.stdlib_module_names, *PACKAGES, *THERE_OR_NOT}


def test_the_architecture_says_what_each_package_is_for():
    text = (BASE / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \|", text.partition("## Dependencies")[2], re.MULTILINE)
    told = {name for row in rows[1:] for name in re.findall(r"[\w-]+", row.partition(" (")[0])}
    assert told == set().union(*_declared().values())


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    of_module = importlib.metadata.packages_distributions()
    named = {BROUGHT.get(name, (of_module.get(name) or [name])[0]) for name in _imported()}
    # the older of setuptools wrote a name as that of the module
    used = {name.lower().replace("_", "-") for name in named}
    declared = _declared()
    optional = set().union(*(declared[extra] for extra in ("models", "xrootd", "numba")))
    assert used - optional == declared[""] - set(WANTED_BY)
