"""The shape of the tree: tests mirror code, data is data, modules stay small."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
PACKAGES = ("higgsflow", "tasks", "workflows")
MODULES = sorted(path for package in PACKAGES for path in (BASE / package).rglob("*.py"))

# Modules without a test file of their own, each with the reason.
EXCEPTIONS: dict[str, str] = {}


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _relative(path: Path) -> str:
    return path.relative_to(BASE).as_posix()


def _has_public_code(path: Path) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(n, kinds) and not n.name.startswith("_") for n in _parse(path).body)


def _mirror(path: Path) -> Path:
    return BASE / "tests" / path.relative_to(BASE).with_name(f"test_{path.name}")


def test_every_module_with_public_code_has_its_test_file():
    code = [path for path in MODULES if _relative(path) not in EXCEPTIONS]
    missing = [path for path in code if _has_public_code(path) and not _mirror(path).is_file()]
    assert not missing, "no test file for:\n" + "\n".join(
        f"  {_relative(path)} -> {_relative(_mirror(path))}" for path in missing
    )


def test_exceptions_are_modules_that_need_to_be_excepted():
    stale = [
        name
        for name in EXCEPTIONS
        if not (BASE / name).is_file()
        or not _has_public_code(BASE / name)
        or _mirror(BASE / name).is_file()
    ]
    assert not stale


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in MODULES}
    assert not [_relative(path) for path in folders if not (path / "__init__.py").is_file()]


# what design.md names, and what tools want to find there
TOP = [
    ".ci",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "benchmarks",
    "config",
    "docs",
    "higgsflow",
    "law.cfg",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "setup.sh",
    "tasks",
    "tests",
    "workflows",
]


def test_the_top_level_holds_what_it_should():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=BASE, capture_output=True, text=True, check=True
    )
    assert sorted({line.partition("/")[0] for line in listed.stdout.splitlines()}) == TOP


def test_config_holds_data_only():
    assert not [_relative(path) for path in (BASE / "config").rglob("*.py")]


# what stands for all, as the architecture says
FOR_ALL = (
    "higgsflow.output.arrow_arrays",
    "higgsflow.output.atomic",
    "higgsflow.output.rescale",
)


def _is_of_higgsflow(path: Path) -> bool:
    return path.is_relative_to(BASE / "higgsflow") and path != BASE / "higgsflow" / "__init__.py"


def _rows() -> dict[str, int]:
    """The row of each module of higgsflow in the table of docs/architecture.md."""
    text = (BASE / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## Inside higgsflow")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return {name: row for row, cell in enumerate(cells) for name in re.findall(r"`(\w+)`", cell)}


def _imported(path: Path) -> set[str]:
    """What a module imports of higgsflow when it runs, not for its types alone."""
    tree = _parse(path)
    of_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if id(node) not in of_types]
    whole = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    parts = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name for name in whole | parts if name.startswith("higgsflow.")} - {*FOR_ALL}


def _top(path: Path) -> str:
    return path.relative_to(BASE / "higgsflow").parts[0].removesuffix(".py")


def test_the_architecture_names_every_module_of_higgsflow():
    assert set(_rows()) == {_top(path) for path in MODULES if _is_of_higgsflow(path)}


def test_files_and_names_that_contributors_read_of_are_there():
    pages = (BASE / "docs" / "architecture.md", BASE / "CONTRIBUTING.md")
    words = {w for page in pages for w in re.findall(r"`([\w./]+)`", page.read_text("utf-8"))}
    kernels = (BASE / "higgsflow" / "compiled").glob("*.pyx")
    sources = [*MODULES, *kernels, *BASE.glob("*.py"), *(BASE / "tests").rglob("*.py")]
    files = [f"/{_relative(path)}" for path in sources]
    gone = {w for w in words if w.endswith(".py") and not any(f.endswith(f"/{w}") for f in files)}
    for module, name in (word.split(".") for word in words if word.count(".") == 1):
        texts = [path.read_text(encoding="utf-8") for path in sources if path.stem == module]
        named = re.compile(rf"\b{name}\b")
        is_file = name in ("py", "json", "cfg", "toml", "yaml")
        if texts and not is_file and not any(map(named.search, texts)):
            gone.add(f"{module}.{name}")
    assert not gone


def test_modules_of_higgsflow_import_only_what_stands_below_them():
    rows = _rows()
    upward = [
        f"{_relative(path)} imports {name}"
        for path in MODULES
        if _is_of_higgsflow(path)
        for name in _imported(path)
        if rows[name.split(".")[1]] > rows[_top(path)]
    ]
    assert not upward


def test_physics_does_not_print():
    calls = [
        f"{_relative(path)}:{node.lineno}"
        for path in MODULES
        if path.is_relative_to(BASE / "higgsflow")
        for node in ast.walk(_parse(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not calls


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "misc", "common"])
def test_modules_are_named_for_their_subject(name):
    assert not [_relative(path) for path in MODULES if name in (path.stem, path.parent.name)]


def test_modules_are_at_most_400_lines():
    lengths = {_relative(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert not {name: length for name, length in lengths.items() if length > 400}
