"""A device's side of the contract: connect as one device and publish until the broker has acknowledged."""

import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from care.messages import Address
from gateway.address import broker
from gateway.errors import NotDelivered
from gateway.grants import device_client_id, device_user
from gateway.topics import Channel, topic


class DeviceClient:
    """One device's connection; reconnects by itself, and tells of each message whether it was acknowledged."""

    def __init__(self, mqtt_url: str, vendor: str, device: str, secret: str, will: bytes | None = None) -> None:
        """`mqtt_url` says where; its user and password are not used. `will`: a status payload."""
        self._broker = broker(mqtt_url)
        self._address = Address(vendor, device)
        self._admitted = threading.Event()
        self._answer = threading.Event()
        self._refusal = "no answer"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, device_client_id(vendor, device), clean_session=True)
        self._client.username_pw_set(device_user(vendor, device), secret)
        self._client.reconnect_delay_set(1, 5)
        if self._broker.tls:
            self._client.tls_set()
        if will is not None:
            self._client.will_set(topic(self._address, Channel.STATUS), will, qos=1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    @property
    def connected(self) -> bool:
        """Whether the broker has admitted us and the line is up."""
        return self._admitted.is_set()

    def connect(self, timeout: float = 10.0) -> None:
        """Connect and be admitted within `timeout` seconds, else NotDelivered; later it reconnects by itself."""
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=60)
        except OSError as error:
            raise NotDelivered(f"the broker is not reachable ({type(error).__name__})", try_again=True) from error
        self._client.loop_start()
        if not self._answer.wait(timeout):
            self.close()
            raise NotDelivered("the broker did not answer", try_again=True)
        if not self.connected:
            self.close()
            raise NotDelivered(f"refused: {self._refusal}", try_again=True)

    def publish(self, channel: Channel, payload: bytes, timeout: float = 30.0) -> None:
        """Publish at QoS 1 and wait for the acknowledgement; NotDelivered(try_again=True) where none came."""
        info = self._client.publish(topic(self._address, channel), payload, qos=1)
        if info.rc not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN):
            raise NotDelivered(f"not sent: {mqtt.error_string(info.rc)}", try_again=True)
        try:
            info.wait_for_publish(timeout)
        except (RuntimeError, ValueError) as error:
            raise NotDelivered("not sent: no connection", try_again=True) from error
        if not info.is_published():
            raise NotDelivered("not acknowledged in time", try_again=True)

    def close(self) -> None:
        """Say goodbye; the will is not sent."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._refusal = str(reason)
        if not reason.is_failure:
            self._admitted.set()
        self._answer.set()

    def _on_disconnect(self, *_: Any) -> None:
        self._admitted.clear()
