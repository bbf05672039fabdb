"""Tests of `nexus.reload.trial`."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet import reactor  # noqa: TID251  # real sockets and processes
from twisted.trial.unittest import TestCase

from nexus.reload import Trial


class TrialTests(TestCase):
    def setUp(self) -> None:
        """Make a folder for an app."""
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir()

    async def attempt(self, text: str, patience: float = 60.0) -> str:
        """Say what is wrong with an app."""
        (self.folder / "tried.py").write_text(text)
        trial = Trial("tried", str(self.folder), os.environ, reactor, reactor, patience)
        return await trial.run()

    async def test_app_that_can_be_loaded(self) -> None:
        """Nothing is wrong with it, nothing is written, and no thread is waited for."""
        wrong = await self.attempt(
            "import threading, time\nfrom nexus import App\napp = App()\n"
            "threading.Thread(target=time.sleep, args=(500,)).start()\n"
        )

        self.assertEqual(wrong, "")
        self.assertEqual(os.listdir(self.folder), ["tried.py"])

    async def test_what_an_app_raises_is_told_from_its_own_code_on(self) -> None:
        """The traceback begins where the author can do something about it."""
        wrong = await self.attempt("def start():\n    1 / 0\n\nstart()\n")

        lines = wrong.splitlines()
        self.assertIn(f'File "{self.folder}/tried.py", line 4', lines[1])
        self.assertTrue(lines[-1].startswith("ZeroDivisionError"))

    async def test_module_without_an_app_is_told_in_a_sentence(self) -> None:
        """What is no error in Python needs no traceback."""
        wrong = await self.attempt("app = 5\n")

        self.assertTrue(wrong.startswith("tried has no App called 'app'"), wrong)

    async def test_import_that_takes_too_long_is_given_up(self) -> None:
        """A module that waits for ever does not keep the trial waiting."""
        wrong = await self.attempt("import time\ntime.sleep(500)\n", patience=0.5)

        self.assertEqual(wrong, "it took longer than 0.5 s to import")

    async def test_process_that_dies_is_told(self) -> None:
        """Also without a word there is an answer."""
        wrong = await self.attempt("import os\nos.abort()\n")

        self.assertIn("ended by signal 6", wrong)
