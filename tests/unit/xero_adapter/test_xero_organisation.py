"""Facts about the company, and whether it is the right one."""

from zoneinfo import ZoneInfo

import pytest

from connectors.ledger import BadData, Forbidden, Outage
from connectors.xero.zones import IANA
from state.plain_text import LONGEST_TEXT


@pytest.fixture
def read(xero, ledger, documents):
    def organisation(reminders=None, **changed):
        xero.says(documents.organisation(**changed))
        xero.replies_with(reminders or documents.reply(b'{"InvoiceReminders":[{"Enabled":false}]}'))
        return ledger.organisation()

    return organisation


def test_an_organisation_is_described(documents, read) -> None:
    organisation = read()
    assert (organisation.ledger, organisation.id, organisation.name) == ("xero", documents.tenant, "A firm")
    assert (organisation.currency, organisation.country) == ("NZD", "NZ")
    assert (organisation.zone, organisation.short_code) == ("Pacific/Auckland", "!aBcDe")
    assert (organisation.demo, organisation.own_reminders_on) == (False, False)


def test_of_a_company_s_name_of_a_megabyte_the_beginning_is_kept(read) -> None:
    assert read(Name="B" * 1_000_000).name == "B" * LONGEST_TEXT + "…"


def test_another_company_is_forbidden(documents, read) -> None:
    with pytest.raises(Forbidden, match="another company"):
        read(OrganisationID=documents.guid(9))


def test_a_company_that_does_not_say_who_it_is_is_not_believed(read) -> None:
    with pytest.raises(BadData):
        read(OrganisationID=...)


def test_books_in_an_unknown_currency_are_bad_data(read) -> None:
    with pytest.raises(BadData, match="XBT"):
        read(BaseCurrency="XBT")


@pytest.mark.parametrize("zone", [..., None, "", "MARSSTANDARDTIME"])
def test_an_unknown_zone_is_left_to_the_operator(read, zone) -> None:
    assert read(Timezone=zone).zone is None


@pytest.mark.parametrize("name", sorted(set(IANA.values())))
def test_every_zone_exists(name) -> None:
    assert ZoneInfo(name).key == name


def test_xeros_own_reminders_are_noticed(documents, read) -> None:
    assert read(documents.reply(b'{"InvoiceReminders":[{"Enabled":true}]}')).own_reminders_on is True


@pytest.mark.parametrize("body", [b"{}", b'{"InvoiceReminders":[]}', b'{"InvoiceReminders":[{}]}', b"<html>", b""])
def test_unclear_reminder_settings_are_unknown(documents, read, body) -> None:
    assert read(documents.reply(body)).own_reminders_on is None


@pytest.mark.parametrize(
    ("status", "detail"), [(401, b"AuthorizationUnsuccessful"), (403, b""), (404, b""), (400, b"")]
)
def test_reminder_settings_out_of_reach_are_unknown(documents, read, status, detail) -> None:
    reply = documents.reply(b'{"Detail":"%s"}' % detail, status=status)
    assert read(reply).own_reminders_on is None


@pytest.mark.parametrize("organisations", [[], [{}, {}]])
def test_an_answer_without_exactly_one_company_is_bad_data(xero, ledger, organisations) -> None:
    xero.says({"Organisations": organisations})
    with pytest.raises(BadData):
        ledger.organisation()


def test_html_instead_of_a_company_is_an_outage(xero, ledger, documents) -> None:
    xero.always(documents.reply(b"<html>"))
    with pytest.raises(Outage):
        ledger.organisation()


def test_the_bookkeepers_link_is_known_once_the_company_is(ledger, documents, read) -> None:
    assert ledger.deep_link(documents.guid(1)) is None
    read()
    assert ledger.deep_link(documents.guid(1)) == (f"https://go.xero.com/app/!aBcDe/invoicing/view/{documents.guid(1)}")
