"""`dun edit`: word one message anew before it leaves."""

from pathlib import Path

import click

from connector.commands.options import installation, tenant_option
from connector.commands.refusals import BadInput
from connector.edited import EditLeavesOut, listed
from connector.editing import Reworded, message_about, take_back, worded
from connector.editing import edit as keep
from connector.holding import TargetError, find_target
from connector.leaving import Leaving
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say
from connector.tenant import Tenant
from connectors.channels.channel import Message
from state.model import InvoiceId
from state.plain_text import plain

_SUBJECT = "Subject: "
_LONGEST_FILE = 100_000


@click.command()
@click.argument("invoice")
@click.option("--subject", metavar="TEXT", help="The new subject; without it, the subject stays.")
@click.option(
    "--text-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The new text, in UTF-8.",
)
@click.option("--anyway", is_flag=True, help="Keep words that leave out what the customer needs.")
@click.option("--undo", is_flag=True, help="Let the template's words go instead of edited ones.")
@tenant_option
@json_option
@click.pass_obj
def edit(
    config_path: Path,
    invoice: str,
    subject: str | None,
    text_file: Path | None,
    anyway: bool,
    undo: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """Word a planned message anew before it leaves.

    INVOICE is a number or an id; the whole message it is in is edited, in your $EDITOR unless --text-file is given. The
    new words go if invoices, amounts and dates are still the same then; otherwise they are dropped, and you are asked
    again. Words that leave out the amount asked for, an invoice's number, how to object, what to do if it is paid
    already, or our reference, which the message says now, are refused unless you say --anyway; the editor asks.

    \b
    dun edit INV-1041
    dun edit INV-1041 --subject "About your project" --text-file words.txt
    """
    if undo and (subject is not None or text_file is not None or anyway):
        raise click.UsageError("--undo takes no words")
    with installation(config_path) as opened:
        target = find_target(opened, slug, invoice, None, everything=False)
        with opened.tenant(target.tenant) as tenant:
            found = tenant.store.mirror.invoice(InvoiceId(target.id))
            if found is None:
                raise TargetError(f"{target.words} has left the mirror; `dun sync` reads it again")
            message = message_about(tenant, found)
            if undo:
                reworded = take_back(tenant, message, at_the_terminal())
            else:
                began_with = worded(tenant, message)
                words = _new_words(message, subject, text_file)
                ask = text_file is None and subject is None and not as_json
                reworded = _keep(tenant, message, words, began_with, anyway=anyway, ask=ask) if words else None
    done = "unchanged" if reworded is None else "withdrawn" if undo else "edited"
    came_of_it = reworded or Reworded((), 0)
    if as_json:
        done_to = {"tenant": target.tenant, "invoice": invoice, "done": done, "reminders": len(message.reminders)}
        emit_json({**done_to, "left_out": came_of_it.left_out, "approvals_taken_back": came_of_it.approvals})
        return
    say(f"The message of {target.tenant} to {message.account.name} is {done}.")
    if came_of_it.left_out:
        say(f"It leaves out {listed(came_of_it.left_out)}.")
    if came_of_it.approvals:
        say("It had been approved in other words: that approval is taken back.")
    if came_of_it.approvals or (done == "edited" and message.waits):
        say(f"Next: dun approve {invoice} --show")


def _keep(
    tenant: Tenant, message: Leaving, words: tuple[str, str], began_with: int, *, anyway: bool, ask: bool
) -> Reworded | None:
    """What came of it; None if the person, asked about what the words leave out, would rather not keep them."""
    try:
        return keep(tenant, message, *words, at_the_terminal(), anyway=anyway, began_with=began_with)
    except EditLeavesOut as error:
        if not ask:
            raise
        question = f"Your words leave out {error.listed}, which the message says now. Keep them?"
        if not click.confirm(plain(question), err=True):
            return None
        return keep(tenant, message, *words, at_the_terminal(), anyway=True, began_with=began_with)


def _new_words(message: Leaving, subject: str | None, text_file: Path | None) -> tuple[str, str] | None:
    """Subject and text as the person wants them; None if nothing was changed."""
    if message.outgoing is None:
        return None
    old = message.outgoing.message
    if text_file is not None:
        new = subject if subject is not None else old.subject, _read(text_file)
    elif subject is not None:
        new = subject, old.text
    else:
        new = _in_the_editor(old)
    return None if new == (old.subject, old.text) else new


def _in_the_editor(old: Message) -> tuple[str, str]:
    written = click.edit(f"{_SUBJECT}{old.subject}\n\n{old.text}", extension=".txt")
    if written is None:
        return old.subject, old.text
    head, _, rest = written.lstrip("\n").partition("\n")
    if not head.startswith(_SUBJECT.strip()):
        raise BadInput(f"the first line must stay the subject, as {_SUBJECT!r} and its words; nothing was changed")
    return head.removeprefix(_SUBJECT.strip()).strip(), rest.lstrip("\n")


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_LONGEST_FILE + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as UTF-8 text: {type(error).__name__}") from None
    if len(text) > _LONGEST_FILE:
        raise BadInput(f"{file} has more than {_LONGEST_FILE:,} characters")
    return text
