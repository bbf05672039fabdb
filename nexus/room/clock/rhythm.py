"""Rhythm: when a Room steps, when it patches, and what goes out with a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from twisted.python.failure import Failure

from nexus.errors import Code, Refused
from nexus.room.client import Client
from nexus.room.clock.budget import Budget
from nexus.room.clock.clock import RoomClock
from nexus.room.clock.pulse import Pulse
from nexus.room.phase import RoomPhase
from nexus.room.work.chore import Chores
from nexus.wire.envelope import seal
from nexus.wire.phase import Phase

if TYPE_CHECKING:
    from nexus.room.actor import RoomActor
    from nexus.room.connection import Connection

__all__ = ["Rhythm"]

#: How often the time of a Room ticks that has neither patches nor a timestep.
_IDLE_INTERVAL: Final = 1 / 60

#: How often a Room beats that has nobody to tell and nothing to do.
_RESTING_INTERVAL: Final = 1.0


class Rhythm:
    """The beats of one Room.

    The Room's own time ticks with its timestep, or with its patches when it has none.

    Where nobody is connected, nothing changes, and no step, Timer or hook waits for a
    beat, the Room rests: it beats now and then only, to see whether that is still so.
    """

    def __init__(self, actor: RoomActor) -> None:
        self._actor = actor
        clock = actor.around.clock
        self.time = RoomClock(
            self._timer_failed, self._timer_spawned, look=self.wake, world=clock.seconds
        )
        #: What ticks may take.
        self.budget = Budget(actor)
        #: What is done in slices, with each tick.
        self.chores = Chores(actor)
        self._patch_pulse = Pulse(clock, self._patch_beat)
        self._step_pulse = Pulse(clock, self._step_beat)
        self._step: Callable[[float], Any] | None = None
        self._after_patch: list[tuple[bytes, list[Client] | None, list[Client]]] = []
        #: Whether somebody got a whole State since the last patch.
        self._fresh = False
        self._resting = False

    def stop(self) -> None:
        """Beat no more: the Room ends."""
        self.stop_beats()
        self.time.close()
        self.chores.stop()

    def stop_beats(self) -> None:
        """Let no time pass any more; the timers stay as they are."""
        self._resting = False
        self._patch_pulse.stop()
        self._step_pulse.stop()

    def _timer_failed(self, name: str, failure: Any) -> None:
        self._actor.faults.fail(f"timer {name}", None, failure)

    def _timer_spawned(self, work: Any) -> None:
        self._actor.faults.spawn(work, "timer")

    def set_step(self, step: Callable[[float], Any] | None, interval: float) -> None:
        """Call a function at each interval, with the seconds since the last time.

        Raises:
            Refused: The Room has ended.
        """
        if self._actor.phase is RoomPhase.CLOSED:
            raise Refused("the room has ended", Code.STOPPING)
        self.wake()
        self._step = step
        if step is None:
            self._step_pulse.stop()
        else:
            self._step_pulse.start(interval)
        self.keep_time()

    def keep_time(self) -> None:
        """Beat as the Room's patch interval says."""
        if self._actor.phase is RoomPhase.CLOSED:
            return
        interval = self._actor.room.patch_interval or _IDLE_INTERVAL
        if self._resting:
            interval = max(interval, _RESTING_INTERVAL)
        if self._patch_pulse.interval != interval:
            self._patch_pulse.start(interval)

    def wake(self) -> None:
        """Beat as usual if the Room rests, and let the time pass that has not yet."""
        if not self._resting:
            return
        self._resting = False
        # There are no Timers, so nobody's code runs in here.
        self.time.advance(self._patch_pulse.since)
        self._patch_pulse.start(self._actor.room.patch_interval or _IDLE_INTERVAL)

    def _may_rest(self) -> bool:
        actor = self._actor
        work = self.time.timers or len(self.chores)
        is_busy = actor.clients or actor.entry.joining or work
        waits = self._step is not None or actor.room.has_before_patch
        return actor.is_open and not is_busy and not waits

    def _advance(self, elapsed: float) -> None:
        """Let the Room's time pass; its timers are one turn."""
        self._actor.turns.run(self.time.advance, elapsed)

    def _step_beat(self, elapsed: float) -> None:
        around, interval = self._actor.around, self._step_pulse.interval
        begun = around.clock.seconds()
        self._advance(elapsed)
        ending = self._actor.phase in (RoomPhase.CLOSING, RoomPhase.CLOSED)
        if self._step is not None and not ending:
            began = around.clock.seconds()
            self._actor.faults.attempt("step", None, self._step, elapsed)
            around.meters.ticks.observe(max(0.0, around.clock.seconds() - began))
        self.chores.run()
        self.budget.spend(around.clock.seconds() - begun)
        if self._actor.is_running:
            self.budget.close(interval)

    def _patch_beat(self, elapsed: float) -> None:
        # Time passes as well while hooks open or close the Room: they may wait for it.
        if self._step is None:
            self._advance(elapsed)
            self.chores.run()
            self._patch_now()
            return
        clock = self._actor.around.clock
        begun = clock.seconds()
        self._patch_now()
        # The next tick is late by that.
        self.budget.spend(clock.seconds() - begun)

    def _patch_now(self) -> None:
        """Patch a Room that is open, and look whether it is empty, or rests."""
        if self._actor.phase is RoomPhase.OPEN:
            changed = bool(self._actor.room.patch_interval) and self.patch()
            self._actor.check_lock()
            self._actor.idle.check()
            self._resting = not changed and self._may_rest()
        self.keep_time()

    def patch(self) -> bool:
        """Tell everybody what changed, and then what waited for that."""
        tree = self._actor.tree
        if self._actor.room.has_before_patch:
            state = None if tree is None else tree.root
            self._actor.faults.attempt(
                "on_before_patch", None, self._actor.room.on_before_patch, state
            )
        changed = self.publish()
        self._fresh = False
        waiting, self._after_patch = self._after_patch, []
        for frame, to, but in waiting:
            self.deliver(frame, self._actor.clients.values() if to is None else to, but)
        return changed

    def publish(self, newcomer: tuple[Client, Connection] | None = None) -> bool:
        """Tell everybody what changed, and a newcomer all there is."""
        if self._actor.fanout is None:
            return False
        # Listeners of the State are told in here.
        self._actor.turns.begin()
        try:
            return self._actor.fanout.publish(self._actor.members.values(), newcomer)
        except Exception:  # noqa: BLE001  # the author's listeners may raise anything
            self._actor.faults.fail("publish", None, Failure())
            return True
        finally:
            self._actor.turns.end()

    def welcome(self, client: Client, connection: Connection) -> None:
        """Give a client that acknowledged its join the State, and what waited.

        What was written since the last patch goes out first. In a crowd of newcomers
        the first has its State at once and the others with the next patch, so that
        the Room does not patch once for each of them.
        """
        if (
            self._fresh
            and self._actor.room.patch_interval
            and self._actor.tree is not None
        ):
            self.after_patch(b"", [client])
            return
        self._fresh = True
        self._hand_over(client, connection)

    def _hand_over(self, client: Client, connection: Connection) -> None:
        if self._actor.fanout is None:
            connection.open_queue()
            return
        self.publish((client, connection))
        if not connection.ready:
            # A fault came before: whoever holds no State is to be told of no patch.
            self._actor.faults.send_back(connection)

    def after_patch(
        self,
        frame: bytes,
        to: list[Client] | None,
        but: Iterable[Client] = (),
    ) -> None:
        """Send a frame right behind the next patch; None: to all who are there then.

        An empty frame hands a newcomer its State.
        """
        self._after_patch.append((frame, to, list(but)))

    def deliver(
        self, frame: bytes, to: Iterable[Client], but: Iterable[Client] = ()
    ) -> None:
        """Send a frame to some clients."""
        if not frame:
            for client in to:
                connection = client.connection
                # It may have dropped and come back meanwhile, and not asked yet.
                if (
                    connection is not None
                    and not connection.ready
                    and connection.phase is Phase.JOINED
                ):
                    self._hand_over(client, connection)
            return
        sealed = seal(frame)
        left_out = set(map(id, but))
        for client in list(to):
            if id(client) not in left_out and client.connection is not None:
                client.connection.post(sealed)
