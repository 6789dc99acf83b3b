"""An invoice as PDF: one page of plain text, written by hand, enough for any reader to open."""

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Invoice

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>"
)


def invoice_pdf(invoice: Invoice, books: Books) -> bytes:
    """The invoice's number, customer, date and total on a page of A4."""
    lines = [
        books.company.name,
        f"{'Bill' if invoice.bill else 'Invoice'} {invoice.number}",
        books.customers[invoice.customer_id].name,
        f"Date {invoice.issued.isoformat()}",
        f"Amount due {invoice.due_amount} {invoice.currency}",
    ]
    text = b"BT /F1 14 Tf 72 770 Td 22 TL " + b" ".join(b"(%s) Tj T*" % _escaped(line) for line in lines) + b" ET"
    content = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)
    catalog, pages = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return _assembled([catalog, pages, _PAGE, content, _FONT])


def _assembled(objects: list[bytes]) -> bytes:
    """The objects, a table of where each begins, and where that table begins."""
    file = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _escaped(text: str) -> bytes:
    plain = text.encode("latin-1", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
