"""The direction of imports between rooms, and torch where it belongs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sslearn

ROOT = Path(sslearn.__file__).parent
LAYERS = (
    {"utils", "exceptions"},
    {"geometry"},
    {"features", "metrics", "decoding", "losses", "networks"},
    {"encoding"},
    {"base", "simulation", "model_selection"},
    {"calibration", "datasets", "doa", "ensemble", "neighbors", "deep_learning"},
    {"embedding", "audiovisual"},
    {"plotting", "streaming", "persistence"},
    {"recipes"},
    {"cli"},
    {"__main__"},
)
LAYER_OF = {room: i for i, layer in enumerate(LAYERS) for room in layer}
# These rooms work where torch cannot be imported.
TORCH_FREE = (
    "calibration",
    "datasets",
    "decoding",
    "doa",
    "encoding",
    "ensemble",
    "exceptions",
    "features",
    "geometry",
    "metrics",
    "model_selection",
    "neighbors",
    "persistence",
    "plotting",
    "recipes",
    "simulation",
)


def _imported(path):
    """Dotted names below sslearn that a module imports, split at the dots, without "sslearn"."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            package, *parts = name.split(".")
            if package == "sslearn" and parts:
                yield parts


def _room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


MODULES = [p for p in sorted(ROOT.rglob("*.py")) if p.parent != ROOT or p.stem != "__init__"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_left(path):
    room = _room_of(path)
    for imported in {parts[0] for parts in _imported(path)} - {room, "__version__"}:
        assert LAYER_OF[imported] < LAYER_OF[room], f"{room} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_rooms_import_public_modules_of_each_other(path):
    # What the one module of private names of scikit-learn exports keeps their underscores.
    others = [parts for parts in _imported(path) if parts[0] != _room_of(path)]
    others = [parts for parts in others if parts[:2] != ["utils", "param_validation"]]
    assert not [parts for parts in others if any(part.startswith("_") for part in parts[1:])]


def test_the_walk_sees_imports():
    assert ["metrics", "d2_angular_error_score"] in list(_imported(ROOT / "base.py"))
    assert len(MODULES) > 30


BLOCK_TORCH = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError("torch is absent")
sys.meta_path.insert(0, Block())
"""


def _run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_import_of_the_package_brings_no_torch():
    done = _run("import sslearn, sys; assert 'torch' not in sys.modules")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("room", TORCH_FREE)
def test_rooms_without_torch(room):
    done = _run(f"{BLOCK_TORCH}import sslearn.{room}")
    assert done.returncode == 0, done.stderr


def test_eigenmaps_and_neighbors_work_where_torch_is_absent():
    done = _run(
        f"{BLOCK_TORCH}from sslearn import recipes\n"
        "from sslearn.datasets import make_plane_waves\n"
        "X, y = make_plane_waves(40, mic_positions=[[0, .08, 0], [0, -.08, 0]], duration=.2,\n"
        "                        random_state=0, return_X_y=True)\n"
        "recipes.laplacian_eigenmaps().fit(X, y).predict(X)\n"
    )
    assert done.returncode == 0, done.stderr
