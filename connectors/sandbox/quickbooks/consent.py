"""The page on which a person chooses a company and presses Connect, as plain HTML that a script can post too."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>
"""
_CARRIED = ("client_id", "redirect_uri", "response_type", "scope", "state")


def consent_page(asked: dict[str, str], companies: dict[str, str]) -> str:
    """`companies` maps realm ids to names. The form posts back to the address it came from."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _CARRIED if name in asked
    )
    options = "".join(f'<option value="{escape(realm)}">{escape(name)}</option>' for realm, name in companies.items())
    body = (
        f"<p>{escape(asked['client_id'])} asks to read and change your accounting data.</p>"
        f'<form method="post" action="/connect/oauth2">{hidden}'
        f'<p><label for="company">Company</label> <select id="company" name="realm">{options}</select></p>'
        '<button id="connect" name="decision" value="connect">Connect</button> '
        '<button id="deny" name="decision" value="deny">Deny</button></form>'
    )
    return _PAGE.format(title="Authorize an app", body=body)


def refusal_page(problem: str) -> str:
    return _PAGE.format(title="Sorry, something is wrong with this app", body=f'<p id="problem">{escape(problem)}</p>')
