"""What other sites, other machines and other names can do to a page in which somebody is signed in: nothing."""

import pytest
import requests
from page_guest import Open, open_page

PATHS = ("/", "/own", "/sign-in", "/no-such-page", "/static/page.css", "/health")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_scripts_frames_and_sources_of_others(empty: Open, path: str) -> None:
    headers = empty.signed_in().get(path).answer.headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store" or path.startswith("/static/")


@pytest.mark.parametrize("path", ["/", "/own", "/sign-in", "/health", "/connect", "/firms"])
def test_no_page_has_a_script_or_a_style_written_into_it(office: Open, path: str) -> None:
    text = office.signed_in().get(path).text

    assert "<style" not in text
    assert " style=" not in text
    assert " on" + "click" not in text
    assert text.count("<script") == text.count('<script src="/static/page.js')


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(empty: Open) -> None:
    empty.account("anna")
    guest = empty.guest().get("/sign-in")
    form = guest.form("/sign-in")
    fields = form.fields | {"name": "anna", "password": "four plain words together"}
    answer = guest.session.post(empty.url + "/sign-in", data=fields, allow_redirects=False)

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_behind_a_proxy_that_speaks_https_cookies_are_for_https_alone(empty: Open) -> None:
    answer = empty.guest().get("/sign-in", X_Forwarded_Proto="https").answer

    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_form_without_the_proof_that_it_is_ours_does_nothing_and_loses_nothing(empty: Open, token) -> None:
    guest = empty.signed_in()
    guest.post("/own/preference", {"language": "de"} | ({} if token is None else {"token": token}))

    assert guest.status == 403
    assert "Nothing was lost and nothing was done" in guest.text
    assert 'lang="en"' in guest.get("/own").text


def test_the_proof_of_one_session_is_none_for_another(empty: Open) -> None:
    anna, ben = empty.signed_in("anna"), empty.signed_in("ben")
    token = anna.get("/own").form("/own/preference").fields["token"]

    assert ben.post("/own/preference", {"language": "de", "token": token}).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_what_another_site_sends_is_refused_even_with_the_proof(empty: Open, headers: dict[str, str]) -> None:
    guest = empty.signed_in().get("/own")
    guest.post("/own/preference", guest.form("/own/preference").fields | {"language": "de"}, **headers)

    assert guest.status == 403
    assert 'lang="en"' in guest.get("/own").text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:1", "dun.example.com"])
def test_under_a_foreign_name_nothing_answers(empty: Open, host: str) -> None:
    answer = requests.get(empty.url + "/sign-in", headers={"Host": host}, timeout=5)

    assert (answer.status_code, "[page] hosts" in answer.text) == (421, True)


def test_under_the_name_of_its_proxy_it_answers(tmp_path) -> None:
    (tmp_path / "config.toml").write_text('[page]\nhosts = ["dun.example.com"]\n', encoding="utf-8")
    with open_page(tmp_path) as opened:
        answer = requests.get(opened.url + "/sign-in", headers={"Host": "dun.example.com"}, timeout=5)

    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"x=" + b"y" * 300_000, b"&".join([b"a=b"] * 30_000)])
def test_a_form_larger_than_any_of_ours_is_not_read(empty: Open, body: bytes) -> None:
    guest = empty.signed_in()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = guest.session.post(empty.url + "/own/preference", data=body, headers=kind)

    assert answer.status_code == 400


def test_a_body_that_is_no_form_is_refused(empty: Open) -> None:
    answer = empty.signed_in().session.post(empty.url + "/own/preference", json={"language": "de"})

    assert answer.status_code == 400
