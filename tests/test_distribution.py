"""The wheel has everything that an installation needs."""

import shutil
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from zipfile import ZipFile

import pytest

from tests.product_packages import PACKAGES, ROOT, copy_packages

BUILD_FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    source = tmp_path_factory.mktemp("source")
    copy_packages(source)
    for name in BUILD_FILES:
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--wheel-dir", str(source / "dist"), "."),
        ],
        cwd=source,
        check=True,
    )
    (path,) = (source / "dist").glob("*.whl")
    return ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    (path,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(path).decode())


class TestWheel:
    def test_has_every_file_of_the_packages(self, wheel: ZipFile) -> None:
        files = [path for package in PACKAGES for path in (ROOT / package).rglob("*")]
        expected = {
            path.relative_to(ROOT).as_posix()
            for path in files
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert expected - set(wheel.namelist()) == set()

    @pytest.mark.parametrize("package", PACKAGES)
    def test_marks_every_package_as_typed(self, wheel: ZipFile, package: str) -> None:
        assert f"{package}/py.typed" in wheel.namelist()

    def test_has_licence_and_metadata(self, wheel: ZipFile, metadata: Message) -> None:
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())
        assert metadata["License-Expression"] == "Apache-2.0"
        assert metadata["Author"] == "PMS adapter layer contributors"
        assert "Typing :: Typed" in metadata.get_all("Classifier", [])
        assert metadata.get_all("Project-URL")
