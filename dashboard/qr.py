"""A QR code as a picture that can be printed in any size."""

import io

import segno


def as_svg(text: str) -> str:
    """An SVG of its own, black on white with the quiet zone that scanners need; a quarter of it may be torn off."""
    made = io.BytesIO()
    code = segno.make(text, error="q", micro=False)
    code.save(made, kind="svg", omitsize=True, border=4, light="#fff", xmldecl=False)  # a size of its own would cut it
    return made.getvalue().decode()
