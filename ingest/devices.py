"""What ingest remembers of devices; told by the database when one changes."""

from care.messages import Address
from records.database import Conn
from records.equipment import devices
from records.equipment.devices import KnownDevice


class DeviceBook:
    """All devices by address; unknown ones are asked for, known ones forgotten when the database says they changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], KnownDevice] = {}
        self._conn: Conn | None = None

    def load(self, conn: Conn) -> None:
        """Everything anew, on this connection from now on."""
        self._conn = conn
        self._known = devices.known_devices(conn)

    def forget(self, address: str) -> None:
        """`vendor/device` has changed."""
        vendor, _, device = address.partition("/")
        self._known.pop((vendor, device), None)

    def lookup(self, address: Address) -> KnownDevice | None:
        """This device, or None where the records don't know it either."""
        known = self._known.get(address)
        if known is None and self._conn is not None:
            known = devices.find(self._conn, *address)
            if known is not None:
                self._known[address] = known
        return known

    def claim(self, address: Address) -> KnownDevice:
        """Make a device known as unclaimed; Unavailable without the database."""
        if self._conn is None:
            raise RuntimeError("load() first")
        known = devices.add_unclaimed(self._conn, *address)
        self._known[address] = known
        return known
