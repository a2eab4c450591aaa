"""What the channels need to be set; light, since every `ankang` command reads the settings."""

from dataclasses import dataclass, field


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
    receipts: str = ""
    """Where we can be called back, as https://…/api/receipts/twilio; empty: nobody tells us what became of it."""


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
