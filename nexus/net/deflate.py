"""Compression of large messages, once for all peers that are sent the same bytes.

Without a context that is carried from message to message, the compressed bytes of a
message are the same for every peer that agreed on the same window, and no compressor
has to be kept for anybody. That also spares the memory: 100 KiB a socket otherwise.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from attrs import define, field
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
)

from nexus.wire.envelope import contents, seal_deflated

__all__ = ["Deflater", "accept_offer", "accept_usual", "compresses_well"]

#: The SDKs that write their next message into the buffer of the last one.
_REUSES: Final = re.compile(r"/v1[67](?:/|$)")

#: The window in bits, in both directions, where the peer lets us choose.
_WINDOW: Final = 11
_MEMORY: Final = 4
#: What a flush ends with, and permessage-deflate leaves out.
_TAIL: Final = b"\x00\x00\xff\xff"


def compresses_well(
    path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> bool:
    """Tell whether what a peer compresses will be what it meant to send.

    The SDKs 0.16 and 0.17 write their next message over the last one, while in node the
    WebSocket still compresses that in a thread. One in a browser has copied it by then.
    """
    is_old = _REUSES.search(path) or query.get("nexus-sdk") in ("16", "17")
    return not is_old or "origin" in headers


def accept_offer(offers: Iterable[object]) -> PerMessageDeflateOfferAccept | None:
    """Agree to the first offer of permessage-deflate, without contexts and lean."""
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            bits = min(_WINDOW, offer.request_max_window_bits or _WINDOW)
            return PerMessageDeflateOfferAccept(
                offer,
                request_no_context_takeover=True,
                request_max_window_bits=_WINDOW if offer.accept_max_window_bits else 0,
                no_context_takeover=True,
                window_bits=bits,
                mem_level=_MEMORY,
            )
    return None


#: What nearly all peers offer, as it stands in the header.
_USUAL: Final = {
    "permessage-deflate": {},
    "permessage-deflate; client_max_window_bits": {"client_max_window_bits": [True]},
}


@lru_cache(maxsize=len(_USUAL))
def accept_usual(said: str) -> PerMessageDeflateOfferAccept | None:
    """Agree to an offer in the words that nearly all peers use; None: it is another."""
    if said not in _USUAL:
        return None
    return accept_offer([PerMessageDeflateOffer.parse(_USUAL[said])])


@define(eq=False)
class Deflater:
    """Compresses frames; remembers the last one, as it is often sent to many."""

    _frame: bytes = field(default=b"", init=False)
    _by_bits: dict[int, bytes] = field(factory=dict, init=False)

    def deflate(self, frame: bytes, bits: int) -> bytes:
        """Make the compressed frame of a sealed one, or return it where that is worse.

        Args:
            frame: What `seal` made.
            bits: The size of the window that the peer agreed to.
        """
        if frame is not self._frame:
            self._frame = frame
            self._by_bits.clear()
        deflated = self._by_bits.get(bits)
        if deflated is None:
            deflated = self._by_bits[bits] = _deflate(frame, bits)
        return deflated


def _deflate(frame: bytes, bits: int) -> bytes:
    compressor = zlib.compressobj(
        zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -bits, _MEMORY
    )
    body = compressor.compress(contents(frame)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    deflated = seal_deflated(body.removesuffix(_TAIL))
    return deflated if len(deflated) < len(frame) else frame
