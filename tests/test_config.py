"""Tests of `nexus.config`."""

from __future__ import annotations

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from nexus.config import UNSERVED, Config


class ConfigTests(SynchronousTestCase):
    def refusal(self, **environment: str) -> str:
        """Say why a Config of this environment is refused."""
        return str(self.assertRaises(UsageError, Config.load, {}, environment))

    def test_defaults_are_loopback_and_port_5000(self) -> None:
        """A Node that is told nothing listens on the loopback address only."""
        config = Config.load({}, {})

        self.assertEqual(config, Config(host="127.0.0.1", port=5000, log_level="info"))

    def test_environment_beats_default(self) -> None:
        """What the environment says holds where the command line is silent."""
        config = Config.load(
            {"host": None}, {"HOST": "::1", "PORT": "0", "LOG_LEVEL": "warn"}
        )

        self.assertEqual(config, Config(host="::1", port=0, log_level="warn"))

    def test_option_beats_environment(self) -> None:
        """What the command line says holds, whatever the environment says."""
        config = Config.load({"port": "7001"}, {"PORT": "nonsense"})

        self.assertEqual(config.port, 7001)

    def test_empty_variable_counts_as_unset(self) -> None:
        """A variable that is set to nothing leaves the default as it is."""
        self.assertEqual(Config.load({}, {"PORT": "", "REDIS_URL": ""}).port, 5000)

    def test_localhost_is_the_loopback_address(self) -> None:
        """The word that people use is understood."""
        self.assertEqual(Config.load({"host": "localhost"}, {}).host, "127.0.0.1")

    def test_wrong_port_is_refused_by_name(self) -> None:
        """A port that is none stops the start and says what would be right."""
        for value in ("x", "-1", "65536", "5_000", "\u0665", " 80", "5e3", "9" * 5000):
            reason = self.refusal(PORT=value)

            self.assertTrue(reason.startswith(f"PORT is {value!r}; it must be"), reason)

    def test_wrong_host_is_refused_by_name(self) -> None:
        """A host that is no address stops the start and says what would be right."""
        for value in ("example", "256.0.0.1", "http://127.0.0.1"):
            self.assertIn(f"HOST is {value!r}; it must be", self.refusal(HOST=value))

    def test_empty_option_is_refused(self) -> None:
        """An option that is given empty is wrong, unlike a variable."""
        with self.assertRaises(UsageError):
            Config.load({"port": ""}, {})

    def test_wrong_log_level_is_refused_by_name(self) -> None:
        """A log level that does not exist stops the start and names those that do."""
        reason = self.refusal(LOG_LEVEL="loud")

        self.assertIn("LOG_LEVEL is 'loud'; it must be one of debug, info", reason)

    def test_setting_that_is_not_served_stops_the_start(self) -> None:
        """A setting that would be ignored is refused by its name instead."""
        for name in UNSERVED:
            self.assertEqual(
                self.refusal(**{name: "x"}),
                f"{name} is not served yet; unset it to start",
            )
