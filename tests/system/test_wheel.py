"""The wheel, built and installed where nothing of the project is: what a person gets who installs Dun."""

import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "connector" / "messages" / "built_in"
RATES = ROOT / "connector" / "law" / "published"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index"]
    _run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(ROOT))
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it. Its dependencies are lent by the environment of the tests."""
    folder = tmp_path_factory.mktemp("home")
    venv.create(folder, with_pip=False)
    python = str(folder / "bin" / "python")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    _run(sys.executable, "-m", "pip", "--python", python, "install", *options, str(wheel))
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "lent.pth").write_text(_dependencies(folder) + "\n")
    return folder


def _dependencies(folder: Path) -> str:
    """A folder that shows everything installed here but the project itself, which is installed as editable."""
    lent = folder / "lent"
    lent.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "dun_connector" not in entry.name and entry.suffix != ".pth":
            (lent / entry.name).symlink_to(entry)
    return str(lent)


def _run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_top_level_names_are_the_four_packages(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"connector", "connectors", "state", "sync"}


def test_it_brings_every_template_along(wheel: Path) -> None:
    packed = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/built_in/" in name}
    written = {path.name for path in TEMPLATES.iterdir() if path.is_file()}

    assert written
    assert written <= packed


def test_it_brings_every_reference_rate_along(wheel: Path) -> None:
    packed = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "connector/law/published/" in name}

    assert packed == {path.name for path in RATES.iterdir()}


def test_it_brings_no_tests_and_no_data_along(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    unwanted = [name for name in names if name.endswith((".db", ".toml")) or "test" in name]
    by_language = [name for name in unwanted if name.startswith(("connector/page/words/", "connector/saying/words/"))]
    fixed = ["connector/letters/case_words.toml", "connector/letters/words.toml"]

    assert [name for name in unwanted if name not in by_language] == fixed


def test_the_command_runs_from_the_wheel(home: Path, tmp_path: Path) -> None:
    told = _run(str(home / "bin" / "dun"), "--help", folder=tmp_path)

    assert "demo" in told


def test_the_version_is_that_of_the_project(home: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert _run(str(home / "bin" / "dun"), "--version", folder=tmp_path) == f"dun, version {version}\n"


def test_the_code_that_runs_is_that_of_the_wheel(home: Path, tmp_path: Path) -> None:
    where = _run(str(home / "bin" / "python"), "-c", "import connector.cli as c; print(c.__file__)", folder=tmp_path)

    assert Path(where.strip()).is_relative_to(home)


def test_the_packaged_templates_pass_the_check(home: Path, tmp_path: Path) -> None:
    dun = str(home / "bin" / "dun")
    _run(dun, "init", folder=tmp_path)

    assert "is right" in _run(dun, "config", "check", folder=tmp_path)
