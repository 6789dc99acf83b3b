"""What only the services themselves can say: does the ledger still answer, does the carrier still let us in?

Nothing is stored and nothing is sent. Tokens are taken the one way there is, so a cycle that runs meanwhile is not
disturbed: it finds the newer token and uses it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

from connector.checks.books import reminders_of
from connector.checks.finding import found
from connector.config.settings import TenantSettings
from connector.credentials import CredentialError
from connector.report import how_to_revive
from connector.wiring import Installation
from connectors.channels.channel import ChannelError
from connectors.channels.dry import DryChannel
from connectors.ledger import BadData, Forbidden, LedgerError, Reauthorise, Refused
from connectors.mailbox.errors import MailboxError
from connectors.transport import CallMeter
from state.alerts import Finding
from state.errors import StateError
from state.model import TenantSlug

PATIENCE_SECONDS = 10
GIVEN_UP_AFTER = 3  # tenants of one ledger; each costs a quarter of a minute


def ledgers_answer(installation: Installation, tenants: Iterable[TenantSettings]) -> Iterator[Finding]:
    """Ask all of them; a ledger that is away for several in a row is not waited for with each of the others."""
    in_vain: Counter[str] = Counter()
    for settings in tenants:
        if in_vain[settings.ledger] >= GIVEN_UP_AFTER:
            words = f"not asked: {settings.ledger} could not be reached for {GIVEN_UP_AFTER} others in a row"
            yield found("ledger_unreachable", words, "wait, and ask `dun doctor` again in an hour", settings.slug)
            continue
        findings = list(ledger_answers(installation, settings))
        away = any(finding.code == "ledger_unreachable" for finding in findings)
        in_vain[settings.ledger] = in_vain[settings.ledger] + 1 if away else 0
        yield from findings


def ledger_answers(installation: Installation, settings: TenantSettings) -> Iterator[Finding]:
    """Ask the ledger for its company, as the daily comparison does. A parked tenant is left in peace."""
    known = installation.registry.tenant(settings.slug)
    if known is None or known.parked_because:
        return
    try:
        with closing(installation.ledger(settings, CallMeter())) as ledger:
            company = ledger.organisation()
    except LedgerError as error:
        yield _refused(settings, error)
    except (CredentialError, StateError):
        return  # checks that need no service have said it
    else:
        yield from reminders_of(company, settings.slug)


def carriers_let_us_in(installation: Installation, slugs: list[TenantSlug]) -> Iterator[Finding]:
    """Every carrier that these tenants, or the alerts, use: connection, login, permission."""
    config = installation.config
    names = {config.tenants[slug].channel for slug in slugs if not config.tenants[slug].read_only}
    if config.alerts.to:
        names.add(config.alerts.channel)
    for name in sorted(names):
        try:
            carrier = installation.carrier(name, PATIENCE_SECONDS)
            if not isinstance(carrier, DryChannel):
                carrier.check()
        except CredentialError:
            continue  # a missing secret is a finding of its own
        except (ChannelError, ValueError) as error:  # ValueError: settings no carrier can use
            mend = f"correct [email.{name}] in the configuration, or the account at the carrier"
            yield found("carrier_refusing", f"{name}: {error}", mend)


def mailboxes_open(installation: Installation, slugs: list[TenantSlug]) -> Iterator[Finding]:
    """Every mailbox of these tenants: connection, login, folder."""
    for slug in slugs:
        try:
            mailbox = installation.sources(installation.config.tenants[slug]).mailbox
            if mailbox is not None:
                mailbox.check()
        except CredentialError:
            continue  # a missing secret is a finding of its own
        except (MailboxError, ValueError) as error:  # ValueError: settings no mailbox can be opened with
            mend = f"correct [tenants.{slug}.mailbox] in the configuration, or the account at the mail server"
            yield found("mailbox_refusing", str(error), mend, slug)


def _refused(settings: TenantSettings, error: LedgerError) -> Finding:
    connect = how_to_revive(settings.slug)
    if isinstance(error, Reauthorise):
        return found("ledger_refuses", str(error), connect, settings.slug)
    if isinstance(error, Forbidden | Refused | BadData):
        return found("ledger_refuses", str(error), f"mend what is said, or {connect}", settings.slug)
    return found("ledger_unreachable", str(error), "wait, and ask `dun doctor` again in an hour", settings.slug)
