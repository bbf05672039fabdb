"""The proxy delays, holds, loses and ends what it is told to, and nothing else."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase
from typing_extensions import override

from tests.support.proxy import Lane, Proxy, ProxyError, shared_proxy

#: How long what is to happen may take, in seconds.
_PATIENCE = 5.0

#: How long it is watched that nothing happens.
_MOMENT = 0.1


def heard(receiver: socket.socket, size: int) -> bytes:
    """Wait for so many bytes; return fewer if the other end ends or time is up."""
    said = b""
    while len(said) < size and select.select([receiver], [], [], _PATIENCE)[0]:
        part = receiver.recv(size - len(said))
        if not part:
            break
        said += part
    return said


def silent(receiver: socket.socket) -> bool:
    """Say whether nothing comes for a moment, not even an end."""
    return not select.select([receiver], [], [], _MOMENT)[0]


def fill(sender: socket.socket) -> int:
    """Send until nobody takes more for a moment; return how many bytes that were."""
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    sent = 0
    while select.select([], [sender], [], _MOMENT)[1]:
        sent += sender.send(b"x" * 1024)
    return sent


class ProxyTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Open a lane to a port of our own."""
        self.daemon = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.daemon.close)
        self.lane = self.open()

    def open(self, window: int | None = None) -> Lane:
        """Open a lane, which ends with the test."""
        port = self.daemon.getsockname()[1]
        lane = shared_proxy().open(port, window=window)
        self.addCleanup(lane.close)
        return lane

    def connect(self, lane: Lane | None = None) -> tuple[socket.socket, socket.socket]:
        """Return both ends of a new connection."""
        client = self.client(lane)
        self.daemon.settimeout(_PATIENCE)
        far, _ = self.daemon.accept()
        self.addCleanup(far.close)
        client.sendall(b"hello")
        self.assertEqual(heard(far, 5), b"hello")
        return client, far

    def client(self, lane: Lane | None = None) -> socket.socket:
        """Connect to a lane."""
        port = (lane or self.lane).port
        client = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        self.addCleanup(client.close)
        return client

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        for _ in range(int(_PATIENCE / 0.01)):
            if holds():
                return
            time.sleep(0.01)
        self.fail(f"never: {self.lane.counts()}")

    def test_bytes_pass_both_ways(self) -> None:
        """A lane that was told nothing passes everything, and counts it."""
        client, far = self.connect()
        sent = bytes(range(256)) * 1000
        client.sendall(sent)
        self.assertEqual(heard(far, len(sent)), sent)
        far.sendall(sent)

        self.assertEqual(heard(client, len(sent)), sent)
        [count] = self.lane.counts()
        self.assertEqual(count.up_passed, 5 + len(sent))
        self.assertEqual(count.down_passed, len(sent))
        self.assertEqual((count.up_held, count.down_held), (0, 0))

    def test_ends_pass(self) -> None:
        """An end that closes its socket ends the other, in the same manner."""
        client, far = self.connect()
        client.close()
        self.assertEqual(far.recv(1), b"")
        other, far = self.connect()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()

        self.assertRaises(ConnectionResetError, other.recv, 1)
        self.until(lambda: not any(each.near for each in self.lane.counts()))

    def test_delay(self) -> None:
        """What is said arrives after the delay, on present connections too."""
        client, far = self.connect()
        self.lane.shape("up", delay=0.2)
        began = time.perf_counter()
        client.sendall(b"late")
        far.sendall(b"soon")

        self.assertEqual(heard(client, 4), b"soon")
        self.assertEqual(heard(far, 4), b"late")
        self.assertGreater(time.perf_counter() - began, 0.19)

    def test_rate(self) -> None:
        """A limited way takes no more than it has room for, and says what it holds."""
        lane = self.open(window=4096)
        client, far = self.connect(lane)
        lane.shape("down", rate=1000, room=8192)

        sent = fill(far)

        [count] = lane.counts()
        self.assertGreater(count.down_held, 8192 - 2000)
        self.assertLess(count.down_held, 8192 + 65536)
        self.assertGreater(sent, count.down_held + count.down_passed)
        lane.shape("down")
        self.assertEqual(len(heard(client, sent)), sent)

    def test_stall(self) -> None:
        """A stalled way holds all, its end too, and lets it go in order."""
        client, far = self.connect()
        self.lane.stall("up")
        client.sendall(b"one")
        client.sendall(b"two")
        client.close()
        self.assertTrue(silent(far))
        self.assertEqual(self.lane.counts()[0].up_held, 6)

        self.lane.release("up")

        self.assertEqual(heard(far, 7), b"onetwo")
        self.assertEqual(far.recv(1), b"")

    def test_overtaking(self) -> None:
        """A later connection goes past one that is stalled."""
        first, far = self.connect()
        self.lane.stall("up")
        first.sendall(b"first")

        self.connect()

        self.assertTrue(silent(far))
        self.lane.release()
        self.assertEqual(heard(far, 5), b"first")

    def test_cut(self) -> None:
        """A cut connection is reset at both ends, others go on."""
        client, far = self.connect()
        others = self.connect()
        self.lane.cut(0)

        for end in (client, far):
            self.assertRaises(ConnectionResetError, end.recv, 1)
        others[0].sendall(b"on")
        self.assertEqual(heard(others[1], 2), b"on")

    def test_finish(self) -> None:
        """A finished connection is closed in order at both ends."""
        for end in self.connect():
            self.lane.finish()
            self.assertEqual(end.recv(1), b"")

    def test_half_open(self) -> None:
        """A swallowing connection hears nothing any more, not even that one left."""
        client, far = self.connect()
        self.lane.swallow()
        client.sendall(b"anybody?")
        far.sendall(b"hello?")
        self.assertTrue(silent(client))
        client.close()

        self.assertTrue(silent(far))
        [count] = self.lane.counts()
        self.assertEqual((count.up_swallowed, count.down_swallowed), (8, 6))
        self.assertTrue(count.far)
        self.connect()

    def test_vanished(self) -> None:
        """A network that is gone takes connections and answers none."""
        self.lane.vanish()
        client = self.client()
        client.sendall(b"hello")
        self.assertTrue(silent(client))

        self.lane.appear()

        self.assertTrue(silent(client))
        self.daemon.accept()
        self.connect()

    def test_refuse(self) -> None:
        """A lane that refuses can be told to admit again, on the same port."""
        client, far = self.connect()
        self.lane.refuse()
        self.assertRaises(ConnectionRefusedError, self.client)
        client.sendall(b"still")
        self.assertEqual(heard(far, 5), b"still")

        self.lane.admit()

        self.connect()

    def test_nobody_behind(self) -> None:
        """Where no daemon listens a client is parted from, until one does."""
        self.daemon.close()
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(self.client().recv(1), b"")

        self.daemon = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.daemon.close)
        self.lane.aim(self.daemon.getsockname()[1])

        self.connect()


class CommandTests(SynchronousTestCase):
    def test_nonsense(self) -> None:
        """What cannot be done is an error, and the proxy goes on."""
        lane = shared_proxy().open(1)
        self.addCleanup(lane.close)
        self.assertRaises(ProxyError, lane.shape, delay=-1)
        self.assertRaises(ProxyError, lane.shape, rate=0)
        self.assertRaises(ProxyError, lane.cut, 7)

        self.assertEqual(lane.counts(), [])

    def test_gone(self) -> None:
        """A proxy that is not there says so."""
        proxy = Proxy()
        self.assertRaises(ProxyError, proxy.ask, "count", lane=0)
        with proxy:
            assert proxy._process is not None
            proxy._process.kill()

            self.assertRaises(ProxyError, proxy.ask, "count", lane=0)
