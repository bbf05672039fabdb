"""Plain values, as the options of a member may be."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from nexus.wire.codec import BigInt
from nexus.wire.message import UNDEFINED

__all__ = ["texts", "values"]

_LEGAL = st.characters(codec="utf-8")
_ODD = st.sampled_from(["\0", "\ud800", "\udfff", "~", "$", "~0000", "$float"])
texts = st.lists(st.one_of(_LEGAL, _ODD), max_size=5).map("".join)
_flat = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(),
    texts,
    st.binary(max_size=9),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
    st.builds(BigInt, st.integers(-(1 << 63), (1 << 64) - 1)),
    st.just(UNDEFINED),
    st.just(datetime(1, 1, 1, tzinfo=UTC)),
)
values = st.recursive(
    _flat,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=12,
)
