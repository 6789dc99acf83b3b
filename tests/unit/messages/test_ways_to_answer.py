"""Every message of ours says how to object and what to do if it is paid, in words that an editor's own are held to."""

import pytest

from connector.left_out import left_out
from connector.messages.render import render_kind
from connectors.channels.channel import Address, Message


@pytest.mark.parametrize("kind", ["email", "letter", "sms", "voice"])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_the_usual_words_say_how_to_answer(built_in, message_about, language, kind) -> None:
    written = render_kind(built_in, message_about(language=language, locale=language), kind).text
    firm = Address(email="billing@firm.example")
    usual = Message(
        id="1",
        sender=firm,
        reply_to=None,
        to=(),
        subject="",
        text=written,
        html="",
        stage="soft",
        tenant="a",
        kind=kind,
    )

    assert left_out(usual, {}, [], "", "Please pay.") == ("how to object", "what to do if it is paid already")
    assert left_out(usual, {}, [], "", written) == ()
