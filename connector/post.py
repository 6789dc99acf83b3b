"""Turns the configuration of mail into things that work: logins by token, mailboxes, and SendGrid's lists."""

from datetime import timedelta

from connector.config.mailbox import MailboxSection, OAuthSection
from connector.config.settings import Config, TenantSettings
from connector.credentials import resolve
from connector.intake import FactSource, LetterSource, Sources
from connectors.channels.channel import Address
from connectors.mail_tokens import Grant, GrantedTokens, MailTokens, google_grant, microsoft_grant
from state.clock import Clock


class Post:
    """The mail side of one configuration. Secrets are resolved when something is opened, not before.

    Belongs to one thread; the tokens it has got serve until their end.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._tokens: dict[OAuthSection, MailTokens] = {}

    def sources(self, settings: TenantSettings) -> Sources:
        """What a tenant's correspondence is read from; a source that is not configured is not there."""
        mailbox = settings.mailbox
        return Sources(
            name=mailbox_name(mailbox),
            mailbox=self._mailbox(mailbox) if mailbox.host else None,
            facts=self._facts() if settings.channel == "sendgrid" and not settings.read_only else None,
            own=_own(settings.sender, settings.reply_to),
            every=timedelta(minutes=mailbox.poll_minutes),
        )

    def tokens(self, oauth: OAuthSection) -> MailTokens | None:
        """One source for each app and consent, whoever asks; None: the login is by password."""
        if oauth.provider == "none":
            return None
        if oauth not in self._tokens:
            self._tokens[oauth] = GrantedTokens(self._grant(oauth), self._clock)
        return self._tokens[oauth]

    def _grant(self, oauth: OAuthSection) -> Grant:
        secret = self._secret(oauth.client_secret) or ""
        if oauth.provider == "microsoft":
            return microsoft_grant(oauth.directory, oauth.client_id, secret, oauth.token_url)
        return google_grant(oauth.client_id, secret, self._secret(oauth.refresh_token) or "", oauth.token_url)

    def _mailbox(self, section: MailboxSection) -> LetterSource:
        from connectors.mailbox.mailbox import Mailbox, MailboxSettings  # its library is slow to load

        settings = MailboxSettings(
            host=section.host,
            port=section.port,
            security=section.security,
            username=section.username,
            password=self._secret(section.password),
            folder=section.folder,
            tokens=self.tokens(section.oauth),
            timeout_seconds=section.timeout_seconds,
        )
        return Mailbox(settings)

    def _facts(self) -> FactSource:
        from connectors.channels.sendgrid_facts import SendGridFacts  # not before somebody sends by SendGrid

        section = self._config.email.sendgrid
        return SendGridFacts(self._secret(section.api_key) or "", section.host)

    def _secret(self, reference: str) -> str | None:
        return resolve(reference, self._config.base).reveal() if reference else None


def mailbox_name(section: MailboxSection) -> str:
    """By which a mailbox is told from every other: the numbers of one mean nothing in another."""
    return f"imap:{section.host}:{section.username}:{section.folder}"


def mailbox_references(section: MailboxSection) -> tuple[str, ...]:
    """The references to secrets that a mailbox needs; empty ones among them mean nothing."""
    return (section.password, *oauth_references(section.oauth)) if section.host else ()


def oauth_references(section: OAuthSection) -> tuple[str, ...]:
    return (section.client_secret, section.refresh_token) if section.provider != "none" else ()


def _own(*addresses: Address | None) -> frozenset[str]:
    return frozenset(address.email.lower() for address in addresses if address is not None)
