"""A sentence that a customer texted is read once, whatever happens between the look and the list of work."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from scripted_twilio import BASE, SID, TOKEN, ScriptedTwilio, scripted_twilio
from tenant_bench import TenantBench

from connector.hearing import hear
from connector.report import CycleReport
from connector.tenant import Telephone, Tenant
from connectors.channels.twilio_facts import TwilioReports
from connectors.channels.twilio_inbox import TwilioInbox
from connectors.channels.twilio_rest import TwilioAccount, TwilioRest

TEXTS = [("SM2", "And who are you?", "09:06:00"), ("SM1", "Paid it yesterday!", "09:05:00")]


class _Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def twilio() -> Iterator[ScriptedTwilio]:
    with scripted_twilio() as server:
        yield server


@pytest.fixture
def tenant(bench: TenantBench, twilio: ScriptedTwilio) -> Tenant:
    rest = TwilioRest(TwilioAccount(SID, SID, TOKEN, twilio.url), (2, 2))
    bench.set(phone=bench.settings.phone.model_copy(update={"text_from": "+442079460000"}))
    telephone = Telephone(inbox=TwilioInbox(rest), reports=TwilioReports(rest, bench.tenant.clock))
    return replace(bench.tenant, telephone=telephone)


def report_of(tenant: Tenant) -> CycleReport:
    return CycleReport(tenant=tenant.slug, business_day=tenant.today)


def test_a_kill_between_two_texts_loses_neither(
    bench: TenantBench, twilio: ScriptedTwilio, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_at = bench.now - timedelta(days=3)
    day = f"{sent_at:%a, %d %b %Y}"
    rows = [
        {"sid": sid, "direction": "inbound", "from": "+447700900123", "body": body, "date_sent": f"{day} {at} +0000"}
        for sid, body, at in TEXTS
    ]
    twilio.serve_json(f"{BASE}/Messages.json", {"messages": rows, "next_page_uri": None})
    take = bench.store.tasks.open

    def killed_after_the_first(*arguments: object) -> object:
        take(*arguments)
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(tenant.store.tasks, "open", killed_after_the_first)
        with pytest.raises(_Killed):
            hear(tenant, report_of(tenant))
    hear(tenant, report_of(tenant))
    hear(tenant, report_of(tenant))

    assert twilio.asked[1].wanted["DateSent>"] <= f"{sent_at:%Y-%m-%d}"
    assert sorted(task.new.script for task in bench.store.tasks.all()) == ["And who are you?", "Paid it yesterday!"]
