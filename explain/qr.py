"""The QR code of a receipt, as SVG."""

from __future__ import annotations

import io


def qr_svg(content: str) -> str:
    """The content as a QR code, error level M, dark modules on white, without an XML head."""
    import segno

    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="svg", xmldecl=False, scale=3, border=4, light="white")
    return out.getvalue().decode()
