"""The channels that follow from the settings. What isn't set isn't there."""

from collections.abc import Sequence

from alerts.channels.aliyun import Aliyun, AliyunKey, AliyunSms, AliyunVoice
from alerts.channels.anything import Anything
from alerts.channels.email import Smtp
from alerts.channels.message import Provider
from alerts.channels.push import Push
from alerts.channels.settings import AliyunSettings, ChannelSettings, TwilioSettings
from alerts.channels.twilio import Twilio, TwilioSms, TwilioVoice
from alerts.channels.webhook import Webhook
from care.notices import Channel


def channels_of(settings: ChannelSettings) -> dict[Channel, Sequence[Provider]]:
    """The channels of this installation with their providers, in the order in which they are tried."""
    found: dict[Channel, Sequence[Provider]] = {
        Channel.PUSH: (Push(settings.push_key, settings.push_contact),) if settings.push_key else (),
        Channel.SMS: (*_aliyun_sms(settings.aliyun), *_twilio_sms(settings.twilio)),
        Channel.VOICE: (*_aliyun_voice(settings.aliyun), *_twilio_voice(settings.twilio)),
        Channel.EMAIL: (Smtp(settings.smtp_url, settings.smtp_from),) if settings.smtp_url else (),
        Channel.WEBHOOK: (Webhook(settings.webhook_secret),),
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
    return Twilio(settings.sid, settings.token, settings.caller, settings.url, settings.receipts)
