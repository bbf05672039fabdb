"""Tests of `nexus.tap`."""

from __future__ import annotations

import os
from time import monotonic  # noqa: TID251  # what a Node is to be given

from twisted.application.service import IService, MultiService
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from nexus import tap
from nexus.log import LoggedServices
from nexus.setting import SETTINGS, Secret, Switch
from nexus.store.location import ServerLocation
from nexus.tap import Options, makeService


class OptionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start from an environment without settings."""
        self.patch(os, "environ", {})

    def test_options_have_short_and_long_names(self) -> None:
        """Host, port and log level can be given on the command line."""
        options = Options()

        options.parseOptions(["-H", "0.0.0.0", "--port", "80", "-l", "error"])

        self.assertEqual(options.config.host, "0.0.0.0")
        self.assertEqual(options.config.port, 80)
        self.assertEqual(options.config.log_level, "error")

    def test_environment_is_read(self) -> None:
        """What the command line does not say comes from the environment."""
        os.environ["PORT"] = "7001"
        options = Options()

        options.parseOptions([])

        self.assertEqual(options.config.port, 7001)

    def test_wrong_value_is_a_usage_error(self) -> None:
        """A wrong option is refused before anything is built."""
        error = self.assertRaises(UsageError, Options().parseOptions, ["--port=x"])

        self.assertIn("PORT is 'x'", str(error))

    def test_switch_takes_no_value(self) -> None:
        """A setting that is on or off is switched on by its option alone."""
        on, off = Options(), Options()

        on.parseOptions(["--dev"])
        off.parseOptions([])

        self.assertEqual((on.config.dev, off.config.dev), (True, False))

    def test_reload_wants_an_app_and_the_foreground(self) -> None:
        """Nobody is to believe that code is watched when it is not."""
        for nodaemon, arguments in ((1, []), (0, ["--app=rooms"])):
            options = Options()
            options.parent = {"nodaemon": nodaemon}
            with self.assertRaises(UsageError):
                options.parseOptions(["--reload", *arguments])
        options = Options()
        options.parent = {"nodaemon": 1}

        options.parseOptions(["--reload", "--app=rooms"])

        self.assertTrue(options.config.reload)

    def test_reload_of_an_app_that_is_not_there(self) -> None:
        """It is said in one sentence, not by where in our code it was noticed."""
        options = Options()
        options.parseOptions(["--reload", "--app=no_such_rooms"])

        with self.assertRaises(SystemExit) as ended:
            makeService(options)

        self.assertIn("there is no module 'no_such_rooms'", str(ended.exception))

    def test_secrets_have_no_option(self) -> None:
        """A password is read from the environment, and from no command line."""
        with self.assertRaises(UsageError):
            Options().parseOptions(["--db-password=secret"])
        os.environ.update(DB_HOST="db.example", DB_PASSWORD="secret")
        options = Options()

        options.parseOptions([])

        expected = ServerLocation(host="db.example", password="secret")
        self.assertEqual(options.config.database, expected)

    def test_help_names_every_option(self) -> None:
        """The help says what can be set, what holds else, and where more is said."""
        text = str(Options())

        self.assertIn("docs/configuration.md", text)
        for setting in SETTINGS:
            if isinstance(setting, Secret):
                continue
            if isinstance(setting, Switch):
                self.assertIn(f"--{setting.option} ", text)
                continue
            self.assertIn(f"--{setting.option}=", text)
            if setting.default:
                self.assertIn(f"[default: {setting.default}]", " ".join(text.split()))


class MakeServiceTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Start from an environment without settings."""
        self.patch(os, "environ", {})

    def make(self, twistd: dict[str, object]) -> IService:
        """Build the service below a `twistd` with these options."""
        options = Options()
        options.parent = twistd
        options.parseOptions([])
        return makeService(options)

    def test_twistd_logs_at_the_configured_level(self) -> None:
        """Where twistd has no logger of its own, the Node brings one."""
        service = self.make({"logfile": "-", "nodaemon": 1, "syslog": 0})

        self.assertIsInstance(service, LoggedServices)

    def test_time_that_nobody_can_set_is_told(self) -> None:
        """The Node learns of it beside the time of day, to notice when that leaps."""
        told: list[object] = []

        def make(*_: object, steady: object, **__: object) -> IService:
            told.append(steady)
            return MultiService()

        self.patch(tap, "make_node", make)
        self.make({})

        self.assertEqual(told, [monotonic])

    def test_chosen_logger_is_left_alone(self) -> None:
        """A logger that somebody named on the command line of twistd is kept."""
        for twistd in ({"logger": object()}, {"syslog": 1}, {}):
            self.assertNotIsInstance(self.make(twistd), LoggedServices)

    def test_app_that_is_none_is_a_usage_error(self) -> None:
        """A module that is not there, or has no App, is refused by its name."""
        os.environ["NEXUS_APP"] = "tests.test_tap"

        error = self.assertRaises(UsageError, self.make, {})

        self.assertIn("tests.test_tap has no App", str(error))
