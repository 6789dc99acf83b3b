"""What the services post, and how they sign it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ORGANISATION = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
REALM, SECOND_REALM = "9341453000000001", "9341453000000002"
KEYS = {"xero": "xero-webhook-key", "quickbooks": "quickbooks-verifier"}
HEADERS = {"xero": "x-xero-signature", "quickbooks": "intuit-signature"}
CONFIG = """
[sending]
from = "Accounts <accounts@example.com>"
[xero]
client_id = "app"
webhook_key = "file:xero.key"
[quickbooks]
client_id = "app"
client_secret = "file:quickbooks.secret"
webhook_token = "file:quickbooks.key"
[daemon]
listen = "127.0.0.1:0"
"""


def signature(key: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def xero_post(*organisations: str, sequence: int = 1) -> bytes:
    """As Xero's description has it, one event for each organisation."""
    events = [
        {
            "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/717f2bfc-c6d4-41fd-b238-3f2f0c0cf777",
            "resourceId": "717f2bfc-c6d4-41fd-b238-3f2f0c0cf777",
            "eventDateUtc": "2024-06-21T01:15:39.902",
            "eventType": "UPDATE",
            "eventCategory": "INVOICE",
            "tenantId": organisation,
            "tenantType": "ORGANISATION",
        }
        for organisation in organisations
    ]
    post = {
        "events": events,
        "firstEventSequence": sequence,
        "lastEventSequence": sequence,
        "entropy": "S0m3r4Nd0mt3xt",
    }
    return json.dumps(post).encode()


def cloud_events(*realms: str) -> bytes:
    """QuickBooks' new shape, one event for each company."""
    return json.dumps(
        [
            {
                "specversion": "1.0",
                "id": f"88cd52aa-33b6-4351-9aa4-47572edbd06{number}",
                "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
                "type": "qbo.invoice.updated.v1",
                "time": "2025-09-10T21:31:25.179851517Z",
                "intuitentityid": "1234",
                "intuitaccountid": realm,
                "data": {},
            }
            for number, realm in enumerate(realms)
        ]
    ).encode()
