"""Which lines of the product each way into QuickBooks is guarded by: taken away, the test of that name must fail.

Where a second guard stands behind the first, the plant takes both; the comment of the row says which.
"""

from drill.plant import Edit, Plant

POLL = "connectors/quickbooks/poll.py"
WALK = "connectors/quickbooks/walk.py"
READINGS = "connectors/quickbooks/readings.py"
QUERY = "connectors/quickbooks/query.py"
MAPPING = "connectors/quickbooks/mapping.py"

UNBALANCED = Edit(
    "sync/verify.py", "    owing_less = _owing_less(store, contacts, credits)\n", "    owing_less = set()\n"
)
"""Behind most guards stands the customer's own balance, which shows that money is missing from the mirror although not
which: with it in place nobody would be chased, and only the mirror and the reason would be wrong."""

GUARDS: dict[str, Plant] = {
    "test_1_a_payment_between_two_polls_is_seen_although_quickbooks_reads_bare_times_as_pacific": Plant(
        "instants are sent without their offset",
        (
            Edit(
                QUERY,
                'return moment.astimezone(UTC).isoformat(timespec="seconds")',
                'return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")',
            ),
            UNBALANCED,
        ),
    ),
    # After a feed and after a walk the cursor is set in two places; neither guards the other.
    "test_1_a_machine_whose_clock_is_ahead_misses_nothing_since_the_cursor_is_quickbooks_time": Plant(
        "the next cursor is our own clock's time",
        (
            Edit(POLL, "written(min(answered, asked_at))", "written(self._clock.now())"),
            Edit(POLL, "written(min(cursor, asked_at))", "written(self._clock.now())"),
            UNBALANCED,
        ),
    ),
    "test_1_of_many_payments_in_one_second_none_is_lost_at_the_end_of_a_page": Plant(
        "the next page begins after the last second seen instead of in it",
        (Edit(QUERY, "MetaData.LastUpdatedTime >= {quoted", "MetaData.LastUpdatedTime > {quoted"), UNBALANCED),
    ),
    "test_2_a_payment_and_a_deletion_behind_a_thousand_imported_customers_are_not_lost": Plant(
        "a full change feed is taken for the whole of it",
        (Edit(POLL, "        if rows < FEED_CAP and", "        if rows <= FEED_CAP and"), UNBALANCED),
    ),
    "test_3_after_six_weeks_offline_nobody_is_chased_for_what_was_paid_in_the_first": Plant(
        "the change feed is trusted however old the cursor is",
        (Edit(POLL, "forgotten = answered - since > FEED_MEMORY", "forgotten = False"), UNBALANCED),
    ),
    "test_4_a_void_that_no_query_ever_shows_ends_the_reminder_and_so_does_a_deletion": Plant(
        "changes are polled through queries, which show neither voids nor deletions",
        (
            Edit(
                POLL,
                "None) if since is None else self._feed(since)",
                "None) if since is None else self._walk(ENTITIES, since, None)",
            ),
        ),
    ),
    "test_5_an_invoice_that_breaks_every_query_keeps_only_its_own_customer_waiting": Plant(
        "a query that one record breaks is an error like any other",
        (
            Edit(
                "connectors/quickbooks/faults.py",
                "        return PoisonedQuery(f",
                "        return BadData(f",
            ),
        ),
    ),
    # The check that a page begins with a row of the page before would notice that rows have moved, so it goes as well.
    "test_6_a_payment_is_not_skipped_when_the_page_before_it_shrinks": Plant(
        "pages are counted by position",
        (
            Edit(WALK, "if position > 1 and not _continues(", "if False and not _continues("),
            Edit(
                WALK,
                "            if last is not None and (part.since is None or last > part.since):\n",
                "            if False:\n",
            ),
            Edit(WALK, "position += len(decoded.marks) - 1\n", "position += len(decoded.marks)\n"),
            UNBALANCED,
        ),
    ),
    "test_6_a_page_with_one_row_too_many_is_not_taken_for_the_last": Plant(
        "a page that does not hold exactly what was asked for is the last",
        (
            Edit(
                WALK,
                "if len(decoded.marks) < self._page_size or self._beyond_start(last):",
                "if len(decoded.marks) != self._page_size or self._beyond_start(last):",
            ),
            UNBALANCED,
        ),
    ),
    # Nothing tells that the first invoice is open again; only the nightly comparison brings it.
    "test_7_a_payment_moved_to_another_invoice_settles_that_one_and_opens_the_first_again": Plant(
        "the nightly comparison does not keep what it reads",
        (Edit("sync/pull.py", "report.differences += save_page(store, page, clock.now())", "pass"),),
    ),
    # The decision runs twice: over the mirror's credit, then over what was read live.
    "test_8_money_that_no_invoice_has_taken_keeps_its_customer_from_being_chased": Plant(
        "unapplied credit is ignored",
        (
            Edit(
                "state/receivables.py",
                "credits=facts.credits.get(facts.families.top(contact), {}),",
                "credits={},",
            ),
            Edit("connector/live.py", "credits=_credits_of(family, self.verification.credits))", "credits={})"),
        ),
    ),
    "test_9_what_the_parent_paid_counts_for_the_job": Plant(
        "a customer's credit is its own only",
        (
            Edit(
                "state/families.py",
                "return _last(self.winner(contact), self._parent_winner)",
                "return self.winner(contact)",
            ),
        ),
    ),
    # What was read live is used twice: for the decision, and through the mirror.
    "test_9_money_of_a_customer_who_was_merged_away_counts_for_the_one_who_stays": Plant(
        "credit is taken from the mirror, not from the live read",
        (
            Edit("connector/live.py", "credits=_credits_of(family, self.verification.credits))", "name=account.name)"),
            Edit("sync/verify.py", "        save_credits(store, credits.credits)\n", ""),
        ),
    ),
    "test_10_a_payment_that_cannot_be_read_for_a_moment_does_not_count_as_gone": Plant(
        "what cannot be read is taken to be gone",
        (
            Edit(
                READINGS,
                "                    _quarantine(entity, identifier, error, found)\n",
                "                    continue\n",
            ),
            UNBALANCED,
        ),
    ),
    # One guard for credit, which is read again at its own address, and one for invoices, which the feed knew better.
    "test_11_what_was_paid_seconds_ago_counts_although_queries_do_not_show_it_yet": Plant(
        "a query is believed although the change feed had already told otherwise",
        (
            Edit(READINGS, "if identifier not in found.records and identifier not in rejected:", "if False:"),
            Edit("sync/verify.py", "        live.due_minor != known.due_minor\n        or ", "        "),
            UNBALANCED,
        ),
    ),
    "test_11_what_is_entered_after_the_poll_and_before_queries_show_it_stops_the_reminder": Plant(
        "what customers owe in all is asked of a query, too",
        (
            Edit(
                "connectors/quickbooks/ledger.py",
                "read = self._live.at_addresses if len(ids) <= A_HANDFUL else self._live.by_ids",
                "read = self._live.by_ids",
            ),
        ),
    ),
    "test_12_an_invoice_in_euros_is_asked_for_and_covered_in_euros_not_in_dollars": Plant(
        "the balance is read in the company's own currency",
        (
            Edit(
                "connectors/quickbooks/wire.py",
                "    balance: Decimal | None = None\n    private_note: str | None = None\n    bill_email",
                '    balance: Decimal | None = field(default=None, name="HomeBalance")\n'
                "    private_note: str | None = None\n    bill_email",
            ),
        ),
    ),
    "test_12_a_deposit_on_the_invoice_counts_although_no_payment_tells_of_it": Plant(
        "what is due is worked out from the total instead of read from Balance",
        (Edit(MAPPING, 'due = _minor(row.balance, "Balance", currency)', "due = total"), UNBALANCED),
    ),
    "test_12_a_write_off_by_journal_ends_the_reminder": Plant(
        "what is due is worked out from the total instead of read from Balance",
        (Edit(MAPPING, 'due = _minor(row.balance, "Balance", currency)', "due = total"), UNBALANCED),
    ),
    "test_12_credit_by_journal_that_only_the_customers_balance_tells_of_stops_the_reminder": Plant(
        "the customer's own balance is not looked at",
        (
            Edit(
                "sync/verify.py", "    owing_less = _owing_less(store, contacts, credits)\n", "    owing_less = set()\n"
            ),
        ),
    ),
    # Four guards: the realm of the consent, the registry's own check, the realm it keeps, the mirror's company.
    "test_13_a_reconnection_to_a_copy_of_the_company_is_refused_and_the_right_one_is_kept": Plant(
        "a tenant may be connected to another company",
        (
            Edit(
                "connector/connecting/connect.py",
                "    refuse_another(settings.slug, realm, name, installation.registry.tenants())\n",
                "",
            ),
            Edit(
                "state/registry.py",
                "            _refuse_confusion(slug, (ledger, external_id, name), other_slug, tuple(other))\n",
                "            continue\n",
            ),
            Edit(
                "state/registry.py",
                "DO UPDATE SET name = excluded.name",
                "DO UPDATE SET name = excluded.name, external_id = excluded.external_id",
            ),
            Edit(
                "sync/guard.py",
                "    if known is None or (known.id == answering.id",
                "    if True or (known.id == answering.id",
            ),
        ),
    ),
}
