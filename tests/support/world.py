"""A tree with clients that watch it, driven by a plan of small numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, ClassVar

from attrs import define, field

from nexus.state import Flush, State, Tree, View
from nexus.state.field import Field
from nexus.state.place import walk
from nexus.wire.native import Encoder
from tests.model import expected, same
from tests.strategies import WorldPlan, build, value
from tests.support.watcher import JavaScript, Native, Schema, Watcher

__all__ = ["JavaScript", "Native", "Schema", "Step", "Watcher", "World"]

Step = tuple[int, int, int, int, int]


@define(eq=False)
class World:
    """A tree, its clients, and labels for what happened."""

    sessions: ClassVar[int] = 0
    plan: WorldPlan
    tree: Tree = field(init=False)
    encoder: Encoder = field(init=False)
    chance: random.Random = field(factory=lambda: random.Random(7), init=False)
    classes: list[type[State]] = field(init=False)
    watchers: list[Watcher] = field(factory=list, init=False)
    views: list[View] = field(factory=list, init=False)
    labels: set[str] = field(factory=set, init=False)
    makers: list[Callable[[World, View | None], Watcher]] = field(factory=list)
    _wanted: dict[tuple[View | None, str], Any] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.classes = build(self.plan)
        self.tree = Tree(self.classes[-1]())
        self.encoder = Encoder(self.tree)
        for cls in self.tree.outline.classes:
            for each in cls.__layout__.fields:
                if each.kind is not None:
                    self.label(f"kind {each.kind.name}")
                self.label(f"shape {each.shape}")
                self.label(f"rule {type(each.rule).__name__}")
                if each.optional:
                    self.label("optional")
        self.views = [
            self.tree.view("s0"),
            self.tree.view("s1", ["gm"]),
            self.tree.view("s0"),
        ]
        for view in self.views:
            self.enter(view)

    def label(self, text: str) -> None:
        """Note that something occurred in this sequence."""
        self.labels.add(text)

    def next_session(self) -> int:
        """Return a number that no session of this process had."""
        World.sessions += 1
        return World.sessions

    def enter(self, view: View | None) -> None:
        """Let one watcher of each sort join with a view."""
        for make in self.makers:
            watcher = make(self, view)
            watcher.join()
            self.watchers.append(watcher)

    def wanted(self, view: View | None, target: str) -> Any:
        """Return what those with a view must hold since the last flush."""
        if (view, target) not in self._wanted:
            self._wanted[view, target] = expected(self.tree.root, view, target=target)
        return self._wanted[view, target]

    def compare(
        self, have: Any, view: View | None, target: str, *, ordered: bool = True
    ) -> None:
        """Compare what a watcher holds with what it must hold."""
        want = self.wanted(view, target)
        if not same(want, have, ordered=ordered):
            raise AssertionError(f"want {want!r}\nhave {have!r}")

    def run(self, steps: list[Step]) -> None:
        """Carry out a plan; compare after every flush."""
        for step in steps:
            self.step(step)
        self.flush()
        for watcher in self.watchers:
            watcher.leave()

    def flushed(self) -> Flush:
        """Flush the tree: what its watchers must hold is another from now on."""
        self._wanted.clear()
        return self.tree.flush()

    def flush(self) -> None:
        """Flush, tell all watchers, compare."""
        flush = self.flushed()
        for watcher in self.watchers:
            watcher.follow(flush)
        for watcher in self.watchers:
            watcher.look()
        for watcher in self.watchers:
            if not getattr(watcher, "lazy", False) or self.chance.random() < 0.4:
                watcher.check()

    def step(self, step: Step) -> None:
        """Carry out one step."""
        act, where, which, first, second = step
        if act < 16:
            self.flush()
        elif act < 20:
            self.label("late joiner")
            self.flush()
            view = self.tree.view(f"s{first % 3}", ["gm"] if second % 2 else [])
            self.views.append(view)
            self.enter(view)
            self.flush()
        elif act < 24:
            self.label("rejoin")
            self.flush()
            for watcher in self.watchers:
                watcher.rejoin()
                watcher.look()
            for watcher in self.watchers:
                watcher.check()
        elif act < 36:
            self.look(act, where, first, second)
        elif act < 42:
            self.fail(step)
        elif act < 48:
            self.move(where, which, first)
        else:
            self.write(where, which, first, second, act)

    def move(self, where: int, which: int, first: int) -> None:
        """Take a State out of one container and put it into another, or back."""
        states = list(walk(self.tree.root))
        state = states[where % len(states)]
        hung, above = state._field, state._parent
        if hung is None or above is None or hung.shape == "one":
            return
        below = list(walk(state))
        places = [
            getattr(other, each.name)
            for other in states
            if all(other is not one for one in below)
            for each in other.__layout__.containers
            if each.state is not None and isinstance(state, each.state)
        ]
        held = getattr(above, hung.name)
        if hung.shape == "map":
            del held[state._key]
        else:
            held.pop(next(i for i, each in enumerate(held) if each is state))
        place = places[which % len(places)]
        self.label("state moved")
        if isinstance(place, dict):
            place[f"m{first % 5}"] = state
        else:
            place.insert(first % (len(place) + 1), state)

    def look(self, act: int, where: int, first: int, second: int) -> None:
        """Change what some client may see."""
        view = self.views[first % len(self.views)]
        states = list(walk(self.tree.root))
        state = states[where % len(states)]
        if act < 28:
            self.label("view add")
            tag = second % 2
            if tag in self.tree.outline.tags:
                view.add(state, tag)
        elif act < 30:
            self.label("view remove")
            view.remove(state, second % 2)
        elif act < 32:
            self.label("roles")
            view.roles = [] if view.roles else ["gm"]
        else:
            self.label("owner")
            state.owner = [None, "s0", "s1", "s2"][second % 4]

    def fail(self, step: Step) -> None:
        """Write inside an atomic stretch that fails: nothing may remain."""
        self.label("undo")
        _, where, which, first, second = step
        before = (expected(self.tree.root, None, target="nexus"), self.count())
        try:
            with self.tree.atomic():
                for i in range(1 + second % 4):
                    if i % 2:
                        self.move(where + i, which + i, first)
                    self.write(where + i, which + i, first + i, second, 42 + i * 13)
                raise _Refused
        except _Refused:
            pass
        after = (expected(self.tree.root, None, target="nexus"), self.count())
        if before != after:
            raise AssertionError(f"not put back: {before!r} became {after!r}")

    def count(self) -> list[int]:
        """Return the ids of all States."""
        return [state._id for state in walk(self.tree.root)]

    def write(self, where: int, which: int, first: int, second: int, act: int) -> None:
        """Change something in the tree."""
        states = list(walk(self.tree.root))
        state = states[where % len(states)]
        fields = state.__layout__.fields
        if not fields:
            return
        each = fields[which % len(fields)]
        if each.shape == "one":
            self.write_one(state, each, first, second)
        elif each.shape == "map":
            self.write_map(getattr(state, each.name), each, first, second, act)
        elif each.shape == "list":
            self.write_list(getattr(state, each.name), each, first, second, act)
        else:
            self.write_set(getattr(state, each.name), each, first, second)

    def make(self, each: Field, n: int, depth: int = 2) -> Any:
        """Make something that a field holds."""
        if each.state is None:
            return value(self.kind_of(each), n)
        below = [cls for cls in self.classes if issubclass(cls, each.state)]
        cls = below[n % len(below)]
        if cls is not each.state:
            self.label("subclass")
        made = cls()
        for i, inner in enumerate(cls.__layout__.fields):
            if n % 3 == 0 or (inner.state is not None and not depth):
                continue
            held = getattr(made, inner.name)
            if inner.kind is not None and inner.shape == "one":
                setattr(made, inner.name, self.make(inner, n + i))
            elif inner.shape == "map" and n % 3 == 1:
                held["new"] = self.make(inner, n + i, depth - 1)
            elif inner.shape == "list":
                held.append(self.make(inner, n + i, depth - 1))
        return made

    def kind_of(self, each: Field) -> str:
        """Return the name under which a field's kind stands in the strategies."""
        number = int(each.name[1 : each.name.index("_")])
        held = self.plan.classes[number][int(each.name.split("_")[1])].held
        return str(held)

    def write_one(self, state: State, each: Field, first: int, second: int) -> None:
        """Write a value or a reference."""
        self.label("reference" if each.state else "value")
        if each.optional and second % 3 == 0:
            setattr(state, each.name, None)
        else:
            setattr(state, each.name, self.make(each, first))

    def write_map(
        self, held: Any, each: Field, first: int, second: int, act: int
    ) -> None:
        """Change a Map."""
        key = ["a", "b", "", "é", "__proto__", "k5", "7"][first % 7]
        if act % 4 < 2 and held:
            key = list(held)[first % len(held)]
        match act % 8:
            case 0 | 4 if key in held:
                self.label("map delete")
                del held[key]
            case 1 | 5 if key in held:
                self.label("map back")
                del held[key]
                held[key] = self.make(each, second)
            case 2 if second % 3 == 0:
                self.label("map clear")
                held.clear()
            case 3 if second % 2 == 0:
                self.label("map assign")
                made = {str(i): self.make(each, second + i) for i in range(second % 4)}
                setattr(held._holder, each.name, made)
            case _:
                self.label("map set")
                held[key] = self.make(each, second)

    def write_list(
        self, held: Any, each: Field, first: int, second: int, act: int
    ) -> None:
        """Change a List."""
        if not held and second % 2:
            # Most of what can happen needs something that is there.
            held.extend([self.make(each, first), self.make(each, second)])
        at = first % (len(held) + 1)
        match act % 13:
            case 0 | 12 if held:
                self.label("list pop")
                held.pop(first % len(held))
            case 1 | 2 if held:
                self.label("list set")
                held[first % len(held)] = self.make(each, second)
            case 3:
                self.label("list insert")
                held.insert(at, self.make(each, second))
            case 4 | 9 if held:
                self.label("list reverse")
                held.reverse()
            case 5 | 10 if held:
                self.label("list move")
                held.move(first % len(held), second % len(held))
            case 6 if second % 2 == 0:
                self.label("list clear")
                held.clear()
            case 7 | 11 if held:
                self.label("list slice")
                held[at:] = [self.make(each, second)]
            case 8:
                self.label("list extend")
                held.extend([self.make(each, second), self.make(each, second + 1)])
            case _:
                self.label("list append")
                held.append(self.make(each, second))

    def write_set(self, held: Any, each: Field, first: int, second: int) -> None:
        """Change a Set."""
        made = self.make(each, first)
        match second % 5:
            case 0 | 3 if held:
                self.label("set discard")
                held.discard(sorted(held, key=repr)[first % len(held)])
            case 1 if first % 2 == 0:
                self.label("set clear")
                held.clear()
            case _:
                self.label("set add")
                held.add(made)


class _Refused(Exception):
    """A command that is refused."""
