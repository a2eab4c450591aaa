"""The settings of the ways to people, and of the proof of life."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from alerts.channels.settings import AliyunSettings, ChannelSettings, TwilioSettings
from care.links import KEY_LENGTH
from launch.errors import CannotStart

_SCHEMES = {
    "smtp_url": ("smtp", "smtps"),
    "aliyun_sms_url": ("https", "http"),
    "aliyun_voice_url": ("https", "http"),
    "twilio_url": ("https", "http"),
    "deadman_url": ("https", "http"),
    "public_url": ("https", "http"),
}
"""http is for a proxy or a test on one's own machine."""


class NotifySettings(BaseSettings):
    """What `ankang notify` and `ankang canary` need; what isn't set isn't there."""

    smtp_url: SecretStr | None = Field(None, description="use smtp://user:password@host:587 or smtps://…:465")
    smtp_from: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$", description="use an e-mail address")
    webhook_secret: SecretStr | None = Field(None, min_length=16, description="use at least 16 characters")
    push_key: SecretStr | None = Field(None, description="use the key that `ankang push-key` printed")
    push_contact: str | None = Field(None, pattern=r"^mailto:.+@.+$", description="use mailto: and an e-mail address")
    aliyun_key_id: str | None = Field(None, description="use the id of an access key")
    aliyun_key_secret: SecretStr | None = Field(None, description="use the secret of that access key")
    aliyun_sms_sign: str | None = Field(None, description="use the name of an approved signature")
    aliyun_sms_template: str | None = Field(None, description="use the code of an approved template, as SMS_…")
    aliyun_sms_end_template: str | None = Field(None, description="use the code of an approved template, as SMS_…")
    aliyun_voice_template: str | None = Field(None, description="use the code of an approved template, as TTS_…")
    aliyun_voice_caller: str | None = Field(None, description="use a number that you have bought, or none")
    aliyun_sms_url: str = Field("https://dysmsapi.aliyuncs.com", description="use the address of the SMS service")
    aliyun_voice_url: str = Field("https://dyvmsapi.aliyuncs.com", description="use the address of the voice service")
    twilio_sid: str | None = Field(None, description="use the account's SID")
    twilio_token: SecretStr | None = Field(None, description="use the account's token")
    twilio_caller: str | None = Field(None, pattern=r"^\+\d+$", description="use a number of the account's, as +…")
    twilio_url: str = Field("https://api.twilio.com", description="use the address of Twilio's API")
    public_url: str | None = Field(None, description="use where this Ankang is reached from outside, as https://…")
    link_key: SecretStr | None = Field(None, min_length=KEY_LENGTH, description="use at least 32 random characters")
    centre_phone: str | None = Field(None, pattern=r"^\+?[0-9 -]{3,20}$", description="use a telephone number")
    canary_seconds: int = Field(60, ge=0, le=3600, description="use 1 to 3600, or 0 for none")
    deadman_url: SecretStr | None = Field(None, description="use an address that is to be asked while all is well")

    @field_validator(*_SCHEMES)
    @classmethod
    def _has_its_address(cls, value: SecretStr | str | None, info: Any) -> SecretStr | str | None:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text is not None and not (urlsplit(text).scheme in _SCHEMES[info.field_name] and urlsplit(text).hostname):
            raise ValueError("not such an address")
        return value


def channel_settings(settings: NotifySettings) -> ChannelSettings:
    """The channels' part; CannotStart names what is missing beside what is set."""
    _together(settings, "smtp_url", "smtp_from")
    _together(settings, "push_key", "push_contact")
    _together(settings, "aliyun_key_id", "aliyun_key_secret")
    _together(settings, "aliyun_sms_template", "aliyun_sms_sign", "aliyun_key_id")
    _together(settings, "aliyun_voice_template", "aliyun_key_id")
    _together(settings, "twilio_sid", "twilio_token", "twilio_caller")
    return ChannelSettings(
        smtp_url=_secret(settings.smtp_url),
        smtp_from=settings.smtp_from or "",
        webhook_secret=_secret(settings.webhook_secret),
        push_key=_secret(settings.push_key),
        push_contact=settings.push_contact or "",
        aliyun=_aliyun(settings),
        twilio=_twilio(settings),
    )


def _together(settings: NotifySettings, given: str, *needed: str) -> None:
    if getattr(settings, given) is not None:
        for name in needed:
            if getattr(settings, name) is None:
                raise CannotStart(f"ANKANG_{given.upper()} needs ANKANG_{name.upper()} too: set it, or unset the first")


def _aliyun(settings: NotifySettings) -> AliyunSettings | None:
    if settings.aliyun_key_id is None:
        return None
    return AliyunSettings(
        key_id=settings.aliyun_key_id,
        key_secret=_secret(settings.aliyun_key_secret),
        sms_sign=settings.aliyun_sms_sign or "",
        sms_template=settings.aliyun_sms_template or "",
        sms_end_template=settings.aliyun_sms_end_template or "",
        voice_template=settings.aliyun_voice_template or "",
        voice_caller=settings.aliyun_voice_caller or "",
        sms_url=settings.aliyun_sms_url,
        voice_url=settings.aliyun_voice_url,
    )


def _twilio(settings: NotifySettings) -> TwilioSettings | None:
    if settings.twilio_sid is None:
        return None
    token, caller = _secret(settings.twilio_token), settings.twilio_caller or ""
    receipts = f"{settings.public_url.rstrip('/')}/api/receipts/twilio" if settings.public_url else ""
    return TwilioSettings(settings.twilio_sid, token, caller, settings.twilio_url, receipts)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


_FOR_THE_PAGES = (
    "push_key", "push_contact", "public_url", "link_key", "centre_phone", "twilio_sid", "twilio_token", "twilio_caller",
)  # fmt: skip


def pages_environment(settings: NotifySettings) -> Mapping[str, str]:
    """Those that the dashboard needs: keys for browsers and for links, and how Twilio's word is known."""
    return _environment(settings, _FOR_THE_PAGES)


def notify_environment(settings: NotifySettings) -> Mapping[str, str]:
    """These settings as environment variables: how `ankang up` hands them to the parts that need them."""
    return _environment(settings, NotifySettings.model_fields)


def _environment(settings: NotifySettings, names: Iterable[str]) -> Mapping[str, str]:
    values = {name: getattr(settings, name) for name in names}
    return {
        f"ANKANG_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value is not None
    }
