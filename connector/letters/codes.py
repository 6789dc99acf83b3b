"""From the text of a payment code to its picture: error correction M, and a size that scanners are held to read."""

from io import BytesIO

import segno

from connector.letters import epc, swiss
from connector.letters.epc import PaymentCodeError, SepaTransfer, epc_payload
from connector.letters.swiss import SwissPayment, swiss_payload


def epc_code(transfer: SepaTransfer) -> str:
    """The code of a SEPA transfer as SVG, one unit per module and no margin. Raises PaymentCodeError."""
    return _svg(_code(epc_payload(transfer), epc.MOST_VERSION))


def swiss_code(payment: SwissPayment) -> str:
    """The same of a Swiss payment, without the cross in its middle."""
    return _svg(_code(swiss_payload(payment), swiss.MOST_VERSION))


def _code(payload: str, most_version: int) -> segno.QRCode:
    """Byte mode and UTF-8 without announcing it, as both standards want; their readers know."""
    code = segno.make(payload, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8")
    if int(code.version) > most_version:
        raise PaymentCodeError(f"the code would be larger than version {most_version}")
    return code


def _svg(code: segno.QRCode) -> str:
    drawn = BytesIO()
    code.save(drawn, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None)
    return drawn.getvalue().decode()
