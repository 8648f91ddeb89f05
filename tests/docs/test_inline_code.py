"""Code of the pages and docstrings is run; what only looks like a call fits the signature."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import sslearn

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in (ROOT / "docs").rglob("*.rst")
    if not {"auto_examples", "generated", "_build", "benchmarks"} & set(page.parts)
    and page.stem != "benchmarks"
)
MODULES = sorted((ROOT / "sslearn").rglob("*.py"))
# Blocks of Python that cannot run in a test, by page: number and reason.
NOT_RUN = {
    "how_to/gpu.rst": (1, "needs a GPU"),
    "how_to/live.rst": (1, "needs a microphone"),
    "user_guide/large_data.rst": (2, "need several machines"),
    "user_guide/live.rst": (1, "needs a microphone"),
}
BLOCK = re.compile(
    r"^[ \t]*\.\. (?:code-block|code|sourcecode):: (?:python|py|pycon)", re.MULTILINE
)
LITERAL = re.compile(r"(?<!`)``([^`]+)``(?!`)")


def _public():
    """Public names, and those things of this name that can be called."""
    found = {}
    for room in sslearn._ROOMS:
        module = importlib.import_module(f"sslearn.{room}")
        for name in module.__all__:
            if callable(getattr(module, name)):
                found.setdefault(name, []).append(getattr(module, name))
    return found


PUBLIC = _public()


def broken_calls(text):
    """Inline calls of public names with an argument that none of these names takes."""
    for literal in LITERAL.findall(text):
        try:
            tree = ast.parse(" ".join(literal.split()), mode="eval")
        except SyntaxError:
            continue
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", None))
            keywords = {keyword.arg for keyword in call.keywords} - {None}
            things = PUBLIC.get(name, [])
            if things and not any(_takes(thing, call.args, keywords) for thing in things):
                yield literal


def _takes(thing, args, keywords):
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:  # warnings
        return True
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return True
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    is_short = any(isinstance(arg, ast.Constant) and arg.value is ... for arg in args)
    fits = is_short or takes_any or len(args) <= len(positional)
    return fits and keywords <= {p.name for p in parameters}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_python_of_a_page_is_a_doctest(page):
    name = page.relative_to(ROOT / "docs").as_posix()
    n_blocks, reason = NOT_RUN.get(name, (0, "no reason"))
    text = page.read_text()
    assert len(BLOCK.findall(text)) == n_blocks, f"write code as a doctest, with >>> ({reason})"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_inline_calls_of_a_page_fit(page):
    assert not list(broken_calls(page.read_text()))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_inline_calls_of_docstrings_fit(module):
    tree = ast.parse(module.read_text())
    kinds = ast.Module, ast.ClassDef, ast.FunctionDef
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    assert not [call for text in texts for call in broken_calls(text)]
    assert not [text for text in texts if BLOCK.search(text)], "write code as a doctest, with >>>"


def test_broken_calls_are_found():
    assert list(
        broken_calls("Call ``recipes.siamese(radios=5)`` or ``KNeighborsLocalizer(1, 2)``.")
    ) == [
        "recipes.siamese(radios=5)",
        "KNeighborsLocalizer(1, 2)",
    ]
    assert not list(broken_calls("``recipes.siamese(radius=5)``, ``fit(X)``, ``siamese``."))
