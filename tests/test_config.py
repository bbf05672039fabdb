"""Tests of `nexus.config`."""

from __future__ import annotations

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from nexus.config import Config
from nexus.setting import UNSERVED


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

    def test_origins_are_a_list(self) -> None:
        """Origins are parted by commas; spaces and last slashes do not matter."""
        said = "https://a.example/, http://*.b.example:8080,"

        config = Config.load({}, {"CORS_ORIGIN": said})

        self.assertEqual(
            config.cors_origin, ("https://a.example", "http://*.b.example:8080")
        )

    def test_wrong_origin_is_refused_by_name(self) -> None:
        """An origin that no browser sends stops the start."""
        for value in ("a.example", "https://", "https://a.example/path", "://a", " "):
            self.assertIn("CORS_ORIGIN has", self.refusal(CORS_ORIGIN=value))

    def test_wrong_counts_are_refused_by_name(self) -> None:
        """A number that is none, or beyond reason, stops the start."""
        wrong = ("x", "-1", "1.5", "9" * 9, "9" * 5000, "\u0661", " 1")
        for name in ("TRUSTED_PROXIES", "COMPRESS_FROM"):
            for value in wrong:
                reason = self.refusal(**{name: value})
                self.assertTrue(reason.startswith(f"{name} is {value!r}; it"), reason)

    def test_wrong_times_are_refused_by_name(self) -> None:
        """A time that is none, or longer than a day, stops the start."""
        for name in ("HEARTBEAT", "SHUTDOWN_SECONDS"):
            for value in ("x", "-1", "nan", "inf", "1e9", "86401"):
                reason = self.refusal(**{name: value})
                self.assertTrue(reason.startswith(f"{name} is {value!r}; it"), reason)

    def test_times_and_counts_are_read(self) -> None:
        """What is right is taken, fractions of seconds included."""
        config = Config.load(
            {"heartbeat": "2.5"},
            {"SHUTDOWN_SECONDS": "0", "COMPRESS_FROM": "0", "TRUSTED_PROXIES": "2"},
        )

        self.assertEqual(config.heartbeat, 2.5)
        self.assertEqual(config.shutdown_seconds, 0.0)
        self.assertEqual((config.compress_from, config.trusted_proxies), (0, 2))

    def test_switches_are_read(self) -> None:
        """What is on or off is off unless option or environment say otherwise."""
        for options, environment, on in (
            ({}, {}, False),
            ({}, {"NEXUS_DEV": "1"}, True),
            ({"dev": "1"}, {"NEXUS_DEV": "0"}, True),
            ({}, {"NEXUS_DEV": "0"}, False),
        ):
            self.assertIs(Config.load(options, environment).dev, on)
        self.assertIs(Config.load({}, {"NEXUS_RELOAD": "1"}).reload, True)
        self.assertIs(Config.load({}, {}).reload, False)

    def test_wrong_switch_is_refused_by_name(self) -> None:
        """What is neither on nor off stops the start."""
        for value in ("yes", "2", " 1", "on"):
            reason = self.refusal(NEXUS_DEV=value)
            self.assertIn(f"NEXUS_DEV is {value!r}; it must be 1", reason)

    def test_limits_are_read_by_name(self) -> None:
        """Limits stand in a row; those that are whole numbers stay so."""
        config = Config.load({}, {"LIMITS": "rooms=3, joins_per_second=0.5,"})

        self.assertEqual(config.limits, {"rooms": 3, "joins_per_second": 0.5})

    def test_wrong_limits_are_refused_by_name(self) -> None:
        """A limit that there is none of, or that cannot be, stops the start."""
        self.assertIn("LIMITS has 'food'; it can have", self.refusal(LIMITS="food=1"))
        for said in ("rooms", "rooms=", "rooms=x", "rooms=0", "rooms=1.5", "inbox=-1"):
            self.assertIn(f"LIMITS has '{said}'", self.refusal(LIMITS=said))

    def test_wrong_log_format_is_refused_by_name(self) -> None:
        """A format that does not exist stops the start and names those that do."""
        self.assertIn(
            "LOG_FORMAT is 'xml'; it must be one", self.refusal(LOG_FORMAT="xml")
        )

    def test_database_is_read(self) -> None:
        """A URL and the settings one by one say the same."""
        url = (
            "postgresql://ada:secret@db.example:6000/game"
            "?sslmode=verify-full&sslrootcert=/etc/root.pem"
        )
        parts = {
            "DB_HOST": "db.example",
            "DB_PORT": "6000",
            "DB_NAME": "game",
            "DB_USER": "ada",
            "DB_PASSWORD": "secret",
            "DB_SSL": "verify-full",
            "DB_SSL_ROOT_CERT": "/etc/root.pem",
        }

        config = Config.load({"database": url}, {})

        self.assertEqual(config, Config.load({}, parts))
        self.assertIsNone(Config.load({}, {}).database)
        self.assertNotIn("secret", repr(config))

    def test_wrong_database_is_refused(self) -> None:
        """What cannot be a database stops the start, and repeats no password."""
        reason = self.refusal(DATABASE_URL="mysql://ada:secret@db.example/game")

        self.assertIn("postgresql://", reason)
        self.assertNotIn("secret", reason)
        self.assertIn("DB_HOST", self.refusal(DB_PASSWORD="secret"))
        self.assertIn(
            "unset one", self.refusal(DATABASE_URL="sqlite:///a.db", DB_HOST="b")
        )

    def test_wrong_pool_is_refused_by_name(self) -> None:
        """A pool without connections, or with far too many, stops the start."""
        for value in ("0", "1001", "x", "-1"):
            self.assertIn("DB_POOL_MAX is", self.refusal(DB_POOL_MAX=value))

    def test_wrong_interval_of_commits_is_refused_by_name(self) -> None:
        """Commits that come too seldom to wait for stop the start."""
        self.assertEqual(Config.load({}, {"COMMIT_INTERVAL": "0"}).commit_interval, 0)
        for value in ("5.1", "x", "-1", "nan"):
            reason = self.refusal(COMMIT_INTERVAL=value)
            self.assertIn(f"COMMIT_INTERVAL is {value!r}; it must be", reason)

    def test_times_of_the_clean_up_are_read(self) -> None:
        """Hours are read, fractions of them too; a day holds when nothing is said."""
        config = Config.load({"room-abandon-hours": "0.5"}, {"ROOM_DELETE_HOURS": "72"})
        told = (config.abandon_seconds, config.delete_seconds)
        usual = Config.load({}, {})

        self.assertEqual(told, (1_800.0, 259_200.0))
        self.assertEqual(usual.abandon_seconds, 86_400.0)
        self.assertEqual(usual.delete_seconds, 86_400.0)

    def test_wrong_times_of_the_clean_up_are_refused_by_name(self) -> None:
        """No hours at all would delete at once what somebody means to keep for ever."""
        for name in ("ROOM_ABANDON_HOURS", "ROOM_DELETE_HOURS"):
            for value in ("0", "-1", "nan", "inf", "x", "87601"):
                reason = self.refusal(**{name: value})
                self.assertIn(f"{name} is {value!r}; it must be", reason)

    def test_setting_that_is_not_served_stops_the_start(self) -> None:
        """A setting that would be ignored is refused by its name instead."""
        for name in UNSERVED:
            self.assertEqual(
                self.refusal(**{name: "x"}),
                f"{name} is not served yet; unset it to start",
            )
