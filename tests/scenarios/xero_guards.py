"""What holds each of Xero's scenarios, as the edit that takes it away. Read by `drill.guards`."""

from drill.plant import Edit, Plant

_MIRROR_FOR_LIVE_READ = Plant(
    "the mirror is believed at send time",
    (
        Edit(
            "sync/verify.py",
            "    invoices = ledger.read_invoices(sorted({reminder.invoice_id for reminder in reminders}))\n",
            "    stored = {reminder.invoice_id: store.mirror.invoice(reminder.invoice_id) for reminder in reminders}\n"
            "    invoices = InvoiceReading({key: one for key, one in stored.items() if one}, (), credits.read_at)\n",
        ),
    ),
)
_TOKENS_OF_ANYBODY = Plant(
    "nobody looks whose tokens a custom connection brings",
    (Edit("connector/wiring.py", "(settings).refresh_for(known.external_id)", "(settings).refresh"),),
)

GUARDS: dict[str, Plant | tuple[Plant, ...]] = {
    "test_1_a_clock_ahead_of_xeros_does_not_step_over_a_payment": Plant(
        "our own clock is the watermark",
        (
            Edit(
                "connectors/xero/ledger.py",
                "                invoices=step.sheet.records,\n"
                "                rejected=step.sheet.rejected,\n"
                "                cursor=_cursor(step.watermark, asked_at),\n",
                "                invoices=step.sheet.records,\n"
                "                rejected=step.sheet.rejected,\n"
                "                cursor=_cursor(step.watermark and self._clock.now(), self._clock.now()),\n",
            ),
        ),
    ),
    "test_2_a_payment_in_the_very_second_of_the_last_poll_is_seen": Plant(
        "no overlap",
        (Edit("connectors/xero/poll.py", "OVERLAP = timedelta(minutes=5)", "OVERLAP = timedelta(0)"),),
    ),
    "test_3_a_payment_that_became_visible_later_than_its_stamp_is_seen": Plant(
        "an overlap of seconds, which is enough for truncated stamps only",
        (Edit("connectors/xero/poll.py", "OVERLAP = timedelta(minutes=5)", "OVERLAP = timedelta(seconds=2)"),),
    ),
    "test_4_a_payment_that_slips_to_an_earlier_page_while_pages_are_turned_is_seen": Plant(
        "pages are turned",
        (
            Edit(
                "connectors/xero/poll.py",
                "        since = following\n        sheet = fetch(since, 1)\n",
                "        sheet = fetch(since, turn + 1)\n",
            ),
        ),
    ),
    "test_5_a_kill_between_two_pages_loses_no_payment": Plant(
        "the cursor moves with the first page",
        (
            Edit(
                "connectors/xero/poll.py",
                "        yield Step(_without(sheet, delivered))\n",
                "        yield Step(_without(sheet, delivered), started)\n",
            ),
        ),
    ),
    "test_6_a_payment_that_a_statuses_filter_would_hide_stops_the_reminder": Plant(
        "changes are asked for with a status filter",
        (
            Edit(
                "connectors/xero/ledger.py",
                '(self._changed_page, "invoices", INVOICES, where=_SALES), ',
                '(self._changed_page, "invoices", INVOICES, where=_SALES, statuses=["AUTHORISED"]), ',
            ),
        ),
    ),
    "test_7_a_due_date_moved_without_a_stamp_is_found_in_the_night": Plant(
        "no comparison in the night",
        (
            Edit(
                "connector/cycle.py",
                "    if daily and not paused:\n        _compare(tenant, report)\n",
                "    if everything and not paused:\n        _compare(tenant, report)\n",
            ),
        ),
    ),
    "test_8_a_voided_invoice_that_still_shows_an_amount_is_not_chased": Plant(
        "AmountDue decides, not Status",
        (
            Edit(
                "connectors/xero/mapping.py",
                "    due = _due(wire, total) if status in _OWED_BY_STATUS else 0\n"
                "    if not due and status is InvoiceStatus.OPEN:\n"
                "        status = InvoiceStatus.PAID\n",
                "    due = _due(wire, total)\n    status = InvoiceStatus.OPEN if due else InvoiceStatus.PAID\n",
            ),
        ),
    ),
    "test_9_an_invoice_whose_payment_was_deleted_is_chased_again_from_the_beginning": (
        Plant(
            "what is paid stays paid",
            (
                Edit(
                    "state/documents.py",
                    '        f" WHERE excluded.updated_at >= {table}.updated_at AND',
                    "        f\" WHERE {table}.status <> 'paid' AND excluded.updated_at >= {table}.updated_at AND",
                ),
            ),
        ),
        Plant(
            "what comes back stays in its round",
            (Edit("state/documents.py", "        WHEN 'paid' THEN 1 WHEN 'void'", "        WHEN 'void'"),),
        ),
    ),
    "test_10_credit_that_nobody_has_allocated_yet_holds_the_reminder": (
        Plant(
            "only credit notes are read",
            (
                Edit(
                    "connectors/xero/ledger.py",
                    '    "overpayments": OVERPAYMENTS,\n    "prepayments": PREPAYMENTS,\n',
                    "",
                ),
            ),
        ),
        Plant(
            "the second decision knows of no credit",
            (
                Edit(
                    "connector/live.py",
                    "credits=_credits_of(family, self.verification.credits))",
                    "credits=_credits_of(family, ()))",
                ),
            ),
        ),
    ),
    "test_11_a_customer_who_moved_was_merged_or_archived_is_written_to_as_of_now": (
        Plant(
            "customers read live are not kept",
            (Edit("sync/verify.py", "        store.mirror.save_contacts(list(contacts.found.values()))\n", ""),),
        ),
        # The second decision backs the live read, so both are removed.
        Plant(
            "archived customers are customers like others",
            (
                Edit(
                    "sync/verify.py",
                    "    if contact is None or contact.status is not ContactStatus.ACTIVE:\n",
                    "    if contact is None:\n",
                ),
                Edit(
                    "connector/dunning/obstacles.py",
                    "    if account.status is not ContactStatus.ACTIVE:\n",
                    "    if account.status is None:\n",
                ),
            ),
        ),
    ),
    "test_12_a_batch_payment_counts_for_each_of_its_invoices_and_is_taken_back_as_a_whole": (
        Plant(
            "payments go by the id of their batch",
            (
                Edit(
                    "connectors/xero/wire.py",
                    'class WirePayment(Struct, kw_only=True, gc=False):\n    id: str = field(name="PaymentID")\n',
                    'class WirePayment(Struct, kw_only=True, gc=False):\n    id: str = field(name="BatchPaymentID")\n',
                ),
            ),
        ),
        Plant(
            "payments are added and never taken away",
            (
                Edit(
                    "state/documents.py",
                    'f"iif(excluded.allocations IS NULL, {table}.{name}, excluded.{name})"',
                    "f\"iif(nullif(excluded.allocations, '[]') IS NULL, {table}.{name}, excluded.{name})\"",
                ),
            ),
        ),
    ),
    "test_13_a_payment_between_poll_and_send_stops_the_message": _MIRROR_FOR_LIVE_READ,
    # Nobody can know of money that is not coded. What there is instead: a day in which nothing is asked, and the words.
    "test_14_money_in_the_bank_that_is_not_coded_yet_meets_a_day_of_grace_and_kind_words": (
        Plant(
            "no day of grace",
            (
                Edit("connector/dunning/policy.py", 'Stage("soft", 1, "soft")', 'Stage("soft", 0, "soft")'),
                Edit("connector/dunning/policy.py", 'Stage("friendly", -3,', 'Stage("friendly", -4,'),  # keeps its gap
            ),
        ),
        Plant(
            "no word for those who have paid",
            (
                Edit(
                    "connector/messages/built_in/en/_labels.txt",
                    "{% macro already_paid() %}If you have already paid, thank you: please ignore this message, or tell"
                    " us when you paid so that we can find it.{% endmacro %}",
                    "{% macro already_paid() %}{% endmacro %}",
                ),
            ),
        ),
    ),
    "test_15_when_xero_cannot_be_asked_at_send_time_nothing_is_sent": Plant(
        "without an answer the mirror is believed",
        (
            Edit(
                "connector/live.py",
                '        keep_waiting(tenant, ready, "ledger_unreachable", report)\n'
                "        report.problem(error)\n"
                "        return []\n",
                "        report.problem(error)\n"
                "        stored = {one.invoice_id: tenant.store.mirror.invoice(one.invoice_id) for one in ready}\n"
                "        now = tenant.clock.now()\n"
                "        proofs = {\n"
                "            one.id: Proof(\n"
                "                invoice_id=one.invoice_id,\n"
                "                due_minor=stored[one.invoice_id].due_minor,\n"
                "                currency=stored[one.invoice_id].currency,\n"
                "                version=stored[one.invoice_id].version,\n"
                "                read_at=now,\n"
                "            )\n"
                "            for one in ready\n"
                "        }\n"
                "        verification = Verification(proofs, {}, stored, (), now)\n",
            ),
            Edit(
                "connector/live.py",
                "from sync.verify import Stop, Verification, verify\n",
                "from sync.verify import Proof, Stop, Verification, verify\n",
            ),
        ),
    ),
    "test_16_after_a_reset_of_the_demo_company_nothing_is_sent_until_a_person_has_looked": Plant(
        "documents that were all replaced raise no suspicion",
        (Edit("connector/cycle.py", " or replaced or _skew(tenant, pulled)", " or _skew(tenant, pulled)"),),
    ),
    "test_17_the_letter_asks_for_what_is_due_at_the_last_look": _MIRROR_FOR_LIVE_READ,
    "test_18_a_note_whose_answer_is_lost_is_written_once": (
        Plant(
            "every attempt has a key of its own",
            (
                Edit(
                    "sync/notes.py", 'key=f"dun-{reminder.id}")', 'key=f"dun-{reminder.id}-{clock.now().timestamp()}")'
                ),
            ),
        ),
        Plant(
            "nobody looks for the marker",
            (
                Edit(
                    "sync/notes.py",
                    "    if store.reminders.note_was_tried(reminder.id) and _already_there(ledger, reminder):\n",
                    "    if False:\n",
                ),
            ),
        ),
    ),
    "test_19_answers_of_another_organisation_settle_and_chase_nobody": (
        _TOKENS_OF_ANYBODY,
        # The nightly look at the organisation backs the look at the token, so both are removed.
        Plant(
            "whoever answers is believed to be the connected organisation",
            (
                *_TOKENS_OF_ANYBODY.edits,
                Edit(
                    "connectors/xero/organisation.py",
                    "    if wire.OrganisationID.lower() != tenant_id.lower():\n",
                    "    if not wire.OrganisationID:\n",
                ),
            ),
        ),
    ),
}
