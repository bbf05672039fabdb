"""Stored: a whole Room that lives, as it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexus.journal.entry import Stored
from nexus.journal.kept import whole
from nexus.journal.member import KeptMember, KeptVerdict
from nexus.wire.native.store import save

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.client import Client
    from nexus.room.keeping.journal import Journal

__all__ = ["card_of", "member_fields", "member_of", "stored_of"]


def stored_of(actor: RoomActor, journal: Journal) -> Stored:
    """Return everything that is kept of a Room now.

    What was written is published first, and an entry of it is made that this covers.
    """
    tree = actor.tree
    if tree is not None:
        # All of them are told of below.
        _ = journal.rows.look(tree)
    _ = journal.take()
    if tree is not None and actor.journal is None:
        tree.flush()
    return whole(
        journal.room_id,
        journal.number,
        0 if tree is None else tree.version,
        journal.chain,
        next_id=0 if tree is None else tree.next_id,
        saved=None if tree is None else save(tree),
        members=[member_of(each) for each in actor.members.values()],
        timers=actor.deadlines.kept().values(),
        card=card_of(actor),
        tables=journal.rows.listed(),
    )


def card_of(actor: RoomActor) -> dict[str, Any]:
    """Return what matchmaking knows of a Room, and what it was made of."""
    tree = actor.tree
    return {
        "kind": actor.kind,
        "code": actor.code,
        "seed": actor.room.seed,
        "locked": actor.sign.locked,
        "private": actor.sign.private,
        "unlisted": actor.sign.unlisted,
        "metadata": actor.sign.own_metadata,
        "filters": dict(actor.sign.filters),
        "max_clients": actor.room.max_clients,
        "outline": None if tree is None else tree.outline.fingerprint(),
    }


def member_fields(client: Client) -> dict[str, Any]:
    """Return what is kept of a member, but for what it sent."""
    seat, key = client.seat, client.room.actor.entry.tokens.key(client)
    return {
        "options": dict(seat.options),
        "auth": client.auth,
        "serializer": seat.serializer,
        "address": client.address,
        "roles": sorted(client.roles),
        "secret": key.secret,
        "counter": key.counter,
        "away": client.connection is None,
        "last": client.verdicts.last,
        "outdated": client in client.room.actor.rejoins.outdated,
    }


def member_of(client: Client) -> KeptMember:
    """Return all that is kept of a member."""
    kept = KeptMember(client.session_id, **member_fields(client))
    if client.receipt is not None:
        kept.outbox = client.receipt.heard
    for ident, verdict in client.verdicts.all():
        kept.remember(ident, KeptVerdict(verdict.status, verdict.payload))
    return kept
