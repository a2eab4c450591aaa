"""Aliyun's SMS (dysmsapi, SendSms) and voice (dyvmsapi, SingleCallByTts), signed with ACS3-HMAC-SHA256.

The signature: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature (its worked example is
a test of ours). Texts are the operator's approved templates with the variables name, what, time and outcome.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from uuid import uuid4

from alerts.channels.http import json_of, post
from alerts.channels.message import Message, NotDelivered
from care.notices import LOCAL, Purpose
from care.receipts import Receipt, aliyun_call_receipt, aliyun_sms_receipt

VERSION = "2017-05-25"
VOICE_NOTICE = "11000000300006"
"""Aliyun's product number of calls that read a text: https://help.aliyun.com/zh/vms/through-the-call-id-for-call-records"""
_EMPTY = hashlib.sha256(b"").hexdigest()

AGAIN = frozenset(
    {
        "isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "SYSTEM_ERROR", "ServiceUnavailable",
        "InternalError", "Throttling", "Throttling.User", "SignatureNonceUsed", "isv.OUT_OF_SERVICE",
    }
)  # fmt: skip
"""Aliyun's codes after which the same request may be taken later: limits per number and minute, and its own trouble."""


_ENDS = frozenset({Purpose.ENDED, Purpose.TAKEN, Purpose.RELIEVED, Purpose.ORDER})
"""What is said with the template that names an outcome."""


@dataclass(frozen=True, slots=True)
class AliyunKey:
    """An access key."""

    id: str
    secret: str = field(repr=False)


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def query_string(parameters: Mapping[str, str]) -> str:
    """Sorted and encoded as RFC 3986 asks."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(parameters.items()))


def authorization(key: AliyunKey, headers: Mapping[str, str], query: str, method: str = "POST", path: str = "/") -> str:
    """The header `Authorization` of a request without a body."""
    signed = sorted(headers)
    listed = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    canonical = "\n".join((method, path, query, listed, ";".join(signed), _EMPTY))
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    mac = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key.id},SignedHeaders={';'.join(signed)},Signature={mac}"


@dataclass(frozen=True, slots=True)
class Aliyun:
    """One of Aliyun's services at one address."""

    key: AliyunKey
    url: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def call(self, action: str, parameters: Mapping[str, str]) -> Mapping[str, object]:
        """Do this and return the answer; NotDelivered with Aliyun's code where it is not OK."""
        query = query_string(parameters)
        headers = {
            "host": urlsplit(self.url).netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": _EMPTY,
            "x-acs-date": self.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-version": VERSION,
        }
        headers["authorization"] = authorization(self.key, headers, query)
        body = json_of(post(f"{self.url.rstrip('/')}/?{query}", who="Aliyun", headers=headers), "Aliyun")
        code = str(body.get("Code", ""))
        if code != "OK":
            raise NotDelivered(f"Aliyun answered {code}", try_again=code in AGAIN)
        return body


def national(number: str) -> str:
    """Aliyun takes numbers of mainland China without +86, others as country code and number."""
    digits = number.replace(" ", "").replace("-", "")
    return digits.removeprefix("+86").removeprefix("+")


def variables(message: Message) -> str:
    """The variables of the operator's template."""
    return json.dumps(dict(message.facts), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class AliyunSms:
    """`template` for an alert, `end_template` for its end."""

    aliyun: Aliyun
    sign: str
    template: str
    end_template: str
    name: str = "aliyun-sms"

    def send(self, message: Message, address: str) -> str:
        """One SMS; returns Aliyun's BizId."""
        template = self.end_template if message.purpose in _ENDS else self.template
        answer = self.aliyun.call(
            "SendSms",
            {
                "PhoneNumbers": national(address), "SignName": self.sign, "TemplateCode": template,
                "TemplateParam": variables(message), "OutId": str(message.key),
            },
        )  # fmt: skip
        return str(answer.get("BizId", ""))

    def ask(self, ref: str, address: str, sent_at: datetime) -> Receipt | None:
        """What QuerySendDetails says: https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-querysenddetails"""
        answer = self.aliyun.call(
            "QuerySendDetails",
            {
                "PhoneNumber": national(address), "BizId": ref, "SendDate": f"{sent_at.astimezone(LOCAL):%Y%m%d}",
                "PageSize": "10", "CurrentPage": "1",
            },
        )  # fmt: skip
        listed = answer.get("SmsSendDetailDTOs")
        details = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
        first = details[0] if isinstance(details, list) and details else None
        return aliyun_sms_receipt(first) if isinstance(first, dict) else None


@dataclass(frozen=True, slots=True)
class AliyunVoice:
    """A call that reads the template, twice."""

    aliyun: Aliyun
    template: str
    caller: str = ""
    name: str = "aliyun-voice"

    def send(self, message: Message, address: str) -> str:
        """One call; returns Aliyun's CallId."""
        parameters = {
            "CalledNumber": national(address), "TtsCode": self.template, "TtsParam": variables(message),
            "PlayTimes": "2", "OutId": message.key.hex[:15],
        }  # fmt: skip
        if self.caller:
            parameters["CalledShowNumber"] = self.caller
        return str(self.aliyun.call("SingleCallByTts", parameters).get("CallId", ""))

    def ask(self, ref: str, address: str, sent_at: datetime) -> Receipt | None:
        """What QueryCallDetailByCallId says of the call, which is kept under the day on which it began."""
        milliseconds = str(int(sent_at.timestamp() * 1000))
        terms = {"CallId": ref, "ProdId": VOICE_NOTICE, "QueryDate": milliseconds}
        try:
            detail = json.loads(str(self.aliyun.call("QueryCallDetailByCallId", terms).get("Data") or "{}"))
        except ValueError:
            return None
        return aliyun_call_receipt(detail) if isinstance(detail, dict) else None
