"""A client is added to the end of the configuration, and only for good if the connection is."""

from pathlib import Path

import pytest

from connector.config.settings import ConfigError
from connector.connecting.new_tenant import NotAdded, added

CONFIG = '# kept as it is\n[sending]\nfrom = "accounts@seller.example"\n[xero]\nclient_id = "an-app"'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_a_client_is_added_behind_what_people_wrote(config: Path) -> None:
    with added(config, "xero", "acme", "Europe/London", read_only=True) as enlarged:
        assert (enlarged.tenant("acme").zone, enlarged.tenant("acme").read_only) == ("Europe/London", True)

    assert config.read_text().startswith(CONFIG)


def test_what_goes_wrong_takes_the_client_out_again(config: Path) -> None:
    with pytest.raises(KeyboardInterrupt), added(config, "xero", "acme", "Europe/London", read_only=False):
        raise KeyboardInterrupt

    assert config.read_text() == CONFIG


def test_what_somebody_wrote_meanwhile_is_not_cut_off(config: Path) -> None:
    def write_and_fail() -> None:
        with config.open("a") as file:
            file.write("\n# mine\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), added(config, "xero", "acme", "Europe/London", read_only=False):
        write_and_fail()

    assert config.read_text().endswith("\n# mine\n")


def test_a_client_without_app_is_refused_with_the_place_of_the_mistake(config: Path) -> None:
    with (
        pytest.raises(ConfigError, match=r"quickbooks\.client_id"),
        added(config, "quickbooks", "west", "Europe/London", read_only=False),
    ):
        pytest.fail("the configuration does not fit")

    assert config.read_text() == CONFIG


@pytest.mark.parametrize(("slug", "zone"), [("Bad Name", "Europe/London"), ("acme", None)])
def test_what_cannot_be_written_is_refused_before_anything_is(config: Path, slug: str, zone: str | None) -> None:
    with pytest.raises(NotAdded), added(config, "xero", slug, zone, read_only=False):
        pytest.fail("nothing can be added")

    assert config.read_text() == CONFIG


def test_a_file_that_takes_no_more_is_named(tmp_path: Path) -> None:
    full = tmp_path / "config.toml"
    full.symlink_to("/dev/full")

    with pytest.raises(NotAdded, match="by hand"), added(full, "xero", "acme", "Europe/London", read_only=False):
        pytest.fail("nothing can be added")
