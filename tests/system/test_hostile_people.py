"""People whose names attack whatever shows them: both ledgers over HTTP, every carrier, every command, all inert.

The cycles run once, for all tests of this file; each test then looks at one surface.
"""

import csv
import email.policy
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from conformance import WorldTime
from hostile_people import ADDRESSES, FORGED, NAMES, SHORT_NAMES, VICTIM, commanding, forged_lines
from lxml import html as lxml_html
from tenant_bench import COMPANY, MONDAY

from connector.cli import main
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.keeping.export import export
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company, Line
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import Fault, World
from state.addresses import usable_addresses
from state.model import TenantSlug

HOSTILE_FIRM = f"Harbour {{{{76543*98765}}}} \x1b[31m[bold]\u202e<b>x</b>\r\nBcc: {VICTIM}\n{FORGED}"
FIRMS = {
    "xero": COMPANY,
    "quickbooks": Company("West", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c02", "9341453000000002"),
    "xero-2": Company("Dry", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c03", "9341453000000003"),
}
FIRM_OF = {"north": "xero", "west": "quickbooks", "north-2": "xero-2"}
[OF_LINES, _] = [hostile.text for hostile in NAMES if hostile.attacks == "lines"]
REACHABLE = sum(bool(usable_addresses(hostile.text)) for hostile in ADDRESSES)
HEADERS = set(
    "date from to subject message-id x-dun-message x-dun-stage auto-submitted mime-version content-type".split()
)
TAGS = set("html head meta title body div p bdi table caption thead tbody tfoot tr th td br a".split())
ATTRIBUTES = set("lang charset name content style href scope colspan".split())


@dataclass
class Office:
    """What came of one cycle in each firm."""

    folder: Path
    world: World
    installation: Installation
    reports: dict[str, CycleReport]

    def received(self, carrier: str) -> list[ReceivedMessage]:
        return [message for message in self.world.messages if message.channel == carrier]

    def letters(self) -> list[EmailMessage]:
        """What the dry carrier wrote."""
        files = sorted((self.folder / "outbox").iterdir())
        return [
            message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=email.policy.default) for file in files
        ]

    def bodies(self) -> Iterator[tuple[str, str]]:
        """Text and HTML of everything that left."""
        for message in self.world.messages:
            yield message.text, message.html
        for letter in self.letters():
            yield tuple(letter.get_body((kind,)).get_content() for kind in ("plain", "html"))

    def told(self, *arguments: str) -> str:
        """What a command prints, whatever its exit code."""
        result = CliRunner().invoke(main, ["--config", str(self.folder / "config.toml"), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result.output


def _populate(books: Books, prefix: str) -> None:
    due = MONDAY.date() - timedelta(days=1)
    for number, hostile in enumerate(NAMES):
        shown = hostile.text if len(hostile.text) <= 1000 else f"{prefix}-{number}"
        customer = books.add_customer(
            hostile.text, email=f"pay{number}@{prefix}.example", first_name=hostile.text if number % 2 else None
        )
        books.add_invoice(
            customer,
            [Line(hostile.text[:50], Decimal(1), Decimal("120.00"))],
            issued=due - timedelta(days=30),
            due=due,
            number=shown,
            reference=hostile.text,
            private_note=hostile.text,
        )
    for number, hostile in enumerate(ADDRESSES):
        customer = books.add_customer(f"Address {number}", email=hostile.text)
        lines = [Line("Work", Decimal(1), Decimal("80.00"))]
        books.add_invoice(customer, lines, issued=due, due=due, number=f"{prefix}-A{number}")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("hostile")
    world = World(WorldClock(MONDAY + timedelta(hours=5)))  # office hours in London and New York
    for key, company in FIRMS.items():
        world.companies[key] = Books(replace(company, name=HOSTILE_FIRM), world.clock)
        _populate(world.companies[key], key)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url, smtp_port=sandbox.smtp_port)
        config = (folder / "config.toml").read_text()
        (folder / "config.toml").write_text(config + 'channel = "dry"\n')  # of the last tenant
        with Installation(load(folder / "config.toml"), WorldTime(world)) as installation:
            for settings in installation.config.tenants.values():
                firm = FIRMS[FIRM_OF[settings.slug]]
                chosen = firm.guid if settings.ledger == "xero" else firm.realm
                connect(installation, settings, partial(agree, companies=[chosen]), lambda found: found[-1])
            reports = {slug: run_tenant(installation, slug) for slug in installation.config.tenants}
            with installation.store(TenantSlug("north")) as store:
                export(store, folder / "export")
            config = folder / "config.toml"
            config.write_text(config.read_text().replace('mode = "auto"', 'mode = "approve"'))
            world.clock.advance(timedelta(days=14))
            made = Office(folder, world, installation, reports)
            _lose_an_answer(made)
            yield made


def _lose_an_answer(office: Office) -> None:
    """A reminder whose fate nobody knows, so that somebody is asked about its invoice by name."""
    raise_fault(office.world, Fault("sendgrid", "drop_before", times=1, path="/v3/mail/send"))
    office.told("run", "--once", "--tenant", "north")
    office.told("approve", OF_LINES, "--tenant", "north")
    office.told("run", "--once", "--tenant", "north")


def test_every_cycle_goes_to_its_end(office: Office) -> None:
    troubles = {slug: [problem.code for problem in report.problems] for slug, report in office.reports.items()}

    assert troubles == {"north": [], "west": [], "north-2": []}
    assert {report.quarantined for report in office.reports.values()} == {0}
    assert {report.messages for report in office.reports.values()} == {len(NAMES) + REACHABLE}


def test_everybody_gets_one_message_and_nobody_else_does(office: Office) -> None:
    for carrier, firm in (("sendgrid", "xero"), ("smtp", "quickbooks")):
        got = Counter(message.recipients for message in office.received(carrier))
        named = {(f"pay{number}@{firm}.example",): 1 for number in range(len(NAMES))}

        assert {people: count for people, count in got.items() if people[0].startswith("pay")} == named


def test_no_address_field_brings_anybody_who_is_not_named_in_it(office: Office) -> None:
    """Whoever stands in the field is written to in the open, so the envelope and the header name the same people."""
    fields = " ".join(hostile.text for hostile in ADDRESSES if len(hostile.text) < 1000)
    for letter in office.letters():
        for address in letter["To"].addresses:
            assert address.addr_spec in fields or address.addr_spec.startswith(("pay", "eve@xn--", "eve@evil"))
    for message in office.received("smtp"):
        assert sorted(message.recipients) == sorted(message.headers["To"].split(", "))


def test_no_name_adds_a_header_or_breaks_a_line_of_one(office: Office) -> None:
    files = [file.read_bytes() for file in sorted((office.folder / "outbox").iterdir())]
    for raw in files:
        head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
        names = [line.partition(":")[0].lower() for line in head.split("\r\n") if not line.startswith(" ")]
        assert sorted(names) == sorted(HEADERS)
        assert "\n" not in head.replace("\r\n", "")
        assert "\r" not in head.replace("\r\n", "")
    for message in office.received("smtp"):
        assert {name.lower() for name in message.headers} == HEADERS
    for message in office.received("sendgrid"):
        assert {name.lower() for name in message.headers} <= HEADERS
    assert {message.stage for message in office.world.messages} == {"soft"}


def test_the_firms_own_name_is_one_harmless_line_in_subject_and_body(office: Office) -> None:
    shown = "Harbour {{76543*98765}} [31m[bold]<b>x</b> Bcc: victim@evil.example FORGED"
    for message in office.world.messages:
        assert message.subject.startswith("Payment reminder: ")
        assert commanding(message.subject) == set()
        assert f"\n{shown}\n" in message.text.replace("\r\n", "\n")


def test_no_text_says_or_does_what_a_name_tells_it_to(office: Office) -> None:
    for text, _ in office.bodies():
        text = text.replace("\r\n", "\n")
        assert "7559769395" not in text
        assert "<class" not in text
        assert commanding(text) == set()
        assert forged_lines(text) == []
        assert re.findall("^Amount to pay: .(?:120|80).00$", text, re.MULTILINE)
        assert len(text) < 5_000


def test_no_name_becomes_markup(office: Office) -> None:
    for _, markup in office.bodies():
        page = lxml_html.document_fromstring(markup)
        assert {element.tag for element in page.iter()} <= TAGS  # neither comments nor scripts, images or forms
        assert {name for element in page.iter() for name in element.attrib} <= ATTRIBUTES
        assert {link.split(":")[0] for *_, link, _ in page.iterlinks()} <= {"mailto", "https", "http"}
        assert not any("evil.example" in link for *_, link, _ in page.iterlinks())
        assert "7559769395" not in markup
        assert commanding(markup.replace("\r", "")) == set()


def test_attachments_have_plain_names(office: Office) -> None:
    for letter in office.letters():
        for attachment in letter.iter_attachments():
            assert re.fullmatch(r"Invoice(-[A-Za-z0-9._-]{1,60})?\.pdf", attachment.get_filename())


def test_no_name_leads_a_file_out_of_its_folder(office: Office) -> None:
    outside = {path.name for path in office.folder.iterdir()} - {"config.toml", "data", "outbox"}

    assert {name for name in outside if not name.startswith("sandbox-")} == {"export"}
    assert all(re.fullmatch(r"[0-9a-f]{24}\.eml", file.name) for file in (office.folder / "outbox").iterdir())


def test_notes_in_the_ledgers_are_short_plain_lines(office: Office) -> None:
    notes = [note.text for firm in ("xero", "quickbooks") for note in office.world.companies[firm].notes]

    assert len(notes) == 2 * (len(NAMES) + REACHABLE)
    assert all(len(note) <= 250 and note.isprintable() for note in notes)


def test_no_exported_cell_is_a_formula(office: Office) -> None:
    for file in (office.folder / "export").glob("*.csv"):
        csv.field_size_limit(10_000_000)
        with file.open(newline="") as sheet:
            for row in csv.reader(sheet):
                for cell in row:
                    assert not re.match(r"[=+@\t\r\n]|-(?!\d+(\.\d+)?$)", cell), cell[:80]
                    assert not re.search(r"[;\t\r\n]\"*[=+@-]", cell), cell[:80]


def test_an_exported_row_is_one_line_of_json(office: Office) -> None:
    for file in (office.folder / "export").glob("*.jsonl"):
        text = file.read_text(encoding="utf-8")
        assert text.splitlines() == text.split("\n")[:-1]
        assert [isinstance(json.loads(line), dict) for line in text.splitlines()] == [True] * text.count("\n")
    names = {
        json.loads(line)["name"] for line in (office.folder / "export" / "contacts.jsonl").read_text().splitlines()
    }
    assert names >= {hostile.text for hostile in SHORT_NAMES if hostile.attacks in {"spreadsheets", "lines"}}


LOOKS = [
    ("preview", "--days", "366"),
    ("history",),
    ("approve",),
    ("resolve",),
    ("status",),
    ("tenants",),
    ("doctor", "--offline"),
    ("why", OF_LINES),
    ("resolve", OF_LINES, "retry"),  # not clear: there is one in each firm
    ("approve", OF_LINES),
    ("config", "check"),
    ("why", "\x1b[2J\x1b[1;31mEve\x1b]8;;https://evil.example\x07link\x1b]8;;\x07"),
    ("why", "no such \x1b[2J invoice"),
    ("hold", "\x9b31mEve\x9d0;title\x9c\x7f\x08\x08\x08"),  # not clear: there is one in each firm
    ("hold", "--customer", "Eve\u202e00.0£ :yap ot tnuomA", "--tenant", "north"),
    ("release", "--customer", "Eve\u202e00.0£ :yap ot tnuomA", "--tenant", "north"),
    ("forget", "north", "Eve\u202e00.0£ :yap ot tnuomA"),  # asks, and nobody says yes
    ("run", "--once"),
    ("sync",),
]


@pytest.mark.parametrize("command", LOOKS, ids=lambda command: command[0])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "json"])
def test_nothing_in_a_command_s_answer_commands_the_terminal(
    office: Office, command: tuple[str, ...], form: tuple[str, ...]
) -> None:
    told = office.told(*command, *form)

    assert commanding(told) == set()
    assert forged_lines(told) == []
    assert len(told) < 2_000_000


def test_markup_of_the_terminal_s_library_is_shown_as_it_was_typed(office: Office) -> None:
    typed = "[bold red]Eve[/] [link=https://evil.example]click[/link] :skull: [/bold]"

    assert f"invoice {typed} of {typed}, open" in office.told("why", typed, "--tenant", "north")


def test_whose_fate_is_unknown_is_asked_for_on_one_line(office: Office) -> None:
    [asked] = json.loads(office.told("resolve", "--json"))["open"]

    assert asked["invoice"] == OF_LINES
    assert re.search(r"Eve FORGED 2026-03-02: sent 9 final in 9 messages +(soft|firm) ", office.told("resolve"))


def test_machines_get_names_as_they_are(office: Office) -> None:
    told = office.told("history", "--limit", "1000", "--json")

    assert told.count("\n") == 1
    customers = {message["customer"] for message in json.loads(told)["messages"]}
    assert customers >= {hostile.text for hostile in SHORT_NAMES if hostile.attacks in {"bidi", "terminals", "lines"}}
