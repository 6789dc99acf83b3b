"""Roles on the page: those of [people], by tenant; without any, the account's own; and whom a proxy vouches for."""

from pathlib import Path

import pytest
from page_guest import Guest, Open, open_page

from connector.config.people import PersonSection
from connector.page.rights import Rights
from connector.people import NotAllowed

ANNA = "north.anna"


def listed(folder: Path, *tables: str, page: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text("\n".join([page, path.read_text(encoding="utf-8"), *tables]), encoding="utf-8")
    return folder


def approve_north(guest: Guest) -> int:
    """As whoever has found the address would try, with a proof of its own."""
    token = guest.get("/own").form("/own/preference").fields["token"]
    return guest.post("/t/north/do/approve-all", {"token": token, "mark": "any"}).status


def test_a_viewer_sees_everything_and_is_offered_nothing_to_press(office: Open) -> None:
    guest = office.signed_in("vera", "viewer").get("/")

    assert guest.status == 200
    assert [form.action for form in guest.forms()] == ["/sign-out"]
    assert approve_north(guest) == 403


def test_a_bookkeeper_approves_and_does_not_connect(office: Open) -> None:
    guest = office.signed_in("ben", "bookkeeper").get("/")
    assert guest.form("/t/north/do/approve-all")

    assert guest.get("/connect").status == 403
    assert 'href="/connect"' not in guest.get("/").text


def test_an_account_without_a_role_sees_no_firm(office: Open) -> None:
    guest = office.signed_in("nina", "none")

    assert guest.get("/").status == 403
    assert guest.get("/t/north/policy").status == 404


def test_roles_at_single_tenants_count(office_folder: Path) -> None:
    people = '[people.anna]\nrole = "none"\ntenants = { north = "bookkeeper" }\n'
    with open_page(listed(office_folder, people)) as opened:
        guest = opened.signed_in("anna", "admin").get("/")
        assert "/t/north/do/approve-all" in guest.text
        assert "/t/west/" not in guest.text

        assert guest.get("/t/west/policy").status == 404
        assert guest.get("/t/north/policy").status == 200


def test_once_people_are_listed_an_account_that_is_not_may_do_nothing(office_folder: Path) -> None:
    with open_page(listed(office_folder, '[people.ben]\nrole = "admin"\n')) as opened:
        guest = opened.signed_in("anna", "admin")

        assert guest.get("/").status == 403
        assert "take" in guest.text


def test_a_tenant_that_is_not_there_and_one_that_is_not_ones_own_look_the_same(office_folder: Path) -> None:
    people = '[people.anna]\ntenants = { north = "viewer" }\n'
    with open_page(listed(office_folder, people)) as opened:
        guest = opened.signed_in()
        foreign, none = guest.get("/t/west/health").text, guest.get("/t/nobody/health").text

    assert foreign.replace("west", "nobody") == none


@pytest.mark.parametrize("command", ["approve", "connect", "no-such-command"])
def test_while_nobody_is_listed_the_accounts_own_role_decides(command: str) -> None:
    Rights({}, "anna", "admin").require(command, ["north"])
    with pytest.raises(NotAllowed, match="role"):
        Rights({}, "anna", "viewer").require(command, ["north"])


def test_the_configuration_takes_rights_away_that_an_account_has() -> None:
    rights = Rights({"anna": PersonSection(role="viewer")}, "anna", "admin")

    assert (rights.at("north"), rights.may("approve", "north")) == ("viewer", False)


PROXY = "[page]\nbehind_proxy = true\n"


@pytest.fixture
def proxied(tmp_path: Path):
    people = '[people.anna]\nrole = "admin"\n'
    (tmp_path / "config.toml").write_text(f"{PROXY}{people}", encoding="utf-8")
    with open_page(tmp_path, behind_proxy=True) as opened:
        yield opened


def test_whom_the_proxy_names_is_signed_in_without_a_password(proxied: Open) -> None:
    guest = proxied.guest().get("/", Remote_User="anna")

    assert (guest.status, "anna" in guest.text, "Sign out" in guest.text) == (200, True, False)


@pytest.mark.parametrize(
    "headers", [{}, {"Remote_User": ""}, {"Remote_User": "anna evil"}, {"X_Forwarded_User": "anna"}]
)
def test_whom_no_proxy_names_is_a_stranger(proxied: Open, headers: dict[str, str]) -> None:
    assert proxied.guest().get("/", **headers).status == 403


def test_behind_a_proxy_no_password_signs_anybody_in(proxied: Open) -> None:
    proxied.account("anna")

    assert (
        proxied.guest().get("/sign-in").press("/sign-in", name="anna", password="four plain words together").status
        == 403
    )


def test_a_session_is_no_use_to_somebody_else_whom_the_proxy_names(proxied: Open) -> None:
    guest = proxied.guest().get("/own", Remote_User="anna")
    form = guest.form("/own/preference")
    guest.post(form.action, form.fields | {"language": "de"}, Remote_User="ben")

    assert "Not sent yet" in guest.text or guest.status == 403


def test_without_a_proxy_its_header_means_nothing(empty: Open) -> None:
    assert empty.guest().get("/", Remote_User="anna").path.startswith("/sign-in")


def test_while_nobody_is_listed_whom_a_proxy_names_may_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(PROXY, encoding="utf-8")
    with open_page(tmp_path, behind_proxy=True) as opened:
        assert opened.guest().get("/", Remote_User="anna").status == 403
