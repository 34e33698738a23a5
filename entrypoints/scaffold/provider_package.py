"""Writes the package of a new provider from `templates/`."""

import keyword
import re
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path
from typing import Final

from domain.errors import ErrorKind, PmsError
from entrypoints.wiring.installed_providers import GROUP

_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,30}")
_LAYER: Final = "pms-adapter-layer"
_FILES: Final = {
    "pyproject.toml": "pyproject.toml.tmpl",
    "README.md": "README.md.tmpl",
    ".gitignore": "gitignore.tmpl",
    "pms_{name}/__init__.py": "init.py.tmpl",
    "pms_{name}/py.typed": "py.typed.tmpl",
    "pms_{name}/adapter.py": "adapter.py.tmpl",
    "pms_{name}/simulator.py": "simulator.py.tmpl",
    "samples/bookings.json": "bookings.json.tmpl",
    "tests/test_{name}.py": "test_adapter.py.tmpl",
}


class BadProviderName(PmsError, code="bad_provider_name", kind=ErrorKind.INVALID):
    """A provider's name has 2 to 31 lower-case letters and digits and starts with a letter."""


class ProviderNameTaken(PmsError, code="provider_name_taken", kind=ErrorKind.CONFLICT):
    """A provider of this name is already installed; choose another name."""


class FolderNotEmpty(PmsError, code="folder_not_empty", kind=ErrorKind.CONFLICT):
    """The folder exists and is not empty; choose another with --into. Nothing was written."""


def write_package(name: str, title: str, folder: Path) -> list[Path]:
    """Returns the written files. Raises BadProviderName, ProviderNameTaken, FolderNotEmpty."""
    _require_available_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmpty(folder=str(folder))
    placeholders = {"name": name, "title": title} | _version_placeholders()
    written_files = []
    for path, template in _FILES.items():
        target = folder / path.format(name=name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_render_template(template, placeholders), encoding="utf-8")
        written_files.append(target)
    return written_files


def _require_available_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadProviderName
    if name in {plugin.name for plugin in entry_points(group=GROUP)}:
        raise ProviderNameTaken(name=name)


def _version_placeholders() -> dict[str, str]:
    """This version, and the first one that may break the adapter contract."""
    major, minor, *_ = version(_LAYER).split(".")
    next_version = f"0.{int(minor) + 1}" if major == "0" else f"{int(major) + 1}"
    return {"version": f"{major}.{minor}", "next_version": next_version}


def _render_template(template: str, placeholders: dict[str, str]) -> str:
    text = files("entrypoints.scaffold").joinpath("templates", template).read_text("utf-8")
    for name, value in placeholders.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text
