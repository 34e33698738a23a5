"""The packages that are installed."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "ports", "application", "adapters", "entrypoints")


def copy_packages(target: Path) -> None:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, target / package, ignore=ignored)
