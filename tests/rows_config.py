"""The configuration of a firm that has every channel, with the sandbox behind each of them."""

from connector.sandbox_config import sandbox_config
from connectors.sandbox.server import RunningSandbox
from state.model import LedgerName, TenantSlug

FIRM = "accounts@rehearsal.example"
FORWARD_TO = "+447700900903"
SLUGS: dict[LedgerName, TenantSlug] = {"xero": TenantSlug("north"), "quickbooks": TenantSlug("west")}
ACCOUNT = "AC" + "0" * 32
SECRETS = {
    "sandbox-sendgrid-key": "SG.sandbox.key",
    "sandbox-quickbooks-secret": "sandbox-quickbooks-secret",
    "twilio-token": "sandboxtoken",
    "mailbox-password": "any",
    "lob-key": "test_key_of_the_sandbox",
}

LETTERHEAD = """
name = "Acorn Joinery"
street = ["1 Plane Street"]
city = "Leeds"
postcode = "LS1 1AA"
country = "GB"
window = "uk-dl"
"""
AMERICAN_LETTERHEAD = """
name = "Acorn Joinery"
street = ["1 Plane Street"]
city = "Albany"
region = "NY"
postcode = "12207"
country = "US"
window = "lob"
"""


def every_channel(sandbox: RunningSandbox, ledger: LedgerName, mode: str, email: str, letters: str) -> str:
    """A rehearsal's configuration with every channel; `{tenant}` is where the tenant's own table goes on."""
    smtp_port = sandbox.smtp_port if email == "smtp" else None
    head = _with_tenant_last(sandbox_config(sandbox.url, smtp_port=smtp_port, mode=mode), SLUGS[ledger])
    channel = 'channel = "smtp"' if smtp_port and ledger == "xero" else ""
    letterhead = LETTERHEAD if letters == "folder" else AMERICAN_LETTERHEAD
    slug = SLUGS[ledger]
    return f"""{head}
{channel}
{{tenant}}

[tenants.{slug}.mailbox]
host = "127.0.0.1"
port = {sandbox.imap_port}
security = "none"
username = "{FIRM}"
password = "file:mailbox-password"

[tenants.{slug}.letterhead]
{letterhead}

[phone]
account_sid = "{ACCOUNT}"
auth_token = "file:twilio-token"
text_from = "+447700900901"
call_from = "+447700900902"
forward_to = "{FORWARD_TO}"
host = "{sandbox.url}"

[letters]
carrier = "{letters}"

[letters.lob]
api_key = "file:lob-key"
host = "{sandbox.url}"

"""


def _with_tenant_last(text: str, slug: str) -> str:
    """The configuration without the tables that a row sets itself, and the tenant's own at the end."""
    tables = [f"[{table}" for table in f"\n{text}".split("\n[")]
    first, rest = tables[0].removeprefix("["), tables[1:]
    own = ("[phone", "[letters", f"[tenants.{slug}.letterhead", f"[tenants.{slug}.phone")
    kept = [table for table in rest if not table.startswith(own)]
    kept.sort(key=lambda table: table.startswith(f"[tenants.{slug}]"))
    lines = "\n".join([first, *kept]).splitlines()
    return "\n".join(line for line in lines if not line.startswith("from = ") or FIRM in line)
