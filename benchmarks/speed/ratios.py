"""All ratios of speed in one run: ``python -m benchmarks.speed.ratios``."""

import subprocess
import sys
from pathlib import Path

SUITES = (
    "features",
    "siamese",
    "neighbors",
    "rendering",
    "tail",
    "eigenmaps",
    "doa",
    "networks",
    "ipdnet2",
    "streaming",
)
ROOT = Path(__file__).parents[2]


def main():
    """Run each suite in a process of its own, so that none warms the memory of another."""
    for suite in SUITES:
        print(f"\n== {suite}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.speed.{suite}"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
