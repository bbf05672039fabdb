"""Tests of what the encoder writes, and how often."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from nexus.errors import StateError
from nexus.state import List, Map, Role, State, Tree, field, int8
from nexus.wire.codec import Reader, pack
from nexus.wire.native import Encoder, Replica, encode_outline, plain
from nexus.wire.native.op import Op, weight
from tests.state.table.town import Town
from tests.wire.native.kit import wire


class Player(State):
    """Somebody, with a field for some only."""

    hp: int8
    plan: int8 = field(visible=Role("gm"))


class Lobby(State):
    """Players."""

    players: Map[str, Player]
    row: List[Player]
    server: int8 = field(default=1, server_only=True)
    passing: int8 = field(default=2, transient=True)


class Person(State):
    """Somebody in a line."""

    hp: int8


class World(State):
    """States in a List, and a Table."""

    line: List[Person]
    town: Town = field(factory=Town)


class Plain(State):
    """Somebody of whom all hear everything."""

    hp: int8


class Open(State):
    """Nothing that only some hear of, and nothing that is not stored."""

    many: Map[str, Plain]


class Passing(State):
    """A container for the moment."""

    marks: List[int8] = field(transient=True)


#: The numbers of these classes, and of their fields.
LOBBY, PLAYER = 0, 1
PLAYERS, ROW, SERVER, PASSING = range(4)
HP, PLAN = range(2)


class EncoderTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Make a tree with two players."""
        self.root = Lobby(players={"a": Player(hp=1), "b": Player(hp=2)})
        self.tree = Tree(self.root)
        self.encoder = Encoder(self.tree)

    def follow(self, view: Any = None) -> Replica:
        """Return a Replica that holds what a view sees."""
        replica = Replica(encode_outline(self.tree.outline))
        replica.apply_snapshot(self.encoder.snapshot(view))
        return replica

    def test_nothing_is_no_bytes(self) -> None:
        """A flush that found nothing has no patch."""
        self.assertEqual(self.encoder.patch(self.tree.flush()), b"")

    def test_one_value_takes_few_bytes(self) -> None:
        """A patch of one value is a check and an update."""
        version = self.tree.version
        player = self.root.players["a"]
        player.hp = 9

        patch = self.encoder.patch(self.tree.flush())

        self.assertEqual(patch, wire(version & 63, PLAYER, 1 << HP, player._id, 9))

    def test_the_check_goes_around(self) -> None:
        """The check is the version before, modulo 64."""
        replica = self.follow()
        for turn in range(130):
            self.root.players["a"].hp = turn % 100 + 2
            before = self.tree.version
            patch = self.encoder.patch(self.tree.flush())
            self.assertEqual(patch[0], before % 64)
            replica.apply_patch(patch)

        self.assertEqual(replica.version, self.tree.version)

    def test_creates_are_paid_for(self) -> None:
        """Nils follow until the weight of all that is created is paid."""
        replica = self.follow()
        self.root.row.extend([Player() for _ in range(100)])

        patch = self.encoder.patch(self.tree.flush())

        self.assertGreaterEqual(len(patch), 100 * weight(2))
        replica.apply_patch(patch)
        self.assertEqual(replica.count, 103)

    def test_hides_are_paid_for(self) -> None:
        """A hide of many entities is paid for as well: the client can read it."""
        self.root.row.extend([Player() for _ in range(500)])
        self.tree.flush()
        view = self.tree.view("s", ["gm"])
        replica = self.follow(view)
        for roles in ([], ["gm"], []):
            view.roles = roles
            replica.apply_patch(self.encoder.patch(self.tree.flush(), view))

        self.assertEqual(plain(replica.state.row[499]), {"hp": 0})

    def test_orders_are_paid_for(self) -> None:
        """Another order of many entities is paid for as well, a run of ids included."""
        self.root.row.extend([Player(hp=i % 100) for i in range(500)])
        self.tree.flush()
        replica = self.follow()
        for _ in range(2):
            self.root.row.reverse()
            replica.apply_patch(self.encoder.patch(self.tree.flush()))

        self.assertEqual([each.hp for each in replica.state.row][:3], [0, 1, 2])

    def test_equal_views_share_their_bytes(self) -> None:
        """What several clients are told alike is written once."""
        views = [self.tree.view(str(i), ["gm"]) for i in range(3)]
        for view in views:
            self.encoder.snapshot(view)
        self.root.players["a"].plan = 5
        flush = self.tree.flush()

        for view in views:
            self.encoder.patch(flush, view)

        lanes = [list(flush.lanes(view)) for view in views]
        self.assertEqual([len(each) for each in lanes], [1, 1, 1])
        self.assertIs(lanes[0][0], lanes[2][0])
        self.assertEqual(list(lanes[0][0].encoded), ["nexus"])

    def test_nothing_is_written_twice(self) -> None:
        """Bytes that a lane has already are what the next client gets."""
        self.root.players["a"].hp = 5
        flush = self.tree.flush()
        self.encoder.patch(flush)
        flush.shared.encoded["nexus"] = b"kept"

        self.assertTrue(self.encoder.patch(flush).endswith(b"kept"))
        body = next(iter(flush.lanes())).encoded["nexus"]
        self.assertIs(body, flush.shared.encoded["nexus"])

    def test_clients_get_no_server_only_fields(self) -> None:
        """Neither a patch nor the outline says anything of a server-only field."""
        self.root.server = 77
        flush = self.tree.flush()

        self.assertNotIn(b"server", encode_outline(self.tree.outline))
        self.assertEqual(len(self.encoder.patch(flush)), 1)
        self.assertFalse(hasattr(self.follow().state, "server"))

    def test_stores_share_the_bytes_of_clients(self) -> None:
        """Where a store is told just what clients are, it is written once."""
        tree = Tree(Open())
        stored, encoder = Encoder(tree, stored=True), Encoder(tree)
        replica = Replica(encode_outline(tree.outline, stored=True))
        replica.apply_snapshot(stored.snapshot())
        tree.root.many["a"] = Plain(hp=3)
        flush = tree.flush()
        patch = stored.patch(flush)
        flush.shared.created.clear()

        self.assertEqual(encoder.patch(flush), patch)
        replica.apply_patch(patch)
        self.assertEqual(plain(replica.state), {"many": {"a": {"hp": 3}}})

    def test_stores_are_told_of_owners_apart(self) -> None:
        """An owner, new or another one, is told to the store and to no client."""
        tree = Tree(Open())
        stored, encoder = Encoder(tree, stored=True), Encoder(tree)
        replica = Replica(encode_outline(tree.outline, stored=True))
        replica.apply_snapshot(stored.snapshot())
        for owner in ("ada", "bob"):
            one = tree.root.many.setdefault("a", Plain())
            one.owner = owner
            flush = tree.flush()
            patch = stored.patch(flush)
            self.assertNotIn(owner.encode(), encoder.patch(flush))
            replica.apply_patch(patch)

            self.assertEqual(replica.owners[one._id], owner)

    def test_stores_are_told_what_clients_are_not(self) -> None:
        """A field that clients do not hear of, and nothing else, reaches the store."""
        for name in ("server", "plan"):
            root = Lobby(players={"a": Player()})
            tree = Tree(root)
            stored = Encoder(tree, stored=True)
            replica = Replica(encode_outline(tree.outline, stored=True))
            replica.apply_snapshot(stored.snapshot())
            one: Any = root if name == "server" else root.players["a"]
            setattr(one, name, 7)

            replica.apply_patch(stored.patch(tree.flush()))

            known = replica.state
            there = known if name == "server" else known.players["a"]
            self.assertEqual(getattr(there, name), 7)

    def test_stores_are_not_told_of_transient_containers(self) -> None:
        """A container that is not stored makes no difference to the store."""
        tree = Tree(Passing())
        stored = Encoder(tree, stored=True)
        tree.root.marks.append(5)

        self.assertEqual(len(stored.patch(tree.flush())), 1)

    def test_stores_get_all_but_transient_fields(self) -> None:
        """A store gets server-only fields and owners, and no transient ones."""
        stored = Encoder(self.tree, stored=True)
        replica = Replica(encode_outline(self.tree.outline, stored=True))
        replica.apply_snapshot(stored.snapshot())
        self.root.server = 7
        self.root.passing = 8
        self.root.players["a"].owner = "ada"

        replica.apply_patch(stored.patch(self.tree.flush()))

        self.assertEqual(replica.state.server, 7)
        self.assertFalse(hasattr(replica.state, "passing"))
        self.assertEqual(replica.owners, {self.root.players["a"]._id: "ada"})

    def test_snapshots_are_taken_at_a_version(self) -> None:
        """A snapshot between two flushes is refused."""
        self.root.players["a"].hp = 9

        self.assertRaises(StateError, self.encoder.snapshot)

    def test_snapshots_begin_with_version_and_fingerprint(self) -> None:
        """The head of a snapshot is the version, then the outline's fingerprint."""
        reader = Reader(self.encoder.snapshot(), 1 << 20)

        self.assertEqual(reader.integer(0, 9), self.tree.version)
        self.assertEqual(reader.data(), self.tree.outline.fingerprint())
        self.assertEqual(reader.integer(-1, -1), Op.CREATE)

    def test_outlines_say_their_fingerprint(self) -> None:
        """Stores and clients get different outlines when their fields differ."""
        one = encode_outline(self.tree.outline)
        two = encode_outline(self.tree.outline, stored=True)

        self.assertNotEqual(one, two)
        self.assertIn(pack(self.tree.outline.fingerprint(stored=True)), two)

    def test_neighbouring_steps_become_one(self) -> None:
        """Insertions side by side are one operation, removals too."""
        self.root.row.extend([Player() for _ in range(60)])
        self.tree.flush()
        for _ in range(3):
            self.root.row.pop(10)
        version = self.tree.version

        patch = self.encoder.patch(self.tree.flush())

        row = wire(Op.ERASE, LOBBY, ROW, 0, 10, 3)
        self.assertEqual(patch, wire(version & 63) + row)

    def test_ids_without_values_are_paid_for_beside_the_others(self) -> None:
        """Values pay for their own ids alone, be it in Lists or in Tables."""
        world = World(line=[Person() for _ in range(300)])
        tree = Tree(world)
        ids = world.town.npcs.add(200, kind=1)
        tree.flush()
        encoder, replica = Encoder(tree), Replica()
        replica.set_outline(encode_outline(tree.outline))
        replica.apply_snapshot(encoder.snapshot())

        world.line = [each for at, each in enumerate(world.line) if at % 7]
        for person in world.line:
            person.hp = 3
        replica.apply_patch(encoder.patch(tree.flush()))
        world.town.npcs.remove(ids[::2])
        world.town.npcs.put(world.town.npcs.find(ids[1::2]), kind=2)
        replica.apply_patch(encoder.patch(tree.flush()))

        self.assertEqual({each.hp for each in replica.state.line}, {3})
        self.assertEqual(len(replica.state.town.npcs), 100)
