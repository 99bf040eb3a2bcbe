"""Packets of NAL units, as the containers join them."""


def marked(*units: bytes) -> bytes:
    """Each behind a start code."""
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def measured(*units: bytes, width: int = 4) -> bytes:
    """Each behind its length."""
    return b"".join(len(unit).to_bytes(width) + unit for unit in units)
