"""The house keeps its plan: arrows, imports that cost nothing, captions on every room, pins for every dependency."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
COSTLY = {"Router", "create_engine", "create_async_engine", "Tokenizer"}
WRITTEN = {
    "",
    ".cfg",
    ".css",
    ".html",
    ".ini",
    ".js",
    ".json",
    ".lua",
    ".mako",
    ".md",
    ".po",
    ".py",
    ".toml",
    ".txt",
    ".yaml",
}
# Home directories, and this very clone: on the next machine they name nothing. Addresses of web pages may contain them.
MACHINE = re.compile(r"(?<![\w.~-])(/(home|root|work|Users)/[\w.-]|[A-Z]:\\Users\\|" + re.escape(str(ROOT)) + r"\b)")


def _name(module: Path) -> str:
    return str(module.relative_to(ROOT))


def test_the_arrows_between_and_inside_the_rooms_are_as_the_contracts_say() -> None:
    # In a process of its own: import-linter sets up logging for the whole process it runs in.
    program = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True, no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)  # noqa: S603 — the program above
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


# Faces on purpose: a room that is one thing to all others, and a list of tables.
FACES = {"intents", "storage.tables"}


def test_what_a_sub_room_offers_is_imported_from_the_file_that_defines_it() -> None:
    found = [
        f"{_name(module)}:{node.lineno}: {node.module} hands on {alias.name}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module not in FACES
        for alias in node.names
        if _is_handed_on(str(node.module), alias.name)
    ]
    assert found == []


def _is_handed_on(package: str, name: str) -> bool:
    """Whether the package is one of ours and only passes the name on from another file."""
    folder = ROOT.joinpath(*package.split("."))
    face = folder / "__init__.py"
    if package.partition(".")[0] not in ROOMS or not face.exists():
        return False
    if (folder / name).is_dir() or (folder / f"{name}.py").exists():
        return False
    body = ast.parse(face.read_bytes()).body
    return any(
        name in (alias.asname or alias.name for alias in node.names)
        for node in body
        if isinstance(node, ast.ImportFrom)
    )


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_importing_a_module_makes_no_router_engine_or_tokenizer(module: Path) -> None:
    tree = ast.parse(module.read_bytes())
    made = [
        f"line {call.lineno}: {ast.unparse(call.func)}" for call in _calls_at_import(tree) if _called(call) in COSTLY
    ]
    assert made == []


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("router = Router()", 1),
        ("class A:\n    engine = sqlalchemy.create_async_engine(url)", 1),
        ("def f(cut=jieba.Tokenizer()): ...", 1),
        ("if True:\n    @register(Router())\n    def f(): ...", 1),
        ("def f():\n    return Router()", 0),
        ("make = lambda: Router()", 0),
    ],
)
def test_what_runs_at_import_is_told_from_what_runs_later(source: str, made: int) -> None:
    assert sum(_called(call) in COSTLY for call in _calls_at_import(ast.parse(source))) == made


def test_what_an_error_of_aiogram_means_is_known_to_the_channels_alone() -> None:
    named = [
        _name(module)
        for module in MODULES
        if module.parent != ROOT / "bot" / "channels" and "aiogram.exceptions" in module.read_text(encoding="utf-8")
    ]
    assert named == []


def test_bench_and_testbed_know_nothing_of_the_tests() -> None:
    modules = [path for room in ("bench", "testbed") for path in sorted((ROOT / room).rglob("*.py"))]
    assert [
        _name(path) for path in modules if re.search(r"^\s*(from|import) tests\b", path.read_text("utf-8"), re.M)
    ] == []


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_every_module_says_what_it_is_for(module: Path) -> None:
    caption = ast.get_docstring(ast.parse(module.read_bytes()))
    assert caption is not None
    assert caption.partition("\n")[0].strip()


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{_name(path)}:{number}: {line.strip()[:100]}"
        for path in _written()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_a_path_of_one_machine_is_recognised() -> None:
    home = "/".join(["", "home", "aliya", "shuiqiao"])
    assert MACHINE.search(f'open("{home}")')
    assert MACHINE.search(f"cd {ROOT}")
    assert not MACHINE.search(f"https://a.example{home}")
    assert not MACHINE.search("/var/lib/shuiqiao")


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (PROJECT["project"]["dependencies"], ["run.txt"]),
        (PROJECT["dependency-groups"]["dev"], ["run.txt", "dev.txt"]),
    ],
    ids=["run", "dev"],
)
def test_every_dependency_is_pinned_to_a_version_that_it_admits(wanted: list[str], files: list[str]) -> None:
    pinned = {name: version for file in files for name, version in _pins(file)}
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} has no pin: make pins"
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}: make pins"


@pytest.mark.parametrize("file", ["build.txt", "run.txt", "dev.txt"])
def test_every_pin_has_hashes_and_no_origin(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    for pin in re.split(r"\n(?=[^\s#])", text):
        if "==" in pin:
            assert "--hash=sha256:" in pin
    assert not re.search(r"^\s*-(?!-hash=)|://", text, re.MULTILINE)


def _calls_at_import(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that an import carries out: none in the bodies of functions, but those in their decorators and defaults."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for part in [*node.decorator_list, node.args]:
                    yield from _calls_at_import(ast.Expression(part) if isinstance(part, ast.expr) else part)
            case ast.Lambda():
                yield from _calls_at_import(node.args)
            case _:
                yield from _calls_at_import(node)


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _written() -> Iterator[Path]:
    """Everything that somebody wrote here: the rooms, tests, docs and the files of the root."""
    for folder in (*ROOMS, "testbed", "bench", "tests", "docs", ".ci"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in WRITTEN)
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in WRITTEN and path.name != ".git")


def _pins(file: str) -> Iterator[tuple[str, str]]:
    for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([\w.-]+)==([^\s;\\]+)", line):
            yield canonicalize_name(pin[1]), pin[2]
