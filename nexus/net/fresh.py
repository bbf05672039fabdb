"""What Autobahn sets on a connection, and what a socket has no use for.

These are names of Autobahn; a property test notices when it begins to set others.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["FRESH", "OF_HANDSHAKE"]

#: What Autobahn keeps of a handshake, or for ways to send and to count that are not
#: ours, and nobody asks for afterwards. It is half of the memory of a socket.
OF_HANDSHAKE: Final = frozenset(
    {
        "_arrival",
        "_transport_details",
        "_wskey",
        "http_headers",
        "http_request_data",
        "http_request_host",
        "http_request_params",
        "http_request_path",
        "http_request_uri",
        "http_response_data",
        "http_status_line",
        "is_open",
        "peer",
        "perMessageCompressionAccept",
        "send_queue",
        "send_state",
        "trafficStats",
        "triggered",
        "utf8validator",
        "websocket_extensions",
        "websocket_extensions_in_use",
        "websocket_origin",
        "websocket_protocols",
    }
)

#: What Autobahn sets on each connection, as it is when the connection is open: it is in
#: the class, where it costs neither time nor memory.
FRESH: Final[dict[str, Any]] = {
    "autoPingPending": None,
    "autoPingPendingCall": None,
    "autoPingPendingSent": None,
    "autoPingPendingSeq": 0,
    "autoPingTimeoutCall": None,
    "closeHandshakeTimeoutCall": None,
    "closedByMe": False,
    "droppedByMe": False,
    "failedByMe": False,
    "localCloseCode": None,
    "localCloseReason": None,
    "openHandshakeTimeoutCall": None,
    "remoteCloseCode": None,
    "remoteCloseReason": None,
    "trackedTimings": None,
    "wasClean": False,
    "wasCloseHandshakeTimeout": False,
    "wasMaxFramePayloadSizeExceeded": False,
    "wasMaxMessagePayloadSizeExceeded": False,
    "wasNotCleanReason": None,
    "wasOpenHandshakeTimeout": False,
    "wasServerConnectionDropTimeout": False,
    "wasServingFlashSocketPolicyFile": False,
    "websocket_protocol_in_use": None,
    "websocket_version": 13,
}
