"""Twilio's SMS and voice: https://www.twilio.com/docs/messaging/api/message-resource and …/voice/api/call-resource."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from alerts.channels.http import json_of, post
from alerts.channels.message import Message


@dataclass(frozen=True, slots=True)
class Twilio:
    """One account at one address; `caller` is a number of the account's, as +…"""

    sid: str
    token: str = field(repr=False)
    caller: str
    url: str
    receipts: str = ""

    def call_back(self, message: Message) -> dict[str, str]:
        """Where Twilio is to say what became of it."""
        return {"StatusCallback": f"{self.receipts}/{message.delivery}"} if self.receipts else {}

    def call(self, resource: str, parameters: dict[str, str]) -> str:
        """Make one of this resource and return its id."""
        address = f"{self.url.rstrip('/')}/2010-04-01/Accounts/{self.sid}/{resource}.json"
        answer = post(address, who="Twilio", data=parameters, auth=(self.sid, self.token))
        return str(json_of(answer, "Twilio").get("sid", ""))


def international(number: str) -> str:
    """Twilio takes E.164; a number without a country is of mainland China."""
    digits = number.replace(" ", "").replace("-", "")
    return digits if digits.startswith("+") else f"+86{digits.removeprefix('0')}"


@dataclass(frozen=True, slots=True)
class TwilioSms:
    """Texts as they are."""

    twilio: Twilio
    name: str = "twilio-sms"

    def send(self, message: Message, address: str) -> str:
        """One SMS."""
        fields = {"To": international(address), "From": self.twilio.caller, "Body": message.text}
        return self.twilio.call("Messages", fields | self.twilio.call_back(message))


@dataclass(frozen=True, slots=True)
class TwilioVoice:
    """A call that reads the text, twice."""

    twilio: Twilio
    name: str = "twilio-voice"

    def send(self, message: Message, address: str) -> str:
        """One call."""
        language = "zh-CN" if message.language == "zh-CN" else "en-GB"
        say = f'<Response><Say language="{language}" loop="2">{escape(message.text)}</Say></Response>'
        fields = {"To": international(address), "From": self.twilio.caller, "Twiml": say}
        return self.twilio.call("Calls", fields | self.twilio.call_back(message))
