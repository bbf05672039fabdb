"""Bytes of patches and full states, and the time to apply them, against schema 5.

The peer's bytes come from `@colyseus/schema` 5 itself, in the same run, for the same
players and the same moves. Both sides are without opcode and without handshake; ours
are with the version check.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

from bench.report import line, section
from bench.worlds import WORLDS, world
from nexus.wire.native import Encoder, encode_outline

_SCRIPT = Path(__file__).with_name("peer.mjs")


def _plan(kind: str) -> dict[str, Any]:
    """Return moves, and our bytes for them."""
    chance = random.Random(3)
    tree, players = world(kind)
    for player in players:
        player.x, player.y = WORLDS[kind](chance), WORLDS[kind](chance)
    tree.flush()
    encoder = Encoder(tree)
    start = [[player.x, player.y] for player in players]
    snapshot = encoder.snapshot()
    moves, patches = {}, {}
    for count in (1, 50, 100):
        rounds = []
        ours = []
        for _ in range(200):
            chosen = sorted(chance.sample(range(100), count))
            made = []
            for i in chosen:
                old = (players[i].x, players[i].y)
                while players[i].x == old[0]:
                    players[i].x = WORLDS[kind](chance)
                while players[i].y == old[1]:
                    players[i].y = WORLDS[kind](chance)
                made.append([i, players[i].x, players[i].y])
            rounds.append(made)
            ours.append(encoder.patch(tree.flush()).hex())
        moves[count], patches[count] = rounds, ours
    return {
        "kind": kind,
        "start": start,
        "outline": encode_outline(tree.outline).hex(),
        "snapshot": snapshot.hex(),
        "moves": moves,
        "patches": patches,
        "end": [[player.x, player.y] for player in players],
    }


def _tell_listened(took: dict[str, Any]) -> None:
    """Print how long a patch takes where somebody listens to the x of each player."""
    calls = took["calls"]
    if calls["ours"] != calls["theirs"] or calls["ours"] == 0:
        line("INVALID", f"{calls['ours']} calls of listeners to {calls['theirs']}")
        return
    line(
        "  with listeners for x",
        f"{took['ours']:.2f} to {took['theirs']:.2f} us, {took['ratio']:.2f}x",
    )


def run() -> None:
    """Print the figures."""
    section("Bytes and time to apply, against @colyseus/schema 5 (averages of 200)")
    for kind in WORLDS:
        plan = _plan(kind)
        done = subprocess.run(
            ["node", "--expose-gc", str(_SCRIPT)],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            check=True,
        )
        peer = json.loads(done.stdout)
        full, theirs = len(plan["snapshot"]) // 2, peer["full"]
        line(
            f"full state of 100, {kind}",
            f"{full} to {theirs} bytes, {full / theirs:.2f}x",
            "<= 0.80x",
            met=full / theirs <= 0.8,
        )
        for count in (1, 50, 100):
            sizes = [len(patch) / 2 for patch in plan["patches"][count]]
            ours = sum(sizes) / len(sizes)
            theirs = peer["sizes"][str(count)]
            share = ours / theirs
            if count == 1:
                goal, met = "<= 2 bytes more", ours <= theirs + 2
            else:
                goal, met = "<= 0.75x", share <= 0.75
            line(
                f"patch of x, y of {count} of 100, {kind}",
                f"{ours:.1f} to {theirs:.1f} bytes, {share:.2f}x",
                goal,
                met=met,
            )
            took = peer["times"][str(count)]
            line(
                "  applied in JavaScript",
                f"{took['ours']:.2f} to {took['theirs']:.2f} us, {took['ratio']:.2f}x",
                "<= 1.00x",
                met=took["ratio"] <= 1.0,
            )
            _tell_listened(peer["listened"][str(count)])


if __name__ == "__main__":
    run()
