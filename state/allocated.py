"""What was put against one invoice, for whoever thanks for it or reckons interest until it came."""

# As the view `allocation` has it, but found by the invoice: the view would unpack every document of the firm.
# source, source_id, amount_minor, applied_on; ?1 is the invoice.
ALLOCATED = """
    SELECT part.value ->> 'source', part.value ->> 'source_id', part.value ->> 'amount_minor',
           part.value ->> 'applied_on'
    FROM invoice, json_each(invoice.allocations) AS part WHERE invoice.id = ?1
    UNION ALL
    SELECT part.value ->> 'source', part.value ->> 'source_id', part.value ->> 'amount_minor',
           part.value ->> 'applied_on'
    FROM payment, json_each(payment.allocations) AS part
    WHERE payment.status = 'valid' AND payment.allocations LIKE '%"' || ?1 || '"%'
    AND part.value ->> 'invoice_id' = ?1
"""
# What credit notes have taken off invoice ?1, in minor units.
CREDITED = f"""
    SELECT coalesce(sum(minor), 0) FROM (
        WITH part (source, source_id, minor, applied_on) AS ({ALLOCATED})
        SELECT minor FROM part WHERE source = 'credit_note'
    )
"""  # noqa: S608 - our own text
