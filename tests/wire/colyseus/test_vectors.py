"""What the official encoder was recorded to write, we write, or mean the same."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from nexus.state import List, Map, Set, State, Tree, View, number
from nexus.wire.colyseus.encoder import SchemaEncoder
from nexus.wire.colyseus.mapping import MAJORS, Major
from nexus.wire.colyseus.reflection import encode_reflection
from tests.wire.colyseus.stage import StageTestCase
from tests.wire.colyseus.story import FULL, HANDSHAKE, Story, frames
from tests.wire.colyseus.vectors import STORIES, Element, Filtered, Item


#: The fields of schema-reflection.json, where `at` is called `as`: no name in Python.
class Every(State):
    n: number
    r: Element
    at: List[str]
    ar: List[Element]
    mn: Map[str, number]
    mr: Map[str, Element]
    sn: Set[number]


def bare(shown: Any) -> Any:
    """Return what a decoder shows in the words of the recordings."""
    if isinstance(shown, list):
        return [bare(one) for one in shown]
    if not isinstance(shown, dict):
        return shown
    if "$map" in shown:
        return {key: bare(value) for key, value in shown["$map"]}
    if "$set" in shown:
        return sorted(shown["$set"])
    return {key: bare(value) for key, value in shown.items()}


def told(payload: bytes) -> set[bytes]:
    """Return what the visits of a reflection say, without the ids that they go to."""
    # No value of these few has ff in it but the -1 of `referencedType`.
    visits = payload.replace(b"\x82\xff", b"\x82none").split(b"\xff")
    return {visit[1:] for visit in visits[1:]}


class StoryTests(StageTestCase):
    def play(self, story: Story, name: str, major: Major) -> None:
        """Go through the frames of a file with the decoder of one major."""
        tree = Tree(story.make())
        root = tree.root
        encoder = SchemaEncoder(tree, major)
        decoder = self.decoders[major]
        notes = set()
        for frame in frames(name):
            note = frame["note"]
            notes.add(note)
            if note == HANDSHAKE:
                payload = encoder.handshake()
                decoder.handshake(1, payload)
            elif note == FULL:
                payload = encoder.full()
                decoder.decode(1, payload)
            else:
                story.edits[note](root)
                payload = encoder.patch(tree.flush())
                decoder.decode(1, payload)
            where = f"{name}, schema {major}: {note}"
            if "json" in frame:
                want = frame["json"]
                if story.only:
                    want = {key: want[key] for key in story.only}
                self.assertEqual(bare(decoder.dump(1)), want, where)
            if major == 5:
                same = payload.hex() == frame["hex"]
                self.assertEqual(same, note not in story.other, where)
        self.assertLessEqual(set(story.other) | set(story.edits), notes)

    def test_official(self) -> None:
        """Major 5 shows what was recorded, of the same bytes but where we say why."""
        for name, story in STORIES.items():
            self.play(story, name, 5)

    def test_older(self) -> None:
        """Majors 3 and 4 show the same, but for quantized numbers, which they lack."""
        for major in MAJORS[:2]:
            for name, story in STORIES.items():
                if name != "quantized":
                    self.play(story, name, major)


class ReflectionTests(StageTestCase):
    def test_spelling(self) -> None:
        """Each major is told of fields and types as its own encoder does."""
        outline = Tree(Every()).outline
        for frame in frames("reflection"):
            major: Any = int(frame["version"][1:])
            written = encode_reflection(outline, major)
            ours = told(written.replace(b"\xa2at", b"\xa2as"))
            theirs = told(bytes.fromhex(frame["hex"]))

            # They have a collection beside, so ids and lists differ; names are texts.
            fields = {each for each in ours if 0xA0 <= each[1] < 0xC0}
            self.assertEqual(len(fields), 8, frame["version"])
            self.assertLessEqual(fields, theirs)


class ViewTests(StageTestCase):
    @override
    def setUp(self) -> None:
        """Make the recorded State, with a view for each of the two clients."""
        super().setUp()
        self.root = Filtered(
            shared=1,
            items=[Item(pub=1, sec=10), Item(pub=2, sec=20)],
            m={"a": Item(pub=3, sec=30, t1=300), "b": Item(pub=4, sec=40, t1=400)},
        )
        self.tree = Tree(self.root)
        self.views = {"A": self.tree.view(), "B": self.tree.view()}
        self.first, self.second = self.root.items
        self.views["A"].add(self.first)
        self.views["A"].add(self.root.m["a"])
        self.views["A"].add(self.root.m["b"])
        self.views["A"].add(self.root.m["b"], 1)

    def push(self) -> None:
        """Append an item that is shown to B."""
        item = Item(pub=5, sec=50)
        self.root.items.append(item)
        self.views["B"].add(item)

    def edit(self, at: int) -> None:
        """Do what the recorded encoder was told before its patch `at`."""
        root = self.root
        match at:
            case 0:
                root.shared = 2
                root.m["a"].sec, root.m["b"].sec, root.m["b"].t1 = 31, 41, 401
            case 1:
                self.views["B"].add(self.second)
            case 2:
                self.second.pub, self.first.pub = 22, 11
            case 3:
                self.push()
            case 4:
                self.views["B"].remove(self.second)
            case 5:
                root.items.pop(0)

    def test_views(self) -> None:
        """In each major both clients see what the recorded ones saw.

        The bytes differ: an empty list is shown as such to everybody, and lists that a
        client sees in part are written place by place.
        """
        recorded = frames("view")
        encoders = {major: SchemaEncoder(self.tree, major) for major in MAJORS}
        for major, encoder in encoders.items():
            for session in (1, 2):
                self.decoders[major].handshake(session, encoder.handshake())
        self.assertEqual(encoders[5].handshake().hex(), recorded[0]["hex"])
        flush = None
        for at, frame in enumerate(recorded[1:]):
            view: View = self.views[frame["to"]]
            if at >= 2 and at % 2 == 0:
                self.edit(at // 2 - 1)
                flush = self.tree.flush()
            for major, encoder in encoders.items():
                if flush is None:
                    payload = encoder.full(view)
                else:
                    payload = encoder.patch(flush, view)
                session = 1 + (frame["to"] == "B")
                self.decoders[major].decode(session, payload)
                shown = bare(self.decoders[major].dump(session))
                where = f"schema {major}, {frame['note']}"
                self.assertEqual(shown, {"items": [], **frame["json"]}, where)
