"""Clients of every major mirror a State under many random edits."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import Any

from nexus.state import (
    OWNER,
    SHOWN,
    List,
    Map,
    Role,
    Set,
    Shown,
    State,
    field,
    float32,
    int32,
    number,
    uint8,
    uint64,
)
from tests import examples
from tests.wire.colyseus.stage import Client, Stage, StageTestCase


class Color(Enum):
    RED = 1
    GREEN = 2


class Part(State):
    x: number
    tags: List[str]


class Leaf(Part):
    big: uint64
    colors: Set[Color]


class Node(Part):
    secret: int32 = field(visible=OWNER)
    hint: str | None = field(visible=Role("judge"), default=None)
    marks: Set[uint8]
    hidden: int32 = field(server_only=True)
    codes: Map[str, uint8] = field(visible=SHOWN)
    first: Part | None = None
    parts: List[Part]
    named: Map[str, Part]
    hand: List[Part] = field(visible=OWNER)
    spied: Map[str, Leaf] = field(visible=Role("judge"))
    charm: Leaf | None = field(visible=Shown(1), default=None)


class Root(State):
    a: float32
    b: bool
    numbers: List[number]
    words: Map[str, str]
    ids: Set[uint8]
    nodes: Map[str, Node]
    line: List[Node] = field(visible=SHOWN)


class Player:
    """Plays at random."""

    def __init__(self, random: Random, stage: Stage) -> None:
        self.random = random
        self.root: Any = stage.root
        self.stage = stage

    def part(self) -> Part:
        """Make a Part or a Leaf."""
        random = self.random
        tags = [str(random.randrange(3)) for _ in range(random.randrange(3))]
        if random.random() < 0.5:
            return Part(x=random.randrange(9), tags=tags)
        colors = random.sample(list(Color), random.randrange(3))
        return Leaf(big=random.randrange(1 << 64), tags=tags, colors=set(colors))

    def leaf(self) -> Leaf:
        """Make a Leaf."""
        return Leaf(big=self.random.randrange(9), colors={Color.RED})

    def node(self) -> Node:
        """Make a Node with content."""
        random = self.random
        node = Node(
            secret=random.randrange(9),
            marks=set(random.sample(range(5), 2)),
            parts=[self.part() for _ in range(random.randrange(3))],
            named={key: self.part() for key in random.sample("abc", 2)},
            hand=[self.part() for _ in range(random.randrange(3))],
            spied={key: self.leaf() for key in random.sample("abc", 1)},
            codes=dict.fromkeys(random.sample("abc", 1), 1),
        )
        if random.random() < 0.3:
            node.charm = self.leaf()
        if random.random() < 0.3:
            node.owner = random.choice(["ann", "bob"])
        return node

    def nodes(self) -> list[Node]:
        """Return the Nodes that stand in the tree."""
        return [*self.root.nodes.values(), *self.root.line]

    def parts(self) -> list[Part]:
        """Return the Parts that stand in containers."""
        found: list[Part] = []
        for node in self.nodes():
            found += [*node.parts, *node.named.values(), *node.hand]
            found += node.spied.values()
        return found

    def edit_list(self, values: Any, make: Any) -> None:
        """Change a List in one of the ways there are."""
        random = self.random
        size = len(values)
        match random.randrange(9):
            case 0 | 1:
                values.append(make())
            case 2:
                values.insert(random.randrange(size + 1), make())
            case 3 | 4 if size:
                del values[random.randrange(size)]
            case 5 if size:
                values[random.randrange(size)] = make()
            case 6 if size > 1:
                values.move(random.randrange(size), random.randrange(size))
            case 7 if random.random() < 0.3:
                values.clear()
            case 8:
                content = list(values)
                random.shuffle(content)
                values[:] = content[: random.randrange(size + 1)]

    def edit_map(self, values: Any, make: Any) -> None:
        """Change a Map in one of the ways there are."""
        random = self.random
        key = random.choice("abcde")
        match random.randrange(6):
            case 0 | 1:
                values[key] = make()
            case 2 | 3:
                values.pop(key, None)
            case 4 if key in values:
                values.pop(key)
                values[key] = make()
            case 5 if random.random() < 0.3:
                values.clear()

    def edit_set(self, values: Any, pool: Any) -> None:
        """Change a Set in one of the ways there are."""
        random = self.random
        value = random.choice(list(pool))
        match random.randrange(5):
            case 0 | 1:
                values.add(value)
            case 2 | 3:
                values.discard(value)
            case 4 if random.random() < 0.3:
                values.clear()

    def edit(self) -> None:
        """Change something somewhere."""
        random, root = self.random, self.root
        node = random.choice(self.nodes() or [None])
        part = random.choice(self.parts() or [None])
        match random.randrange(20):
            case 0:
                root.a, root.b = random.random(), random.random() < 0.5
            case 1:
                self.edit_list(root.numbers, lambda: random.randrange(4))
            case 2:
                self.edit_map(root.words, lambda: str(random.randrange(4)))
            case 3:
                self.edit_set(root.ids, range(6))
            case 4:
                self.edit_map(root.nodes, self.node)
            case 5:
                self.edit_list(root.line, self.node)
            case 6 if part:
                part.x = random.randrange(9)
            case 7 if part:
                self.edit_list(part.tags, lambda: str(random.randrange(3)))
            case 8 if isinstance(part, Leaf):
                self.edit_set(part.colors, Color)
                part.big = random.randrange(9)
            case 9 if node:
                node.secret = node.hidden = random.randrange(9)
            case 10 if node:
                node.hint = random.choice([None, "a", "b"])
            case 11 if node:
                self.edit_set(node.marks, range(6))
            case 12 if node:
                self.edit_map(node.codes, lambda: random.randrange(4))
            case 13 if node:
                node.first = random.choice([None, self.part()])
            case 14 if node:
                self.edit_list(node.parts, self.part)
            case 15 if node:
                self.edit_map(node.named, self.part)
            case 16 if node:
                self.edit_list(node.hand, self.part)
            case 17 if node:
                self.edit_map(node.spied, self.leaf)
            case 18 if node:
                node.charm = random.choice([None, self.leaf()])
            case 19 if node:
                node.owner = random.choice([None, "ann", "bob"])

    def look(self, clients: list[Client]) -> None:
        """Change what some client may see."""
        random = self.random
        client = random.choice(clients)
        if client.view is None:
            return
        node = random.choice(self.nodes() or [None])
        match random.randrange(4):
            case 0 if node:
                client.view.add(node)
            case 1 if node:
                client.view.remove(node)
            case 2 if node and node.charm:
                client.view.add(node.charm, 1)
            case 3:
                client.view.roles = random.choice([(), ("judge",)])


class MirrorTests(StageTestCase):
    def play(self, seed: int) -> None:
        """Play one game with clients that come, go and return."""
        random = Random(seed)
        stage = self.stage(Root())
        player = Player(random, stage)
        for _ in range(random.randrange(20)):
            player.edit()
        stage.flush()
        groups = [
            stage.join(None),
            stage.join(stage.view("ann")),
            stage.join(stage.view("bob", ["judge"])),
        ]
        for _ in range(25):
            for _ in range(random.choice([1, 3, 12])):
                player.edit()
                if random.random() < 0.3:
                    player.look(stage.clients)
            group = random.choice(groups)
            if random.random() < 0.2:
                for client in group:
                    client.connected = False
            stage.flush()
            if not group[0].connected:
                stage.rejoin(group)
            if random.random() < 0.1:
                groups.append(stage.join(stage.view(random.choice(["ann", "eve"]))))

    def test_play(self) -> None:
        """Whatever is edited, each client sees exactly what it may, in every major."""
        for seed in range(examples(test=6, soak=400)):
            self.play(seed)
