"""Who gets in, how often somebody may try, and what is left of a session that was over."""

import re
import sqlite3
from datetime import timedelta

import pytest
from page_guest import PASSWORD, Open

from connector.page.serving import first_link
from state.clock import SystemClock
from state.page_accounts import InvitationOver
from state.registry import Registry


def test_whoever_is_not_signed_in_is_asked_who_it_is_and_then_led_on(empty: Open) -> None:
    empty.account("anna")
    guest = empty.guest().get("/own")
    assert guest.path == "/sign-in?next=/own"

    guest.press("/sign-in", name="anna", password=PASSWORD)

    assert (guest.status, guest.path) == (200, "/own")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site_after_signing_in(empty: Open, elsewhere: str) -> None:
    empty.account("anna")
    guest = empty.guest().get(f"/sign-in?next={elsewhere}").press("/sign-in", name="anna", password=PASSWORD)

    assert guest.path == "/"


@pytest.mark.parametrize(("name", "password"), [("anna", "not her password"), ("ben", PASSWORD), ("anna", "x" * 5000)])
def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nobody(empty: Open, name: str, password: str) -> None:
    empty.account("anna")
    guest = empty.guest().sign_in(name, password)

    assert (guest.status, "Name or password is not right." in guest.text) == (401, True)


def test_after_a_few_failures_even_the_right_password_has_to_wait(empty: Open) -> None:
    empty.account("anna")
    guest = empty.guest()
    for _ in range(6):
        guest.sign_in("anna", "wrong words here")
    assert guest.sign_in("anna").status == 429

    empty.seconds[0] += 301

    assert guest.sign_in("anna").path == "/"


def test_the_first_link_makes_the_first_account_and_no_second(empty: Open) -> None:
    empty.wall.at = SystemClock().now()  # by which links are made
    link = first_link(empty.config, "")
    guest = empty.guest().get(link).press(link, name="anna", password=PASSWORD)
    assert (guest.status, guest.path) == (200, "/")

    assert empty.guest().get(link).status == 410


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("anna", "short", "at least 12 characters"),
        ("anna", "aaaaaaaaaaaaaaa", "too easy to guess"),
        ("anna", "password1234", "too easy to guess"),
        ("anna", "P@ssw0rd-2026!", "too easy to guess"),
        ("anna", "Qwertyuiop-123", "too easy to guess"),
        ("anna.smith", "Anna.Smith-2026", "too easy to guess"),
        ("anna with spaces", PASSWORD, "no spaces"),
    ],
)
def test_a_weak_password_or_an_impossible_name_makes_no_account(empty: Open, name, password, told) -> None:
    with Registry.open(empty.config.data / "registry.db") as registry:
        registry.accounts.invite("link", None, "admin", empty.wall.now() + timedelta(hours=1))
    guest = empty.guest().get("/welcome/link").press("/welcome/link", name=name, password=password)

    assert (guest.status, told in guest.text) == (422, True)
    with Registry.open(empty.config.data / "registry.db") as registry:
        assert registry.accounts.all() == []


def test_a_link_for_one_person_is_not_for_another(empty: Open) -> None:
    with Registry.open(empty.config.data / "registry.db") as registry:
        registry.accounts.invite("link", "ben", "viewer", empty.wall.now() + timedelta(hours=1))
        with pytest.raises(InvitationOver):
            registry.accounts.accept("link", "anna", "$argon2", empty.wall.now())


def test_a_link_is_over_after_its_time(empty: Open) -> None:
    with Registry.open(empty.config.data / "registry.db") as registry:
        registry.accounts.invite("link", "ben", "viewer", empty.wall.now() + timedelta(hours=1))
    empty.wall.at += timedelta(hours=1)

    assert empty.guest().get("/welcome/link").status == 410


@pytest.mark.parametrize(
    ("idle", "step", "steps"), [(True, timedelta(minutes=61), 1), (False, timedelta(minutes=50), 15)]
)
def test_a_session_ends_by_itself(empty: Open, idle: bool, step: timedelta, steps: int) -> None:
    guest = empty.signed_in()
    for _ in range(steps):
        empty.wall.at += step
        guest.get("/own")

    assert guest.path.startswith("/sign-in")


def test_a_page_that_only_refreshes_itself_keeps_nobody_signed_in(empty: Open) -> None:
    guest = empty.signed_in()
    for _ in range(3):
        empty.wall.at += timedelta(minutes=25)
        guest.get("/own", X_Dun_Refresh="1")

    assert guest.path.startswith("/sign-in")


def test_signing_out_ends_the_session_and_not_only_the_cookie(empty: Open) -> None:
    guest = empty.signed_in()
    kept = guest.session.cookies.get("dun_session")
    guest.get("/own").press("/sign-out")
    guest.session.cookies.set("dun_session", kept)

    assert guest.get("/own").path.startswith("/sign-in")


def test_what_was_typed_when_the_session_was_over_is_sent_after_signing_in_again(empty: Open) -> None:
    guest = empty.signed_in().get("/own")
    form = guest.form("/own/preference")
    empty.wall.at += timedelta(hours=2)
    typed = 'a long remark,\nin two lines, with "quotes" & <angles>'
    guest.post("/own/preference", form.fields | {"language": "de", "remark": typed})
    assert guest.status == 401
    assert "What you typed is kept" in guest.text

    guest.press("/sign-in", name="anna", password=PASSWORD)
    again = guest.form("/own/preference")
    assert (again.fields["remark"], again.fields["language"]) == (typed, "de")

    assert "Ihre Einstellungen sind übernommen" in guest.press("/own/preference").text


@pytest.mark.parametrize("letter", ["e", "ü", "货", "𠮷"])
def test_the_longest_text_is_kept_in_every_script_whether_or_not_the_password_is_right(
    empty: Open, letter: str
) -> None:
    guest, typed = empty.signed_in().get("/own"), letter * 20_000
    form = guest.form("/own/preference")
    empty.wall.at += timedelta(hours=2)
    guest.post("/own/preference", form.fields | {"language": "de", "remark": typed})

    guest.press("/sign-in", name="anna", password="not the right one")
    guest.press("/sign-in", name="anna", password=PASSWORD)

    assert guest.form("/own/preference").fields["remark"] == typed


@pytest.mark.parametrize("kept", ["ä", "=", "A", "////", "\0"])
def test_what_nobody_packed_is_not_shown_again(empty: Open, kept: str) -> None:
    empty.account("anna")
    guest = empty.guest().get("/sign-in")
    fields = guest.form("/sign-in").fields | {"name": "anna", "password": PASSWORD}

    guest.post("/sign-in", fields | {"action": "/own/preference", "kept": kept})

    assert (guest.status, "What you typed" in guest.text) == (200, False)


def test_a_password_that_was_typed_is_never_shown_again(empty: Open) -> None:
    guest = empty.signed_in().get("/own")
    form = guest.form("/own/password")
    empty.wall.at += timedelta(hours=2)
    guest.post("/own/password", form.fields | {"old": PASSWORD, "new": "another four plain words"})

    assert "plain" not in guest.text


def test_a_new_password_signs_everybody_else_out(empty: Open) -> None:
    guest, other = empty.signed_in(), empty.guest().sign_in("anna")
    guest.get("/own").press("/own/password", old=PASSWORD, new="another four plain words")
    assert "every other browser is signed out" in guest.said

    assert other.get("/own").path.startswith("/sign-in")
    assert empty.guest().sign_in("anna").status == 401


def test_a_wrong_old_password_changes_nothing(empty: Open) -> None:
    empty.signed_in().get("/own").press("/own/password", old="not it at all", new="another four plain words")

    assert empty.guest().sign_in("anna").path == "/"


def test_whoever_is_removed_is_out_at_once(empty: Open) -> None:
    guest = empty.signed_in()
    with Registry.open(empty.config.data / "registry.db") as registry:
        assert registry.accounts.remove("anna")

    assert guest.get("/own").path.startswith("/sign-in")


def test_the_file_holds_no_secret_in_plain(empty: Open) -> None:
    guest = empty.signed_in()
    with sqlite3.connect(empty.config.data / "registry.db") as registry:
        everything = "\n".join(registry.iterdump())

    assert PASSWORD not in everything
    assert guest.session.cookies.get("dun_session") not in everything
    assert re.search(r"\$argon2id\$", everything)
