"""A page of an empty installation, and one of two firms on a morning on which reminders wait for a yes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from connected_office import connected_office
from page_guest import Open, open_page

from connector.rounds import run_tenant
from connector.wiring import Installation


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Open]:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    with open_page(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def planned_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both firms, whose first reminders are planned. Its sandbox has gone."""
    folder = tmp_path_factory.mktemp("office")
    with connected_office(folder, "xero", "quickbooks", customers=20) as office:
        path = folder / "config.toml"
        path.write_text(path.read_text().replace('mode = "auto"', 'mode = "approve"'))
        with Installation(office.config) as installation:
            for slug in installation.config.tenants:
                run_tenant(installation, slug)
    return folder


@pytest.fixture
def office_folder(planned_office: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(planned_office, tmp_path / "office")


@pytest.fixture
def office(office_folder: Path) -> Iterator[Open]:
    with open_page(office_folder) as opened:
        yield opened
