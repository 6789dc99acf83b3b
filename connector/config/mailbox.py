"""The tables about mail that comes back, and about logins by OAuth where a mail server takes no passwords."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import OptionalUrl, SecretReference
from connectors.loopback import is_this_machine


class OAuthSection(Section):
    """Instead of a password: an app of Microsoft 365, or a consent of Google."""

    provider: Literal["none", "microsoft", "google"] = Field(
        default="none", description="who issues the tokens; none: the login is by password"
    )
    directory: str = Field(default="", description="Microsoft: the id or the domain of the organisation's directory")
    client_id: str = Field(default="", description="of the app")
    client_secret: SecretReference = Field(default="", description="of the app, by reference")
    refresh_token: SecretReference = Field(default="", description="Google: the consent's refresh token, by reference")
    token_url: OptionalUrl = Field(
        default="", description="where tokens are issued; empty: at the provider's usual address"
    )


class MailboxSection(Section):
    """The mailbox that customers answer to. Dun reads it and changes nothing in it."""

    host: str = Field(default="", description="the IMAP server, such as imap.example.com; empty: no mailbox is read")
    port: int = Field(default=993, ge=1, le=65_535, description="993 for tls, 143 for starttls")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="how the connection is encrypted; none is for a server on this machine"
    )
    username: str = Field(default="", description="of the mailbox; often its address")
    password: SecretReference = Field(
        default="",
        description="by reference",
        examples=["env:DUN_MAILBOX_PASSWORD"],
        json_schema_extra=OPTIONAL,
    )
    folder: str = Field(default="INBOX", min_length=1, description="the folder that is read")
    poll_minutes: int = Field(
        default=15, ge=1, le=1440, description="minutes between two looks at the mailbox and at the carrier's lists"
    )
    timeout_seconds: int = Field(
        default=20, ge=1, le=300, description="how long to wait for each of the server's answers"
    )
    oauth: OAuthSection = Field(default_factory=OAuthSection)


Flaw = tuple[str, str, str]  # key below the section, what is wrong, how to mend it


def flaws_of_mailbox(mailbox: MailboxSection) -> Iterator[Flaw]:
    """What a mailbox lacks although each of its keys is right."""
    if not mailbox.host:
        return
    if not mailbox.username:
        yield "username", "is missing, and the mailbox needs one", 'add username = "accounts@example.com"'
    by_token = mailbox.oauth.provider != "none"
    if by_token == bool(mailbox.password):
        yield "password", "and oauth: one of them opens a mailbox", "give a password, or an oauth table with a provider"
    if mailbox.security == "none" and not is_this_machine(mailbox.host):
        yield "security", "would send the password unencrypted", "use tls or starttls"
    for key, what, mend in flaws_of_oauth(mailbox.oauth):
        yield f"oauth.{key}", what, mend


def flaws_of_oauth(oauth: OAuthSection) -> Iterator[Flaw]:
    """What a provider needs and is not there."""
    needed = {
        "none": (),
        "microsoft": ("directory", "client_id", "client_secret"),
        "google": ("client_id", "client_secret", "refresh_token"),
    }
    for key in needed[oauth.provider]:
        if not getattr(oauth, key):
            yield key, f"is missing, and {oauth.provider} needs it", "docs/how-to/read-replies.md says where to find it"
