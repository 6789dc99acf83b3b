"""The page on which a person ticks organisations and presses Allow: plain HTML, for people, scripts and tests alike."""

from collections.abc import Mapping, Sequence
from html import escape

from connectors.sandbox.documents import Company

AUTHORIZE = "/identity/connect/authorize"
_PASSED_ON = "response_type client_id redirect_uri scope state code_challenge code_challenge_method".split()
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1>{content}</main></body></html>"""


def consent_page(asked: Mapping[str, str], organisations: Sequence[Company], problem: str = "") -> str:
    """The form; it posts back to its own address. A single organisation is ticked already."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _PASSED_ON if name in asked
    )
    ticked = " checked" if len(organisations) == 1 else ""
    choices = "".join(_choice(number, company, ticked) for number, company in enumerate(organisations, 1))
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in asked["scope"].split())
    content = (
        f"<p><b>{escape(asked['client_id'])}</b> wants access to:</p><ul>{scopes}</ul>"
        + (f'<p id="problem" role="alert">{escape(problem)}</p>' if problem else "")
        + f'<form method="post" action="{AUTHORIZE}">{hidden}'
        f"<fieldset><legend>Organisations</legend>{choices}</fieldset>"
        '<button id="allow" name="decision" value="allow">Allow access</button> '
        '<button id="deny" name="decision" value="deny">Deny</button></form>'
    )
    return _PAGE.format(title="Allow access to your organisation data", content=content)


def refusal_page(problem: str) -> str:
    return _PAGE.format(title="Sorry, something went wrong", content=f'<p id="problem">Error: {escape(problem)}</p>')


def _choice(number: int, company: Company, ticked: str) -> str:
    name = f"organisation-{number}"
    return (
        f'<p><input type="checkbox" id="{name}" name="tenantId" value="{company.guid}"{ticked}>'
        f' <label for="{name}">{escape(company.name)}</label></p>'
    )
