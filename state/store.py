"""Everything Dun remembers about one tenant, in one file: a client's books never share a table with another's."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from state.aged_debt import read_left_out, read_owed
from state.audit import Audit
from state.borne_rates import read_rates
from state.callers import customers_by_mobile
from state.case_history import CaseHistory, read_case_history
from state.charges import LateCharges
from state.coming_back import ComingBack, read_coming_back
from state.correspondence import Correspondence
from state.courtesies import Courtesies
from state.customer_file import CustomerFile, InvoiceFile, read_customer_file, read_invoice_file, read_names
from state.cycles import Cycles
from state.database import check_integrity, immediate, open_database, snapshot, sweep
from state.decisions import Decisions
from state.deliveries import Deliveries
from state.discounts import Discounts
from state.disputes import Disputes
from state.edits import Edits
from state.effect_records import Effects
from state.effects import read_effects
from state.export import Exporter, exporting
from state.families import read_families
from state.first_issue import read_first_issue
from state.flow_records import FellDue, Flows
from state.flows import read_fell_due, read_flows
from state.forewarnings import Forewarnings
from state.forget import Forgetting
from state.handovers import Handovers
from state.held import HeldGroup, read_held
from state.history import History
from state.holds import Holds
from state.in_hand import InHand, read_in_hand
from state.last_letters import LastLetters
from state.late_debts import LateFacts, read_late_facts
from state.ledger_notes import LedgerNotes
from state.message_costs import MessageCosts
from state.migrations import TENANT_FILE
from state.mirror import Mirror
from state.model import ContactId, InvoiceId, PayerHistory
from state.month_figures import read_month
from state.month_records import MonthFigures
from state.morning import Morning, read_morning
from state.notices import Notices
from state.opt_outs import OptOuts
from state.outbox import Outbox, read_outbox
from state.owed import LeftOut, OwedThen
from state.past import Past, read_past
from state.paydays import Paydays
from state.payer_history import read_broken_promises, read_early, read_histories, read_paydays
from state.planned_facts import PlannedFacts, read_planned_facts
from state.plans import Plans
from state.preferences import Preferences
from state.promises import Promises
from state.receivables import Receivables
from state.reminders import Reminders
from state.restoration import Restoration
from state.search import Search
from state.sent import SentMessages
from state.tasks import Tasks
from state.timings import Timings
from state.trials import Trials
from state.waiting import Waiting, read_waiting
from state.write_offs import WriteOffs


class TenantStore:
    """One tenant's file, open. It belongs to the thread that opened it; other threads and processes open their own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.mirror = Mirror(connection)
        self.receivables = Receivables(connection)
        self.reminders = Reminders(connection)
        self.holds = Holds(connection)
        self.promises = Promises(connection)
        self.plans = Plans(connection)
        self.disputes = Disputes(connection)
        self.discounts = Discounts(connection)
        self.preferences = Preferences(connection)
        self.audit = Audit(connection)
        self.ledger_notes = LedgerNotes(connection)
        self.decisions = Decisions(connection)
        self.correspondence = Correspondence(connection)
        self.deliveries = Deliveries(connection)
        self.cycles = Cycles(connection)
        self.restoration = Restoration(connection)
        self.forgetting = Forgetting(connection)
        self.tasks = Tasks(connection)
        self.last_letters = LastLetters(connection)
        self.handovers = Handovers(connection)
        self.write_offs = WriteOffs(connection)
        self.courtesies = Courtesies(connection)
        self.opt_outs = OptOuts(connection)
        self.costs = MessageCosts(connection)
        self.edits = Edits(connection)
        self.forewarnings = Forewarnings(connection)
        self.charges = LateCharges(connection)
        self.notices = Notices(connection)
        self.trials = Trials(connection)
        self.timings = Timings(connection)
        self.search = Search(connection)
        self.sent = SentMessages(connection)
        self.history = History(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file; raises a StateError that names it and says what to do."""
        return cls(open_database(path, TENANT_FILE))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or nothing. The write lock is held throughout: make no network calls in here."""
        with immediate(self._connection):
            yield

    def waiting(self) -> Waiting:
        """What is due and has not left, and since when."""
        return read_waiting(self._connection)

    def morning(self, today: date, since: datetime) -> Morning:
        """What a bookkeeper wants to know on the business day `today`; what came in counts from `since` on."""
        return read_morning(self._connection, today, since)

    def held(self, today: date, code: str, action: str) -> HeldGroup | None:
        """What is held for one reason."""
        return read_held(self._connection, today, code, action)

    def customer_file(self, contact_id: ContactId, today: date) -> CustomerFile:
        """What is stored about a customer, with whoever was merged into it."""
        return read_customer_file(self._connection, contact_id, today)

    def invoice_names(self, invoices: Iterable[str]) -> dict[str, str]:
        """Numbers by id, as far as the mirror has the invoices."""
        return read_names(self._connection, invoices)

    def invoice_file(self, invoice_id: InvoiceId, contact_id: ContactId, today: date) -> InvoiceFile:
        """What was decided about an invoice, and what was paid on it."""
        return read_invoice_file(self._connection, invoice_id, contact_id, today)

    def coming_back(self, invoice_id: InvoiceId) -> ComingBack:
        """How often an invoice was settled and came back, and why, as far as the mirror knows."""
        return read_coming_back(self._connection, invoice_id)

    def outbox(self, today: date) -> Outbox:
        """What is planned, on hold, or waits for a person, as it is stored."""
        return read_outbox(self._connection, today)

    def planned_facts(self, today: date, *, once_approved: bool = False) -> tuple[PlannedFacts, ...]:
        """Of everything that is planned, or of what is or was approved of it, all that an approval depends on."""
        return read_planned_facts(self._connection, today, once_approved=once_approved)

    def in_hand(self, contacts: Iterable[str]) -> InHand:
        """What the families of these customers have in hand."""
        with snapshot(self._connection) as connection:
            return read_in_hand(connection, contacts)

    def payer_histories(self) -> dict[ContactId, PayerHistory]:
        """How every customer that was ever invoiced has paid so far."""
        with sweep(self._connection) as connection:
            return read_histories(connection, read_families(connection))

    def paydays(self) -> Paydays:
        """When every invoice was issued, due and paid, for what is reckoned of payers."""
        with sweep(self._connection) as connection:
            return read_paydays(connection, read_families(connection))

    def early_payments(self, today: date) -> dict[ContactId, tuple[int, int]]:
        """By customer, how many invoices it has paid early, of how many that it has paid or that are overdue."""
        with sweep(self._connection) as connection:
            return read_early(connection, read_families(connection), today)

    def broken_promises(self, today: date) -> dict[ContactId, int]:
        """How many promises of the year up to `today` each customer has broken."""
        with snapshot(self._connection) as connection:
            return read_broken_promises(connection, read_families(connection), today)

    def contact_names(self) -> dict[ContactId, str]:
        """Everybody the mirror knows."""
        return dict(self._connection.execute("SELECT id, name FROM contact"))

    def customers_by_mobile(self) -> dict[str, list[ContactId]]:
        """Whose number a text message came from."""
        return customers_by_mobile(self._connection)

    def past(self, zone: tzinfo) -> Past:
        """What was owed on earlier days, as far as the mirror can tell."""
        return read_past(self._connection, zone)

    def owed(self, day: date, today: date) -> OwedThen:
        """What was owed at the end of `day`, by customer, currency, rate and lateness."""
        return read_owed(self._connection, day, today)

    def left_out(self, day: date) -> LeftOut:
        """How many invoices are in no bucket of `owed`."""
        return read_left_out(self._connection, day)

    def flows(self, first: date, last: date, sold_since: date | None = None) -> Flows:
        """What was invoiced and came in from `first` to `last`, by currency and rate; sales earlier, if asked for."""
        return read_flows(self._connection, first, last, sold_since or first)

    def rates(self, invoices: Collection[InvoiceId]) -> dict[InvoiceId, tuple[Decimal, date | None]]:
        """The rates that `invoices` bear, each with the day of issue."""
        return read_rates(self._connection, invoices)

    def first_issue(self, asked: date) -> date | None:
        """The day of the first invoice on file, or of any that is as old as `asked`; None: there is none."""
        return read_first_issue(self._connection, asked)

    def fell_due(self, first: date, last: date) -> tuple[FellDue, ...]:
        """What fell due from `first` to `last`, and how much of it was settled by then."""
        return read_fell_due(self._connection, first, last)

    def effects(self, first: date, last: date, today: date, zone: tzinfo) -> Effects:
        """What the messages of the business days from `first` to `last` did, as known on `today`, in days of `zone`."""
        return read_effects(self._connection, first, last, today, zone)

    def month(self, first: date, day: date) -> MonthFigures:
        """What was owed at the end of `day`, and the money of each month from that of `first` to that of `day`."""
        return read_month(self._connection, first, day)

    def case_history(self, invoices: Collection[str]) -> CaseHistory:
        """All that happened about `invoices`, for the file of a case."""
        return read_case_history(self._connection, invoices)

    def late_facts(self, invoice_id: InvoiceId) -> LateFacts:
        """What bears on the charges for paying this invoice late."""
        return read_late_facts(self._connection, invoice_id)

    def exporting(self) -> AbstractContextManager[Exporter]:
        """Everything, table by table, as of one moment. Writers are not kept waiting."""
        return exporting(self._connection)

    def check(self) -> None:
        """Read the whole file; DamagedFile if SQLite finds anything wrong."""
        check_integrity(self._connection)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
