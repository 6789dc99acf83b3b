"""Twilio's doors at the daemon's port: a signed key press is answered, a signed status asks for a poll, and no more."""

from urllib.parse import urlencode

import pytest
import requests
from unit.web.posts import CONFIG

from connector.web.webhooks import LARGEST_BODY
from connectors.channels.twilio_posts import signature

TOKEN, PUBLIC = "0123456789abcdef", "https://dun.example.com"
PHONE = f"""
hosts = ["dun.example.com"]
[phone]
account_sid = "AC1"
auth_token = "file:twilio.token"
callback = "{PUBLIC}"
call_from = "+442079460000"
forward_to = "+442079460001"
[tenants.north]
ledger = "xero"
zone = "Europe/London"
[tenants.west]
ledger = "quickbooks"
zone = "America/New_York"
[tenants.west.phone]
forward_to = "+14155552671"
"""
PRESSED = {"CallSid": "CA1", "Digits": "1"}
TOLD = {"MessageSid": "SM1", "MessageStatus": "delivered"}


@pytest.fixture
def port(served, tmp_path):
    (tmp_path / "twilio.token").write_text(TOKEN)
    return served(CONFIG + PHONE)


@pytest.fixture
def post(port):
    """Post `fields` to a door as Twilio does, through the proxy at the public address."""

    def posted(path: str, fields: dict[str, str], signed: str | None = None) -> requests.Response:
        claimed = signature(TOKEN, f"{PUBLIC}{path}", fields.items()) if signed is None else signed
        headers = {"X-Twilio-Signature": claimed, "Host": "dun.example.com"}
        return requests.post(f"{port.url}{path}", data=fields, headers=headers, timeout=5)

    return posted


def test_one_connects_with_the_firm_of_that_call(post) -> None:
    answer = post("/webhooks/twilio/north/key", PRESSED)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert '<Dial callerId="+442079460000">+442079460001</Dial>' in answer.text
    assert "+14155552671" in post("/webhooks/twilio/west/key", PRESSED).text


def test_another_key_ends_the_call(post) -> None:
    assert "<Hangup/>" in post("/webhooks/twilio/north/key", {**PRESSED, "Digits": "2"}).text


def test_what_follows_a_question_mark_is_signed_too(post) -> None:
    assert post("/webhooks/twilio/north/key?attempt=1", PRESSED).status_code == 200


def test_a_status_makes_the_next_poll_come_sooner_and_is_not_believed(post, port) -> None:
    answer = post("/webhooks/twilio/north/status", TOLD)

    assert (answer.status_code, answer.content) == (204, b"")
    assert port.nudged == ["north"]


def test_a_post_about_something_else_asks_for_nothing(post, port) -> None:
    assert post("/webhooks/twilio/north/status", {"A": "b"}).status_code == 204
    assert port.nudged == []


@pytest.mark.parametrize("door", ["key", "status"])
@pytest.mark.parametrize("signed", ["", "bm8=", "A" * 8000])
def test_a_wrong_signature_gets_401_and_nothing_else(post, port, door, signed) -> None:
    answer = post(f"/webhooks/twilio/north/{door}", TOLD, signed)

    assert (answer.status_code, answer.content) == (401, b"")
    assert port.nudged == []


def test_the_signature_for_one_firm_does_not_open_anothers_door(post) -> None:
    claimed = signature(TOKEN, f"{PUBLIC}/webhooks/twilio/north/key", PRESSED.items())
    assert post("/webhooks/twilio/west/key", PRESSED, claimed).status_code == 401


def test_a_firm_that_is_not_ours_has_no_door(post) -> None:
    assert post("/webhooks/twilio/nobody/key", PRESSED).status_code == 401


def test_a_body_that_is_no_form_is_refused(port) -> None:
    url = f"{port.url}/webhooks/twilio/north/key"
    assert requests.post(url, data=b"\xff", timeout=5).status_code == 400
    assert requests.post(url, data=b"a" * (LARGEST_BODY + 1), timeout=5).status_code == 413


def test_forged_posts_leave_one_log_line(post, log_output) -> None:
    for _ in range(5):
        post("/webhooks/twilio/north/key", PRESSED, "bm8=")
    assert len([line for line in log_output if "Twilio" in line["event"]]) == 1


def test_without_a_public_address_there_is_no_door(served, tmp_path) -> None:
    (tmp_path / "twilio.token").write_text(TOKEN)
    port = served(CONFIG + PHONE.replace(f'callback = "{PUBLIC}"\n', ""))
    body = urlencode(PRESSED)

    assert requests.post(f"{port.url}/webhooks/twilio/north/key", data=body, timeout=5).status_code == 404
