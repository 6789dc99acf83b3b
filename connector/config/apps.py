"""The tables of the two apps an operator registers, one with Xero and one with Intuit, and where those services are."""

from typing import Literal

from pydantic import Field

from connector.config.section import OPTIONAL, Section
from connector.config.values import OptionalUrl, SecretReference, Url
from connectors.xero.endpoints import XeroEndpoints

_XERO = XeroEndpoints()


class XeroEndpointsSection(Section):
    """Where Xero is. Change this only to rehearse against the sandbox or another server that speaks the same wire."""

    authorize: Url = Field(default=_XERO.authorize, description="the page on which a person gives consent")
    token: Url = Field(default=_XERO.token, description="where tokens are issued and refreshed")
    revoke: Url = Field(default=_XERO.revoke, description="where a connection is given up")
    connections: Url = Field(default=_XERO.connections, description="which organisations a consent covers")
    api: Url = Field(default=_XERO.api, description="base of the Accounting API")


class XeroSection(Section):
    """Your app at developer.xero.com; its redirect address is http://localhost:8484/callback."""

    client_id: str = Field(default="", description="of your app", examples=["your-xero-client-id"])
    client_secret: SecretReference = Field(
        default="",
        description="by reference; empty for an app without a secret (PKCE)",
        examples=["env:DUN_XERO_CLIENT_SECRET"],
        json_schema_extra=OPTIONAL,
    )
    redirect_port: int = Field(
        default=8484,
        ge=0,
        le=65_535,
        description="port of the redirect address on this machine; 0, any, suits a sandbox only",
    )
    redirect_url: OptionalUrl = Field(
        default="",
        description="the redirect address registered with the app, when it is not on this machine; the browser's answer"
        " is then pasted at the prompt",
        examples=["https://example.com/dun"],
        json_schema_extra=OPTIONAL,
    )
    custom_connection: bool = Field(
        default=False,
        description="whether the app is a custom connection: one organisation, no consent page, a paid Xero plan",
    )
    daily_calls: int = Field(
        default=1000,
        ge=100,
        le=1_000_000,
        description="calls a day and organisation that Xero allows, until its answers tell: 1000 on the free tier",
    )
    webhook_key: SecretReference = Field(
        default="",
        description="signs Xero's webhooks, by reference; empty: they are refused",
        examples=["env:DUN_XERO_WEBHOOK_KEY"],
        json_schema_extra=OPTIONAL,
    )
    endpoints: XeroEndpointsSection = Field(default_factory=XeroEndpointsSection)


class QuickBooksEndpointsSection(Section):
    """Where QuickBooks Online is; empty: as Intuit's discovery document says. Change this only to rehearse."""

    discovery: OptionalUrl = Field(default="", description="Intuit's discovery document, which names the three below")
    authorize: OptionalUrl = Field(default="", description="the page on which a person gives consent")
    token: OptionalUrl = Field(default="", description="where tokens are issued and refreshed")
    revoke: OptionalUrl = Field(default="", description="where a connection is given up")
    api: OptionalUrl = Field(default="", description="base of the Accounting API, ending in /v3")


class QuickBooksSection(Section):
    """Your app at developer.intuit.com."""

    client_id: str = Field(default="", description="of your app", examples=["your-quickbooks-client-id"])
    client_secret: SecretReference = Field(
        default="", description="by reference", examples=["env:DUN_QUICKBOOKS_CLIENT_SECRET"]
    )
    redirect_port: int = Field(
        default=8484,
        ge=0,
        le=65_535,
        description="port of the redirect address on this machine; 0, any, suits a sandbox only",
    )
    environment: Literal["production", "sandbox"] = Field(
        default="production",
        description="which companies your keys are for; sandbox means Intuit's development companies",
    )
    redirect_url: OptionalUrl = Field(
        default="",
        description="the redirect address registered with the app, when it is not on this machine; the browser's answer"
        " is then pasted at the prompt",
        examples=["https://example.com/dun"],
        json_schema_extra=OPTIONAL,
    )
    monthly_reads: int = Field(
        default=500_000,
        ge=1000,
        le=1_000_000_000,
        description="metered reads a month that your Intuit workspace includes: 500000 on the Builder tier",
    )
    webhook_token: SecretReference = Field(
        default="",
        description="the verifier token of QuickBooks' webhooks, by reference; empty: they are refused",
        examples=["env:DUN_QUICKBOOKS_WEBHOOK_TOKEN"],
        json_schema_extra=OPTIONAL,
    )
    endpoints: QuickBooksEndpointsSection = Field(default_factory=QuickBooksEndpointsSection)
