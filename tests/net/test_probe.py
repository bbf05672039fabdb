"""Tests of `nexus.net.probe`: what the peer of a socket has read."""

from __future__ import annotations

from nexus.wire.envelope import seal
from tests.net.pair import SocketCase, masked


class ProbeTests(SocketCase):
    def test_an_echo_is_told_once(self) -> None:
        """What the peer sends back tells that it read what went before."""
        peer, owner = self.connect(ping_interval=0)
        echoes: list[int] = []
        owner.socket.deliver(seal(b"patch"))
        owner.socket.probe(lambda: echoes.append(1))
        [(_, frame), (first, payload)] = peer.take()
        self.assertEqual((frame, first), (b"patch", 0x89))
        peer.send(masked(b"another", 0x8A))
        self.assertEqual(echoes, [])

        for _ in range(2):
            peer.send(masked(payload, 0x8A))

        self.assertEqual((echoes, owner.heard), ([1], []))

    def test_the_latest_probe_counts(self) -> None:
        """Of two only the later one is told, and a heartbeat is neither."""
        peer, owner = self.connect(ping_interval=30.0)
        echoes: list[str] = []
        owner.socket.probe(lambda: echoes.append("early"))
        owner.socket.probe(lambda: echoes.append("late"))
        sent = [payload for _, payload in peer.take()]

        for payload in sent:
            peer.send(masked(payload, 0x8A))

        self.assertEqual(echoes, ["late"])
        self.clock.pump([1.0] * 30)
        for _, payload in peer.take():
            peer.send(masked(payload, 0x8A))
        self.assertEqual((echoes, len(owner.heard)), (["late"], 1))

    def test_a_socket_that_is_gone_is_not_probed(self) -> None:
        """Nobody is called back when nothing can be read any more."""
        peer, owner = self.connect(ping_interval=0)
        echoes: list[int] = []
        owner.socket.close(4000, "")
        owner.socket.probe(lambda: echoes.append(1))
        peer.take()
        peer.send(masked(b"\x01", 0x8A))

        self.assertEqual(echoes, [])
