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
    {"datasets", "doa", "neighbors", "deep_learning"},
    {"embedding", "audiovisual"},
    {"plotting", "streaming", "persistence"},
    {"recipes"},
)
LAYER_OF = {room: i for i, layer in enumerate(LAYERS) for room in layer}
# These rooms work where torch cannot be imported.
TORCH_FREE = (
    "datasets",
    "decoding",
    "doa",
    "encoding",
    "exceptions",
    "features",
    "geometry",
    "metrics",
    "model_selection",
    "neighbors",
    "plotting",
    "recipes",
    "simulation",
)


def _rooms_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for module in modules:
            parts = module.split(".")
            if parts[0] == "sslearn" and len(parts) > 1:
                yield parts[1]


def _room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


MODULES = [p for p in sorted(ROOT.rglob("*.py")) if p.parent != ROOT or p.stem != "__init__"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_left(path):
    room = _room_of(path)
    for imported in set(_rooms_imported(path)) - {room}:
        assert LAYER_OF[imported] < LAYER_OF[room], f"{room} imports {imported}"


def test_the_walk_sees_imports():
    assert "metrics" in set(_rooms_imported(ROOT / "base.py"))
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
