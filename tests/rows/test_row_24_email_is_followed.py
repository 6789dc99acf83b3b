"""Row 24: of each e-mail is known that it was sent, delivered, bounced or answered; a bounce is a task for a person."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from rows_stage import RowsStage

from connector.config.settings import load
from connector.running.pulse import Pulse
from connector.web.service import WebService

CARRIERS = ("smtp", "sendgrid")


def told(stage: RowsStage) -> list[tuple[str, str | None]]:
    """What carriers said of messages, as the tenant's file keeps it."""
    with stage.store() as store:
        return store._connection.execute("SELECT kind, recipient FROM delivery ORDER BY at, kind").fetchall()


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_bounce_is_recorded_and_becomes_a_task(firm: Callable[..., RowsStage], carrier: str) -> None:
    stage = firm(email=carrier)
    stage.control("fates", email="gone@customer.example", mail="bounce")
    gone = stage.invoice(stage.customer(email="gone@customer.example"), overdue=1)
    other = stage.invoice(overdue=1)
    stage.run()
    stage.days(1)

    sent = {message["stage"]: message["outcome"] for message in stage.json("dun history")["messages"]}
    assert sent == {"soft": "sent"}
    assert ("bounced", "gone@customer.example") in told(stage)
    [task] = stage.tasks()
    assert (task.new.kind, task.new.contact_id) == ("delivery", stage.key(stage.owner(gone)))

    stage.sleep(6)
    stage.run()
    assert stage.stages(other) == ["soft", "firm"]
    assert stage.stages(gone) == ["soft"]


def test_people_and_programs_read_of_each_message_whether_it_arrived(firm: Callable[..., RowsStage]) -> None:
    stage = firm(email="sendgrid")
    stage.control("fates", email="gone@customer.example", mail="bounce")
    stage.invoice(stage.customer(email="gone@customer.example"), overdue=1)
    stage.invoice(overdue=1)
    stage.run()
    stage.days(1)

    messages = stage.json("dun history")["messages"]
    assert {message["delivery"] for message in messages} == {"undelivered", None}
    assert "undelivered" in stage.told("dun history")


def test_the_report_on_reminders_counts_what_was_sent_and_what_came_of_it(firm: Callable[..., RowsStage]) -> None:
    stage = firm(email="sendgrid")
    stage.control("fates", email="gone@customer.example", mail="bounce")
    stage.invoice(stage.customer(email="gone@customer.example"), overdue=1)
    paid = stage.invoice(overdue=1)
    stage.run()
    stage.days(1)
    stage.pay(paid)
    stage.days(20)

    [report] = stage.json("dun report reminders")["reports"]
    tables = {table["name"]: table["rows"] for table in report["tables"]}
    soft = next(row for row in tables["messages"] if row["stage"] == "soft")
    assert (soft["template"], soft["sent"], soft["undelivered"]) == ("soft", 2, 1)
    within = {row["within_days"]: (row["paid"], row["asked"]) for row in tables["paid"] if row["stage"] == "soft"}
    assert within == {3: (1, 2), 7: (1, 2), 14: (1, 2)}
    assert "What reminders did" in stage.told("dun report reminders")


def test_an_answer_is_recorded_and_its_customer_left_alone(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice(overdue=1)
    stage.run()
    stage.reply(stage.messages(invoice)[0], "We shall pay on Friday.")
    stage.sleep(7)
    report = stage.run()

    [reply] = stage.json("dun replies")["replies"]
    assert (report.replies, "pay on Friday" in reply["text"]) == (1, True)
    assert stage.stages(invoice) == ["soft"]
    assert stage.json(f"dun why {invoice.number}")["found"][0]["reasons"] == ["held"]


def test_a_delivery_that_sendgrid_posts_is_recorded(firm: Callable[..., RowsStage], folder: Path) -> None:
    stage = firm(email="sendgrid")
    stage.invoice(overdue=1)
    stage.run()
    key = requests.get(f"{stage.sandbox.url}/_books/events", timeout=5).json()["key"]
    config = folder / "config.toml"
    config.write_text(
        config.read_text().replace("[email.sendgrid]", f'[email.sendgrid]\nwebhook_key = "{key}"')
        + '\n[daemon]\nlisten = "127.0.0.1:0"\n'
    )

    with WebService(load(config), Pulse(stage.now), lambda _: None, stage.installation.clock) as service:
        stage.control("events/deliver", url=f"{service.url}/webhooks/sendgrid")

    assert ("delivered", "pay1@customer.example") in told(stage)
