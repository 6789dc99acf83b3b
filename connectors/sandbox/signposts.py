"""Where each service is to be found on a running sandbox, and with what to knock: everything a configuration needs."""

CREDENTIALS = {
    "xero": {"client_id": "sandbox-xero-app", "client_secret": "sandbox-xero-secret"},
    "quickbooks": {"client_id": "sandbox-quickbooks-app", "client_secret": "sandbox-quickbooks-secret"},
    "sendgrid": {"api_key": "SG.sandbox.key"},
    "twilio": {"account_sid": "AC" + "5a" * 16, "auth_token": "sandboxtoken"},
    "lob": {"api_key": "live_sandbox"},
}
"""Any client id and secret will do (the first secret an app or account shows is taken as its own), as will any key in
the form of its service."""


def endpoints(url: str) -> dict[str, dict[str, str]]:
    """The addresses of `[xero.endpoints]`, `[quickbooks.endpoints]`, `[email.sendgrid]` and so on at `url`."""
    return {
        "xero": {
            "authorize": f"{url}/identity/connect/authorize",
            "token": f"{url}/connect/token",
            "revoke": f"{url}/connect/revocation",
            "connections": f"{url}/connections",
            "api": f"{url}/api.xro/2.0",
        },
        "quickbooks": {
            "authorize": f"{url}/connect/oauth2",
            "token": f"{url}/oauth2/v1/tokens/bearer",
            "revoke": f"{url}/v2/oauth2/tokens/revoke",
            "api": f"{url}/v3",
        },
        "sendgrid": {"host": url},
        "twilio": {"api": f"{url}/twilio/2010-04-01"},
        "lob": {"api": f"{url}/lob/v1"},
    }
