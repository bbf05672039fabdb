"""Tests of `nexus.wire.phase`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.wire.frame import Opcode
from nexus.wire.phase import NEXT, Phase


class NextTests(SynchronousTestCase):
    def test_nothing_but_pings_before_the_join(self) -> None:
        """Who is not in yet may measure, and nothing else."""
        accepted = {opcode for phase, opcode in NEXT if phase is Phase.ARRIVED}

        self.assertEqual(accepted, {Opcode.PING})

    def test_acknowledgement_leads_in(self) -> None:
        """Only the acknowledgement makes a client joined."""
        into = {key for key, then in NEXT.items() if then is Phase.JOINED}

        self.assertEqual(
            {phase for phase, opcode in into if phase is not Phase.JOINED},
            {Phase.ANNOUNCED},
        )
        self.assertIn((Phase.ANNOUNCED, Opcode.JOIN_ROOM), into)

    def test_nobody_comes_back_from_leaving(self) -> None:
        """Whatever a leaving client says, it goes on leaving."""
        for (phase, _), then in NEXT.items():
            if phase is Phase.LEAVING:
                self.assertIs(then, Phase.LEAVING)

    def test_what_we_send_is_not_accepted(self) -> None:
        """Frames that only a Node sends are in no row."""
        opcodes = {opcode for _, opcode in NEXT}

        for ours in ("ERROR", "ROOM_STATE", "ROOM_STATE_PATCH", "ROOM_RESPONSE"):
            self.assertNotIn(Opcode[ours], opcodes)
