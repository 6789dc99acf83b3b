"""The people at the other end: they answer, are away, have moved, switched off, or press 1. All of it is told here.

What becomes of messages is settled beforehand (`fates`); what people send back is sent when it is asked for, and kept
for the judge (`answers`).
"""

import base64
from datetime import datetime
from typing import Any

import msgspec

from connectors.sandbox import correspondence
from connectors.sandbox.control.call import BadRequest, Call, NoSuch
from connectors.sandbox.control.views import Json
from connectors.sandbox.lob.views import letter_view
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.outside import Answer
from connectors.sandbox.phones import E164, CallEnd, PhoneFate, TextEnd
from connectors.sandbox.post import Journey, plain_postcode
from connectors.sandbox.suppressions import LIST_OF, MailEnd
from connectors.sandbox.twilio.views import call_view, text_view

_ACCOUNT = "AC" + "0" * 32


class ReplyWish(msgspec.Struct, forbid_unknown_fields=True):
    """`sender` is by default the first recipient; without `threaded` nothing says what is answered."""

    text: str
    sender: str = ""
    threaded: bool = True


class AbsenceWish(msgspec.Struct, forbid_unknown_fields=True):
    """`marked`: whether the note says by its headers that a machine has written it."""

    text: str = "I am out of the office and will read your message when I am back."
    sender: str = ""
    marked: bool = True


class BounceWish(msgspec.Struct, forbid_unknown_fields=True):
    """`status` is an enhanced code (4.x.x: delayed); `kind` is for SendGrid's lists."""

    recipient: str = ""
    status: str = correspondence.TURNED_DOWN[0]
    reason: str = correspondence.TURNED_DOWN[1]
    kind: MailEnd = "bounce"


class MailWish(msgspec.Struct, forbid_unknown_fields=True):
    """A new mail, or any bytes (`raw`, in base64)."""

    to: str
    sender: str = ""
    subject: str = ""
    text: str = ""
    raw: str = ""


class TextWish(msgspec.Struct, forbid_unknown_fields=True):
    """A text of a customer (`sender`) to the firm's number."""

    sender: str
    to: str
    text: str
    account: str = ""


class FateWish(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of whatever goes to one telephone, address or postcode."""

    phone: str = ""
    text: TextEnd = "delivered"
    error: int | None = None
    call: CallEnd = "human"
    digits: str = ""
    email: str = ""
    mail: MailEnd = "bounce"
    postcode: str = ""
    letter: Journey = "returned"


def reply(call: Call) -> Json:
    """By mail to what came by mail, by text to what came by text."""
    wish, message = call.body(ReplyWish), _message(call)
    sender = wish.sender or message.recipients[0]
    if message.channel == "sms":
        call.world.outside.phones.write(_account(call), sender, message.sender, wish.text, call.world.clock.now())
        return _answered(call, "reply", sender, message.sender, wish.text, message.id)
    content = correspondence.reply(_mail(message), sender, wish.text, _now(call), threaded=wish.threaded)
    return _sent_back(call, "reply", sender, content, wish.text, message)


def out_of_office(call: Call) -> Json:
    wish, message = call.body(AbsenceWish), _mail(_message(call))
    sender = wish.sender or message.recipients[0]
    content = correspondence.out_of_office(message, sender, wish.text, _now(call), marked=wish.marked)
    return _sent_back(call, "out_of_office", sender, content, wish.text, message)


def bounce(call: Call) -> Json:
    """By a report for mail that came by SMTP; SendGrid keeps such reports to itself and fills its lists."""
    wish, message = call.body(BounceWish), _mail(_message(call))
    recipient = wish.recipient or message.recipients[0]
    if message.channel == "sendgrid":
        if wish.kind not in LIST_OF:
            raise BadRequest(f"kind must be one of {', '.join(LIST_OF)}")
        call.world.outside.suppressions.suppress(message, recipient, wish.kind, _now(call))
        return _answered(call, "bounce", recipient, message.sender, wish.reason, message.id)
    if not wish.status.startswith("4"):
        message.unreached.add(recipient)
    report = correspondence.delivery_report(message, recipient, wish.status, wish.reason, _now(call))
    to = correspondence.report_address(message)
    call.world.outside.inbox.deliver(to, report, _now(call))
    return _answered(call, "bounce", recipient, to, wish.reason, message.id)


def write_mail(call: Call) -> Json:
    wish = call.body(MailWish)
    if not wish.raw and not wish.sender:
        raise BadRequest("say sender, or give the whole mail as raw")
    content = base64.b64decode(wish.raw, validate=True) if wish.raw else b""
    content = content or correspondence.new_mail(wish.sender, wish.to, wish.subject, wish.text, _now(call))
    call.world.outside.inbox.deliver(wish.to, content, _now(call))
    return _answered(call, "mail", wish.sender, wish.to, wish.text, "")


def write_text(call: Call) -> Json:
    wish = call.body(TextWish)
    if not E164.fullmatch(wish.sender):
        raise BadRequest("sender must be a telephone number such as +447700900123")
    account = wish.account or _account(call)
    text = call.world.outside.phones.write(account, wish.sender, wish.to, wish.text, _now(call))
    _answered(call, "text", wish.sender, wish.to, wish.text, "")
    return text_view(text, _now(call))


def list_answers(call: Call) -> list[Json]:
    return [_answer_view(answer) for answer in call.world.outside.answers]


def show_mailbox(call: Call) -> list[Json]:
    """The inbox of `?of=`, or of everybody."""
    folder = call.world.outside.inbox.folder(call.query.get("of", ""), "INBOX")
    return [
        {
            "uid": mail.uid,
            "arrived_at": mail.arrived_at.isoformat(),
            "flags": sorted(mail.flags),
            "content": mail.content.decode("utf-8", "replace"),
        }
        for mail in (folder.mails if folder is not None else [])
    ]


def renumber_mailbox(call: Call) -> Json:
    return {"uidvalidity": call.world.outside.inbox.renumber()}


def settle_fate(call: Call) -> Json:
    wish, outside = call.body(FateWish), call.world.outside
    if sum(bool(one) for one in (wish.phone, wish.email, wish.postcode)) != 1:
        raise BadRequest("say one of phone, email or postcode")
    if wish.phone:
        outside.phones.fates[wish.phone] = PhoneFate(wish.text, wish.error, wish.call, wish.digits)
    elif wish.email:
        outside.suppressions.fates[wish.email.lower()] = wish.mail
    else:
        outside.post.fates[plain_postcode(wish.postcode)] = wish.letter
    return list_fates(call)


def list_fates(call: Call) -> Json:
    outside = call.world.outside
    phones = {
        number: {"text": fate.text, "error": fate.error, "call": fate.call, "digits": fate.digits}
        for number, fate in outside.phones.fates.items()
    }
    return {"phones": phones, "emails": dict(outside.suppressions.fates), "postcodes": dict(outside.post.fates)}


def forget_fates(call: Call) -> Json:
    outside = call.world.outside
    for fates in (outside.phones.fates, outside.suppressions.fates, outside.post.fates):
        fates.clear()
    return list_fates(call)


def list_texts(call: Call) -> list[Json]:
    """As Twilio shows them at this instant; `?to=` narrows to one number."""
    texts = [text for text in call.world.outside.phones.texts if call.query.get("to", text.to) == text.to]
    return [text_view(text, _now(call)) for text in texts]


def list_phone_calls(call: Call) -> list[Json]:
    """As Twilio shows them, and the document that is spoken."""
    return [{**call_view(one, _now(call)), "twiml": one.twiml} for one in call.world.outside.phones.calls]


def list_letters(call: Call) -> list[Json]:
    return [letter_view(letter, _now(call)) for letter in call.world.outside.post.letters]


def show_letter(call: Call) -> Json:
    """One letter with its PDF, in base64."""
    letter = next((one for one in call.world.outside.post.letters if one.id == call.path["id"]), None)
    if letter is None:
        raise NoSuch(f"there is no letter {call.path['id']!r}")
    return {**letter_view(letter, _now(call)), "pdf": base64.b64encode(letter.pdf).decode()}


def _message(call: Call) -> ReceivedMessage:
    found = next((message for message in call.world.messages if message.id == call.path["id"]), None)
    if found is None:
        raise NoSuch(f"there is no message {call.path['id']!r}")
    return found


def _mail(message: ReceivedMessage) -> ReceivedMessage:
    if message.channel not in {"smtp", "sendgrid"}:
        raise BadRequest(f"message {message.id!r} did not come by mail")
    return message


def _sent_back(call: Call, kind: Any, sender: str, content: bytes, text: str, message: ReceivedMessage) -> Json:
    to = correspondence.answer_address(message)
    call.world.outside.inbox.deliver(to, content, _now(call))
    return _answered(call, kind, sender, to, text, message.id)


def _answered(call: Call, kind: Any, sender: str, to: str, text: str, message: str) -> Json:
    answer = Answer(kind, sender, to, text, _now(call), message)
    call.world.outside.answers.append(answer)
    return _answer_view(answer)


def _answer_view(answer: Answer) -> Json:
    return {
        "kind": answer.kind,
        "sender": answer.sender,
        "to": answer.to,
        "text": answer.text,
        "at": answer.at.isoformat(),
        "message": answer.message,
    }


def _account(call: Call) -> str:
    """The account that has texted or called last; the firm's numbers are its own."""
    phones = call.world.outside.phones
    return next((one.account for one in reversed(phones.texts)), next(iter(phones.tokens), _ACCOUNT))


def _now(call: Call) -> datetime:
    return call.world.clock.now()
