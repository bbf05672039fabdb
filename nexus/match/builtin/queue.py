"""QueueRoom: clients wait in it until there are enough of them for a match."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from twisted.python.failure import Failure
from typing_extensions import override

from nexus.errors import Close, Code, Refused
from nexus.match.builtin.group import Group, Rules, Waiting, form_groups
from nexus.match.listing import Listing
from nexus.match.maker import OURS
from nexus.match.matchmaker import Matchmaker
from nexus.match.reservation import Reservation
from nexus.room import Client, Room, on_message
from nexus.room.wait import settle

__all__ = ["QueueRoom"]

#: What a team may be called at most.
_TEAM: Final = 64


class QueueRoom(Room[Any]):
    """A Room that leads its clients into matches, those of like rank together.

    Name the kind of the match in a subclass:

        class Ranked(QueueRoom):
            match_kind = "arena"
            max_players = 2

    Each cycle, those who wait are parted into groups. A client is told in `clients` how
    many are in its group so far. When a group is complete a Room is made for it, and
    each gets `seat`, which the SDK's `consumeSeatReservation` takes; its session id
    stays the same. Who answers `confirm` is let go with 1000. Who does not in time, and
    everybody whose Room could not be made, is let go with 4002.

    Clients join with the options `rank` (a number) and `teamId` (text), and whatever
    the match wants to know of them. Override `rank_of` where players might lie.

    The Room of a match is private, so that nobody else gets in, not even where a group
    is incomplete or somebody does not come; its `set_private(False)` lets others in.

    Attributes:
        match_kind: The kind of Room that a match is.
        max_players: How many make a match.
        max_waiting_cycles: After how many cycles a group may go that is not complete,
            where `allow_incomplete_groups` is set.
        max_waiting_cycles_for_priority: After how many cycles a client gets into any
            group, whatever `compare` says.
        max_team_size: How many members a team has. A team waits for them until it has
            priority, and only teams of equal size play each other. None: teams of any
            size stay together, and others fill the group up.
        allow_incomplete_groups: Whether a group goes that has waited too long.
        cycle_seconds: How long a cycle is.
        confirm_seconds: How long a client may take to confirm its seat.
    """

    match_kind: str = ""
    max_players: int = 4
    max_waiting_cycles: int = 15
    max_waiting_cycles_for_priority: int = 10
    max_team_size: int | None = None
    allow_incomplete_groups: bool = False
    cycle_seconds: float = 1.0
    confirm_seconds: float = 15.0

    # What a subclass may say.

    def rank_of(self, client: Client, options: Mapping[str, Any]) -> float:
        """Return how strong a client is; by default what it says itself.

        Raises:
            Refused: It said nothing that could be a rank.
        """
        rank = options.get("rank", 0)
        if isinstance(rank, bool) or not isinstance(rank, int | float):
            raise Refused("the option rank is to be a number", Code.UNHANDLED)
        # A float beyond is an infinity, and an int beyond cannot become a float.
        if not abs(rank) <= 2**53 or not isfinite(rank):
            raise Refused("the option rank is to be within 2**53", Code.UNHANDLED)
        return float(rank)

    def team_of(self, client: Client, options: Mapping[str, Any]) -> str | None:
        """Return what a client has in common with its team; None: it has no team.

        Raises:
            Refused: It said nothing that could name a team.
        """
        team = options.get("teamId")
        if team is None:
            return None
        if not isinstance(team, str) or not 0 < len(team) <= _TEAM:
            raise Refused(
                f"the option teamId is to be 1 to {_TEAM} characters", Code.UNHANDLED
            )
        return team

    def compare(self, waiting: Waiting, group: Group) -> bool:
        """Say whether somebody may play with a group that has members."""
        average = group.average_rank
        apart = abs(waiting.rank - average)
        return apart < 10 or apart <= 2 * abs(average)

    async def on_group_ready(self, group: Group) -> Listing:
        """Return the Room that a group is to play in; by default a new, private one.

        Say `private=True` to `create_room` in a subclass, too: else others may join
        before the group has its seats.
        """
        matchmaker: Matchmaker = self.matchmaker
        return await matchmaker.create_room(self.match_kind, private=True)

    # How it goes.

    @override
    def on_create(self, options: Mapping[str, Any]) -> None:
        """Begin the cycles.

        Raises:
            TypeError: The class does not say what a match is.
        """
        own = type(self)
        if not self.match_kind and own.on_group_ready is QueueRoom.on_group_ready:
            raise TypeError(f"{own.__name__}.match_kind is to name the kind of a match")
        self._rules = Rules(
            max_players=self.max_players,
            max_team_size=self.max_team_size,
            priority_cycles=self.max_waiting_cycles_for_priority,
        )
        self._waiting: dict[str, Waiting] = {}
        self.clock.every(self.cycle_seconds, self._cycle)

    @override
    def on_join(self, client: Client, options: Mapping[str, Any]) -> None:
        """Let a client wait."""
        rank, team = self.rank_of(client, options), self.team_of(client, options)
        if team is not None:
            mates = sum(each.team == team for each in self._free())
            if mates >= (self.max_team_size or self.max_players):
                raise Refused("this team is complete", Code.LIMIT)
        waiting = Waiting(client, rank, team, options, told=1)
        self._waiting[client.session_id] = waiting
        client.send("clients", 1)

    @override
    def on_leave(self, client: Client, code: int) -> None:
        """Let a client wait no more."""
        self._waiting.pop(client.session_id, None)

    @on_message("confirm")
    def confirm(self, client: Client) -> None:
        """Let a client go that has its seat."""
        waiting = self._waiting.get(client.session_id)
        if waiting is not None and waiting.seated:
            client.leave(Close.NORMAL)

    def _free(self) -> list[Waiting]:
        """Return those for whom a group is still looked for."""
        return [each for each in self._waiting.values() if each.group is None]

    def _cycle(self) -> None:
        """Form groups, lead those that are ready, and tell the others how it stands."""
        free = self._free()
        for each in free:
            each.cycles += 1
        for group in form_groups(free, self._rules, self.compare):
            if self._is_ready(group):
                for member in group.members:
                    member.group = group
                self.actor.faults.spawn(self._lead(group), "queue")
            else:
                self._tell(group)

    def _is_ready(self, group: Group) -> bool:
        if len(group.members) >= self.max_players:
            return True
        late = group.cycles >= self.max_waiting_cycles
        return self.allow_incomplete_groups and late

    @staticmethod
    def _tell(group: Group) -> None:
        """Tell members how many they are, if that is news."""
        count = len(group.members)
        for member in group.members:
            if member.told != count:
                member.told = count
                member.client.send("clients", count)

    async def _lead(self, group: Group) -> None:
        """Let a group have a Room and seats in it."""
        try:
            listing = await settle(self.on_group_ready(group))
            here = self._here(group)
            if len(here) < len(group.members) and not self.allow_incomplete_groups:
                # Somebody left meanwhile. The Room ends by itself as nobody comes.
                for member in here:
                    member.group = None
                return
            seats = [await self._reserve(member, listing) for member in here]
        except Refused as refusal:
            self._give_up(group, str(refusal))
            return
        except Exception:  # noqa: BLE001  # the author's code may raise anything
            if self.actor.is_open:
                ident = self.actor.faults.fail("on_group_ready", None, Failure())
                self._give_up(group, f"internal error {ident}")
            return
        for member, seat in zip(here, seats, strict=True):
            connection = member.client.connection
            if connection is not None:
                member.seated = True
                member.client.send("seat", seat.plain(connection.dialect))
        self.clock.call_later(self.confirm_seconds, self._unconfirmed, group)

    async def _reserve(self, member: Waiting, listing: Listing) -> Reservation:
        matchmaker: Matchmaker = self.matchmaker
        client = member.client
        # The client reads the match's State in the format that it asked for here.
        ours = {OURS: {"serializer": client.seat.serializer}}
        return await matchmaker.reserve(
            listing.room_id,
            {**member.options, **ours},
            client.auth,
            client.session_id,
        )

    def _here(self, group: Group) -> list[Waiting]:
        """Return the members that did not leave."""
        waiting = self._waiting
        return [m for m in group.members if waiting.get(m.client.session_id) is m]

    def _give_up(self, group: Group, why: str) -> None:
        for member in self._here(group):
            member.client.leave(Close.ERROR, why)

    def _unconfirmed(self, group: Group) -> None:
        self._give_up(group, "the seat was not confirmed in time")
