"""What the channels need to be set, and the channels that follow from it. What isn't set isn't there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.channels.aliyun import Aliyun, AliyunKey, AliyunSms, AliyunVoice
from alerts.channels.anything import Anything
from alerts.channels.email import Smtp
from alerts.channels.message import Provider
from alerts.channels.push import Push
from alerts.channels.twilio import Twilio, TwilioSms, TwilioVoice
from alerts.channels.webhook import Webhook
from care.notices import Channel


@dataclass(frozen=True, slots=True)
class AliyunSettings:
    """Aliyun's access key, the approved signature and templates, and where its services are."""

    key_id: str
    key_secret: str = field(repr=False)
    sms_sign: str = ""
    sms_template: str = ""
    sms_end_template: str = ""
    voice_template: str = ""
    voice_caller: str = ""
    sms_url: str = "https://dysmsapi.aliyuncs.com"
    voice_url: str = "https://dyvmsapi.aliyuncs.com"


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """Twilio's account, the number that it sends from, and where it is."""

    sid: str
    token: str = field(repr=False)
    caller: str = ""
    url: str = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """None or empty: this installation hasn't got it."""

    smtp_url: str = field(default="", repr=False)
    smtp_from: str = ""
    webhook_secret: str = field(default="", repr=False)
    push_key: str = field(default="", repr=False)
    push_contact: str = ""
    aliyun: AliyunSettings | None = None
    twilio: TwilioSettings | None = None


def channels_of(settings: ChannelSettings) -> dict[Channel, Sequence[Provider]]:
    """The channels of this installation with their providers, in the order in which they are tried."""
    found: dict[Channel, Sequence[Provider]] = {
        Channel.PUSH: (Push(settings.push_key, settings.push_contact),) if settings.push_key else (),
        Channel.SMS: (*_aliyun_sms(settings.aliyun), *_twilio_sms(settings.twilio)),
        Channel.VOICE: (*_aliyun_voice(settings.aliyun), *_twilio_voice(settings.twilio)),
        Channel.EMAIL: (Smtp(settings.smtp_url, settings.smtp_from),) if settings.smtp_url else (),
        Channel.WEBHOOK: (Webhook(settings.webhook_secret),) if settings.webhook_secret else (),
        Channel.APPRISE: (Anything(),),
    }
    by_row: dict[Channel, Sequence[Provider]] = {Channel.PAGES: (), Channel.CANARY: ()}
    return by_row | {channel: providers for channel, providers in found.items() if providers}


def _aliyun(settings: AliyunSettings, url: str) -> Aliyun:
    return Aliyun(AliyunKey(settings.key_id, settings.key_secret), url)


def _aliyun_sms(settings: AliyunSettings | None) -> Sequence[Provider]:
    if settings is None or not settings.sms_template:
        return ()
    end = settings.sms_end_template or settings.sms_template
    return (AliyunSms(_aliyun(settings, settings.sms_url), settings.sms_sign, settings.sms_template, end),)


def _aliyun_voice(settings: AliyunSettings | None) -> Sequence[Provider]:
    if settings is None or not settings.voice_template:
        return ()
    return (AliyunVoice(_aliyun(settings, settings.voice_url), settings.voice_template, settings.voice_caller),)


def _twilio_sms(settings: TwilioSettings | None) -> Sequence[Provider]:
    return (TwilioSms(_twilio(settings)),) if settings else ()


def _twilio_voice(settings: TwilioSettings | None) -> Sequence[Provider]:
    return (TwilioVoice(_twilio(settings)),) if settings else ()


def _twilio(settings: TwilioSettings) -> Twilio:
    return Twilio(settings.sid, settings.token, settings.caller, settings.url)
