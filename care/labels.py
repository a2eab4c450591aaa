"""Labels of devices: what is printed on them and scanned. They name the device and hold no secret."""

import re

from care.devices import DEVICE_NAME, VENDOR_NAME

_LABEL = re.compile(rf"(?:ankang:)?({VENDOR_NAME})/({DEVICE_NAME})(?:[\s:·.]+)(\d\d)")


def check_digits(vendor: str, device: str) -> str:
    """Two digits in which a mistyped or swapped letter shows (ISO 7064, MOD 97-10, over the bytes)."""
    number = int.from_bytes(f"{vendor}/{device}".encode())
    return f"{98 - number * 100 % 97:02}"


def label(vendor: str, device: str) -> str:
    """What stands below the QR code, to be typed where nothing can be scanned: `acme/bed-0001 42`."""
    return f"{vendor}/{device} {check_digits(vendor, device)}"


def scanned(vendor: str, device: str) -> str:
    """What the QR code holds."""
    return f"ankang:{vendor}/{device}:{check_digits(vendor, device)}"


def read_label(text: str) -> tuple[str, str]:
    """Vendor and device of a label that was scanned or typed; ValueError where it is none, or was mistyped."""
    found = _LABEL.fullmatch(text.strip())
    if found is None:
        raise ValueError("label: as it is printed: vendor/device and the two check digits")
    if found[3] != check_digits(found[1], found[2]):
        raise ValueError("label: the check digits do not fit: a letter was mistyped")
    return found[1], found[2]
