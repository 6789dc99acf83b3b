"""`dun demo` as a newcomer and a script see it: the promised keys, the zeros, and what is left to look at."""

import json
import shlex
import sqlite3
from typing import Any

import pytest
from click.testing import CliRunner

from connector.cli import main
from connector.reporting.reports import REPORTS

FOUR_ZEROS = ("chased_paid", "duplicates", "reminders_without_note", "notes_without_reminder")
SIGNS = {
    "e-mail": "e-mail",
    "text message": "text message",
    "voice call": "voice call",
    "letter, having no e-mail": "letter",
    "call by a person": "call by a person",
    "promise kept": "promise kept",
    "promise broken": "promise broken",
    "disputed in part": "dispute credited",
    "payment plan": "reminder of an instalment",
    "discount": "discount",
    "deferral": "hold",
    "do not chase": "do not chase",
    "reply pauses": "reply",
    "out of office does not": "out of office",
    "bounce, next address": "bounce",
    "STOP, then e-mail": "answers STOP",
    "address of two customers": "one mail holds 2 customers",
    "the other one there": "one mail holds 2 customers",
    "in German": "Mahnung",
    "in French": "Relance",
    "in Spanish": "Recordatorio",
    "in Dutch": "Betalingsherinnering",
    "segment of its own": "segment key-accounts",
    "charges by law": "charges claimed by law",
    "payment bounced, new round": "new round",
    "thanks": "thanks",
    "end of sequence": "end of sequence",
    "handed over": "handover",
    "written off": "written off in the ledger",
}
SHOWN = {  # by the command that is printed beside the case
    "text message": " by sms: ",
    "voice call": " by voice: ",
    "letter, having no e-mail": " by letter: ",
    "call by a person": " by call: ",
    "promise kept": "promise",
    "do not chase": "not to be chased",
    "reply pauses": "reply handled",
    "out of office does not": "out of the office",
    "STOP, then e-mail": "no texts since",
    "payment bounced, new round": "this is round 2",
    "handed over": "handed over to",
}
DAYS = 17  # by then every named customer has had its turn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test waits for the demo


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory, terminal_in: Any) -> Any:
    """A folder in which the demo has been lived through once."""
    made = terminal_in(tmp_path_factory.mktemp("demo"))
    (made.folder / "result.json").write_text(made.told("demo", "--days", str(DAYS), "--json"))
    return made


@pytest.fixture(scope="module")
def result(terminal: Any) -> Any:
    return json.loads((terminal.folder / "result.json").read_text())


def test_standard_output_is_one_json_object(terminal: Any) -> None:
    assert len((terminal.folder / "result.json").read_text().splitlines()) == 1


def test_the_promised_keys_are_there(result: Any) -> None:
    promised = {"sent", "sent_by_stage", "stopped_paid", "held", "tenants", *FOUR_ZEROS}

    assert promised <= result.keys()


def test_the_books_count_four_zeros(result: Any) -> None:
    assert {name: result[name] for name in FOUR_ZEROS} == dict.fromkeys(FOUR_ZEROS, 0)


def test_something_was_sent_and_something_was_not(result: Any) -> None:
    assert result["sent"] > 0
    assert result["stopped_paid"] > 0
    assert sum(result["held"].values()) > 0


def test_stages_and_tenants_add_up(result: Any) -> None:
    assert sum(result["sent_by_stage"].values()) == result["sent"]
    assert sum(tenant["sent"] for tenant in result["tenants"].values()) == result["sent"]


def test_both_ledgers_were_chased_noted_and_metered(result: Any) -> None:
    tenants = result["tenants"].values()

    assert {tenant["ledger"] for tenant in tenants} == {"xero", "quickbooks"}
    assert all(tenant["notes"] == tenant["sent"] > 0 for tenant in tenants)
    assert all(tenant["api_calls"] > 0 for tenant in tenants)


def test_every_case_has_come_to_pass(result: Any) -> None:
    happened = {case["case"]: case["happened"] for case in result["cases"]}

    assert happened.keys() == SIGNS.keys()
    assert {name: told for name, told in happened.items() if not any(SIGNS[name] in words for words in told)} == {}


def test_the_command_beside_a_case_shows_its_customer_although_the_sandbox_is_gone(terminal: Any, result: Any) -> None:
    config = f"{result['folder']}/config.toml"
    [written_off] = [case for case in result["cases"] if case["case"] == "written off"]
    asked = {case["ask"]: case["customer"] for case in (*result["cases"][:1], written_off)}

    told = {command: terminal.told("-c", config, *command.split()[1:], "--json") for command in asked}

    assert {command for command, customer in asked.items() if customer not in told[command]} == set()


def test_the_command_beside_a_case_shows_what_the_case_is_about(terminal: Any, result: Any) -> None:
    config = str(terminal.folder / result["folder"] / "config.toml")
    asked = {case["case"]: shlex.split(case["ask"])[1:] for case in result["cases"] if case["case"] in SHOWN}

    told = {name: CliRunner().invoke(main, ["-c", config, *words]).output for name, words in asked.items()}

    assert told.keys() == SHOWN.keys()
    assert {name: text for name, text in told.items() if SHOWN[name] not in " ".join(text.split())} == {}


def test_commands_that_ask_the_clock_find_the_last_moment_of_the_demo(terminal: Any, result: Any) -> None:
    told = json.loads(terminal.told("-c", f"{result['folder']}/config.toml", "holds", "--json"))

    assert "Ingleby Theatre Trust" in json.dumps(told)


def test_mirror_files_and_mails_are_left_to_look_at(terminal: Any, result: Any) -> None:
    folder = terminal.folder / result["folder"]
    with sqlite3.connect(folder / "data" / "tenants" / "north" / "dun.db") as database:
        [[noted]] = database.execute("SELECT count(*) FROM reminder_history WHERE to_state = 'noted'")

    assert noted > 0
    assert len(list((folder / "mails").glob("*.txt"))) == result["truth"]["messages"]


def test_the_history_can_be_asked_although_the_sandbox_is_gone(terminal: Any, result: Any) -> None:
    assert "noted" in terminal.told("--config", f"{result['folder']}/config.toml", "history", "--limit", "3")


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_can_be_had_although_the_sandbox_is_gone(terminal: Any, name: str) -> None:
    told = json.loads(terminal.told("--config", "demo-data/config.toml", "report", name, "--json"))

    assert {report["tenant"] for report in told["reports"]} == {"north", "west"}
    assert all(report["tables"] for report in told["reports"])


def test_a_report_cuts_no_column_off(terminal: Any) -> None:
    told = terminal.told("--config", "demo-data/config.toml", "report", "aged-debt", "--tenant", "north")

    heading = next(line for line in told.splitlines() if line.startswith("customer"))
    assert heading.split()[0] == "customer"
    assert heading.split()[-1] == "invoices"


def test_a_folder_with_other_files_is_never_emptied(terminal: Any) -> None:
    refused = terminal.dun("demo", "--days", "1", "--folder", ".")

    assert refused.returncode == 2
    assert "choose another --folder" in refused.stderr
    assert (terminal.folder / "result.json").exists()


def test_the_newcomer_reads_a_verdict(terminal: Any) -> None:
    told = terminal.told("demo", "--days", "1", "--folder", "second")

    assert "The promises held." in told
    assert "second/data/tenants" in told
    assert all(len(line) <= 100 for line in told.splitlines())
