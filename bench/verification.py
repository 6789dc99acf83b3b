"""How many calls it takes to prove many reminders, at worst: every one of them goes to another customer.

The company is a small firm's, with all the credit notes, overpayments and unapplied payments such a firm has.
"""

from pathlib import Path

from bench.measures import Measures
from bench.process import run
from bench.sandbox import Sandbox, running
from bench.verify import VerifyOutcome, VerifyTask
from state.model import LedgerName

_ENTERED_A_SECOND = 50


def measure(ledger: LedgerName, reminders: int, folder: Path, measures: Measures) -> None:
    with running(ledger) as sandbox:
        numbers = [_invoice_for_a_new_customer(sandbox, serial) for serial in range(reminders)]
        task = VerifyTask(sandbox.connect(), str(folder / f"{ledger}-verify.db"), numbers)
        outcome = run("bench.verify", task, VerifyOutcome)
    assert outcome.proofs == outcome.contacts == reminders, outcome
    measures.add(f"{ledger}_verify_calls", sum(outcome.calls.values()))
    measures.explain(**{f"{ledger}_open_credits_read": outcome.credits})


def _invoice_for_a_new_customer(sandbox: Sandbox, serial: int) -> str:
    number = f"BENCH-{serial:04d}"
    if serial % _ENTERED_A_SECOND == 0:
        sandbox.tell("clock", {"advance_seconds": 1.0})  # a thousand stamps of one second could not be paged
    customer = sandbox.tell("customers", {"name": f"Customer {serial}", "email": f"accounts@customer-{serial}.example"})
    sandbox.tell("invoices", {"customer": str(customer["id"]), "amount": "120.00", "number": number})
    return number
