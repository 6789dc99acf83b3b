"""Half an emoji in one memo must not cost the page it came on.

JSON lets a text be cut between the two escapes of a character beyond the basic plane, and software that shortens texts
does so; a strict decoder then refuses the whole answer. So an answer that could not be decoded is tried once more with
such halves replaced by the sign that Unicode keeps for what cannot be read.
"""

import re

_ESCAPE = re.compile(
    rb"\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}"  # a pair, to be kept
    rb"|(?P<lone>\\u[Dd][89A-Fa-f][0-9A-Fa-f]{2})"
    rb"|\\.",  # any other escape, lest the end of one be taken for the beginning of another
    re.DOTALL,
)


def without_lone_surrogates(body: bytes) -> bytes:
    """`body`, JSON, with every unpaired escape of a surrogate as U+FFFD; the same object if there is none."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    mended = _ESCAPE.sub(lambda escape: rb"\ufffd" if escape["lone"] else escape[0], body)
    return body if mended == body else mended
