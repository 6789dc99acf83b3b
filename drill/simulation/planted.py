"""Bugs that a careless hand could have written into Dun, each of which the simulation must find.

Where two guards stand behind each other, the plant takes both away and says so: a bug that the second guard makes
harmless is not one a customer would ever meet.
"""

from drill.plant import Edit, Plant

_DISPATCH = "connector/dispatch.py"
_PULL = "sync/pull.py"
_VERIFY = "sync/verify.py"


def _plant(name: str, *edits: tuple[str, str, str]) -> Plant:
    return Plant(name, tuple(Edit(*edit) for edit in edits))


PLANTS: tuple[Plant, ...] = (
    # never twice
    _plant(
        "mark after send: the carrier gets the message before the claim is on the disk",
        (
            _DISPATCH,
            "        elif _claim(tenant, message):\n            carrier.send(message)\n",
            "        elif tenant.channel.send(message.message) and _claim(tenant, message):\n"
            "            tenant.store.reminders.sent(MessageId(message.message.id), None, tenant.clock.now())\n",
        ),
    ),
    _plant(
        "a process that died while sending is taken for one that had not sent",
        (
            "state/attempts.py",
            "unknown = sum(self.unsure(message_id, _LOST, at) for (message_id,) in abandoned)",
            "unknown = sum(self.not_sent(message_id, _LOST, at) for (message_id,) in abandoned)",
        ),
    ),
    _plant(
        "a lost answer of the carrier is taken for a refused connection",
        (
            _DISPATCH,
            "            reminders.unsure(message_id, str(error), self._tenant.clock.now())\n",
            "            reminders.not_sent(message_id, str(error), self._tenant.clock.now())\n",
        ),
    ),
    _plant(
        "a message is handed over again when no answer comes",
        (
            _DISPATCH,
            "            receipt = self._tenant.channel.send(outgoing.message)\n",
            "            try:\n"
            "                receipt = self._tenant.channel.send(outgoing.message)\n"
            "            except ChannelError:\n"
            "                receipt = self._tenant.channel.send(outgoing.message)\n",
        ),
    ),
    _plant(
        "dropped lease: two daemons work on one tenant",
        (
            "state/locks.py",
            "            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
            "            return None\n",
        ),
    ),
    _plant(
        "the minimum gap between two messages to a customer is forgotten",
        (
            "connector/dunning/decide.py",
            "        if contacted_on is None or shift(contacted_on, self._policy.minimum_gap_days) <= self._today:\n"
            "            return None\n        return contacted_on\n",
            "        return None\n",
        ),
    ),
    _plant(
        "a message that may have left does not count for the gap",
        (
            "state/reminders.py",
            "        \"SELECT contact_id, max(business_day) FROM message WHERE outcome IN ('sending', 'sent', 'unsure')\"",
            "        \"SELECT contact_id, max(business_day) FROM message WHERE outcome IN ('sent')\"",
        ),
    ),
    _plant(
        "the daily cap counts only what was acknowledged before this cycle",
        (
            "connector/gates.py",
            "    room = tenant.settings.daily_cap - tenant.store.reminders.messages_on(tenant.today, tenant.zone)\n",
            "    room = tenant.settings.daily_cap\n",
        ),
    ),
    _plant(
        "messages leave at any hour",
        ("connector/tenant.py", "        return may_send(", "        return True or may_send("),
    ),
    # no chase for money that has come in
    _plant(
        "ignored credits: what the ledger holds for the customer is not set against the debt",
        (
            "connector/dunning/netting.py",
            "items, max(credits_minor.get(currency, 0), 0), tolerance",
            "items, 0, tolerance",
        ),
    ),
    _plant(
        "the credit is not read again before a message leaves",
        (
            _VERIFY,
            "    credits = ledger.open_credits(believed)\n",
            "    credits = msgspec.structs.replace(ledger.open_credits(believed), credits=())\n",
        ),
        (
            "connector/live.py",
            "credits=_credits_of(family, self.verification.credits))",
            "credits=account.credits if family else {})",
        ),
    ),
    _plant(
        "no live read: a proof is made of what the mirror believes",
        (
            _VERIFY,
            "    invoices = ledger.read_invoices(sorted({reminder.invoice_id for reminder in reminders}))\n",
            "    invoices = ledger.read_invoices([])\n"
            "    believed_in = [store.mirror.invoice(reminder.invoice_id) for reminder in reminders]\n"
            "    invoices = msgspec.structs.replace(invoices, found={one.id: one for one in believed_in if one})\n",
        ),
    ),
    _plant(
        "a proof never grows old",
        (
            _DISPATCH,
            "verified_after=now - timedelta(seconds=tenant.settings.verify_within_seconds)",
            "verified_after=now - timedelta(days=9)",
        ),
    ),
    _plant(
        "AmountDue before Status: a draft with an amount due is open",
        (
            "connectors/xero/mapping.py",
            "    status = _INVOICE_STATUS[wire.Status]\n    currency",
            "    status = _INVOICE_STATUS[wire.Status]\n"
            "    status = InvoiceStatus.OPEN if wire.AmountDue else status\n    currency",
        ),
    ),
    _plant(
        "QuickBooks' unapplied payments are no credit",
        (
            "connectors/quickbooks/mapping.py",
            "    if payment.status is not DocumentStatus.VALID or payment.unapplied_minor <= 0",
            "    if payment.unapplied_minor >= 0",
        ),
        # the mirror has them from the change feed all the same
        ("state/receivables.py", "    WHERE status = 'valid' AND unapplied_minor > 0 AND", "    WHERE 0 AND"),
    ),
    _plant(
        "a dispute in QuickBooks is not read",
        (
            "connectors/quickbooks/mapping.py",
            'disputed=row.e_invoice_status == "Disputed" or row.invoice_status == "DISPUTED",',
            "disputed=False,",
        ),
    ),
    _plant(
        "a promise to pay counts only on its very day",
        (
            "connector/dunning/obstacles.py",
            "    if promised is not None and promised >= today:",
            "    if promised is not None and promised == today:",
        ),
    ),
    _plant(
        "an unreadable credit holds nobody back",
        (
            "state/quarantine.py",
            '        if entity in ("payment", "credit"):\n            tops',
            '        if entity in ("payment", "credit"):\n            continue\n            tops',
        ),
        ("state/quarantine.py", "        contacts.update(", "        if entity == 'invoice': contacts.update("),
    ),
    _plant(
        "an outage while the credit is read is taken for no credit",
        (
            _VERIFY,
            "    credits = ledger.open_credits(believed)\n",
            "    try:\n        credits = ledger.open_credits(believed)\n"
            "    except Exception:\n        credits = CreditReading((), (), ledger.read_invoices([]).read_at)\n",
        ),
        # the mirror's own credit would hold the customer in the first decision, where the poll has brought it
        (
            "state/receivables.py",
            "    for contact, currency, minor in connection.execute(_CREDITS):",
            "    for contact, currency, minor in ():",
        ),
    ),
    # amounts
    _plant(
        "float money: amounts become cents by way of binary fractions",
        ("state/money.py", "        minor = int(scaled)\n", "        minor = int(float(amount) * float(scale))\n"),
        ("state/money.py", "    if minor != scaled:", "    if abs(minor - scaled) > 1:"),
    ),
    _plant(
        "credit is deducted from what is asked, but not told apart: the invoice shows the rest",
        (
            "connector/outgoing.py",
            "        due=Money(invoice.due_minor, invoice.currency),",
            "        due=Money(invoice.total_minor, invoice.currency),",
        ),
        # what is decided and what is said are compared before anything leaves
        ("connector/outgoing.py", "    _same_sums(groups, context)\n", ""),
    ),
    # the ledger knows
    _plant(
        "retry of a PUT: a note is written again without looking whether it is there",
        (
            "sync/notes.py",
            "    if store.reminders.note_was_tried(reminder.id) and _already_there(ledger, reminder):",
            "    if store.reminders.note_was_tried(reminder.id) and not marker(reminder):",
        ),
    ),
    _plant(
        "a reminder counts as noted before its note is written",
        (
            "sync/notes.py",
            "        store.reminders.note_tried(reminder.id, clock.now())\n",
            "        store.reminders.note_tried(reminder.id, clock.now())\n"
            "        store.reminders.noted(reminder.id, clock.now())\n",
        ),
    ),
    # the mirror
    _plant(
        "cursor before commit: the cursor moves in a transaction of its own, ahead of the page",
        (
            _PULL,
            "        with store.transaction():\n            report.changed += save_page(store, page, now)\n"
            "            store.mirror.mark_merged(merged)\n            if page.cursor is not None:\n"
            "                store.mirror.move_cursor(stream, page.cursor, now)\n",
            "        if page.cursor is not None:\n            store.mirror.move_cursor(stream, page.cursor, now)\n"
            "        with store.transaction():\n            report.changed += save_page(store, page, now)\n"
            "            store.mirror.mark_merged(merged)\n",
        ),
        # the nightly comparison and five minutes of overlap would bring most of it back
        (
            _PULL,
            "    return compared_at < latest_daily(now, nightly, zone)\n",
            "    return False\n",
        ),
    ),
    _plant(
        "Statuses filter in the delta: only open invoices are asked for, so none is ever seen to be paid",
        (
            "connectors/xero/ledger.py",
            'partial(self._changed_page, "invoices", INVOICES, where=_SALES)',
            'partial(self._changed_page, "invoices", INVOICES, where=_SALES, statuses=["AUTHORISED"])',
        ),
    ),
    _plant(
        "page walk instead of keyset: page after page of a list that moves",
        (
            "connectors/xero/poll.py",
            "        since = following\n        sheet = fetch(since, 1)\n",
            "        sheet = fetch(since, turn + 1)\n",
        ),
    ),
    _plant(
        "no overlap: what becomes visible later than its stamp is never seen (Xero)",
        ("connectors/xero/poll.py", "OVERLAP = timedelta(minutes=5)", "OVERLAP = timedelta(0)"),
    ),
    _plant(
        "`>` instead of `>=` and no overlap: changes of the cursor's own second are lost (QuickBooks)",
        (
            "connectors/quickbooks/poll.py",
            "    return datetime.fromisoformat(cursor) - OVERLAP\n",
            "    return datetime.fromisoformat(cursor) + timedelta(seconds=1)\n",
        ),
    ),
    _plant(
        "naive QuickBooks time: the cursor is written without its offset",
        (
            "connectors/quickbooks/query.py",
            'return moment.astimezone(UTC).isoformat(timespec="seconds")',
            'return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")',
        ),
    ),
    _plant(
        "the machine's own clock as cursor (Xero)",
        (
            "connectors/xero/ledger.py",
            "                cursor=_cursor(step.watermark),\n                ledger_time=step.sheet.answered_at,\n"
            "            )\n\n    def _contact_changes",
            "                cursor=_cursor(step.watermark and self._clock.now() + timedelta(minutes=6)),\n"
            "                ledger_time=step.sheet.answered_at,\n"
            "            )\n\n    def _contact_changes",
        ),
    ),
    _plant(
        "tombstones of the change feed are not read",
        (_PULL, "        mirror.bury(page.gone, now)\n", "        pass\n"),
    ),
    _plant(
        "no nightly comparison: what moves no stamp is never seen",
        (_PULL, "    return compared_at < latest_daily(now, nightly, zone)\n", "    return False\n"),
    ),
    _plant(
        "a record that cannot be read is taken for one that is gone",
        (
            "sync/second_look.py",
            "    return [one for one in asked if one not in found and one not in unreadable]",
            "    return [one for one in asked if one not in found]",
        ),
    ),
    # nothing is silent, nothing is lost
    _plant(
        "an invoice that was settled and came back stays in its old round",
        (
            "state/documents.py",
            "round = invoice.round + ({_BEGINS_ROUND})",
            "round = invoice.round + 0 * ({_BEGINS_ROUND})",
        ),
    ),
    _plant(
        "a clock that is days wrong is believed",
        (
            "sync/guard.py",
            "    if theirs is None or abs(ours - theirs) <= SKEW:",
            "    if theirs is None or abs(ours - theirs) >= SKEW:",
        ),
    ),
    _plant(
        "what was verified when the process died stays verified for ever",
        (
            "state/attempts.py",
            "            replanned = connection.execute(_UNCLAIMED, (instant_text(at),)).rowcount\n",
            "            replanned = 0\n",
        ),
    ),
)
