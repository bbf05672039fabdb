"""The `nexus` state format: versioned msgpack patches, written in columns."""

from nexus.wire.native.encoder import Encoder, encode_outline
from nexus.wire.native.merge import merge
from nexus.wire.native.outline import read_outline
from nexus.wire.native.replica import Replica, plain
from nexus.wire.native.table import Mirror

__all__ = [
    "Encoder",
    "Mirror",
    "Replica",
    "encode_outline",
    "merge",
    "plain",
    "read_outline",
]
