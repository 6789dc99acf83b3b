"""Turns [phone] into channels and questions to Twilio."""

from connector.config.settings import Config, TenantSettings
from connector.credentials import resolve
from connector.web.telephone import key_address, status_address
from connectors.channels.sms import SmsChannel, TextSender
from connectors.channels.twilio_facts import TwilioReports
from connectors.channels.twilio_inbox import TwilioInbox
from connectors.channels.twilio_rest import TwilioAccount, TwilioRest
from connectors.channels.twiml import Offer
from connectors.channels.voice import Caller, VoiceChannel
from state.clock import Clock


def text_channel(config: Config, settings: TenantSettings, clock: Clock) -> SmsChannel:
    """What texts this tenant's customers. ValueError if nobody is named who could."""
    numbers, phone = settings.phone, config.phone
    sender = TextSender(numbers.text_from, numbers.messaging_service)
    told_at = status_address(phone.callback, settings.slug) if phone.answers_keys else ""
    return SmsChannel(rest(config), sender, clock, numbers.most_segments, told_at)


def voice_channel(config: Config, settings: TenantSettings, clock: Clock) -> VoiceChannel:
    """What calls this tenant's customers. ValueError if nobody is named who could."""
    numbers, phone = settings.phone, config.phone
    action = key_address(phone.callback, settings.slug) if phone.answers_keys else ""
    offer = Offer(numbers.forward_to, action)
    caller = Caller(number=numbers.call_from, language=settings.locale, voice=numbers.voice, offer=offer)
    return VoiceChannel(rest(config), caller, clock)


def reports(config: Config, clock: Clock) -> TwilioReports:
    return TwilioReports(rest(config), clock)


def inbox(config: Config) -> TwilioInbox:
    return TwilioInbox(rest(config))


def rest(config: Config) -> TwilioRest:
    """The account, by API key if there is one. ValueError if it is not configured; CredentialError for its secret."""
    phone = config.phone
    secret = phone.api_key_secret if phone.api_key else phone.auth_token
    if not phone.account_sid or not secret:
        raise ValueError("no Twilio account; set [phone] account_sid and auth_token, or api_key and api_key_secret")
    revealed = resolve(secret, config.base).reveal()
    return TwilioRest(TwilioAccount(phone.account_sid, phone.api_key or phone.account_sid, revealed, phone.host))
