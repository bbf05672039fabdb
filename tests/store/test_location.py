"""Databases are found by a URL or by single settings, and passwords stay hidden."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from nexus.store.location import FileLocation, ServerLocation, Tls, locate, parse_url

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


class UrlTests(SynchronousTestCase):
    def test_parts_are_read(self) -> None:
        """A URL says the host, the port, the database, who we are, and how safely."""
        self.assertEqual(
            parse_url(
                "postgres://ada:p%40ss@db.example:6432/game"
                "?sslmode=verify-full&sslrootcert=/etc/root.pem"
            ),
            ServerLocation(
                host="db.example",
                port=6432,
                database="game",
                user="ada",
                password="p@ss",
                tls=Tls.VERIFY_FULL,
                root_certificate="/etc/root.pem",
            ),
        )

    def test_what_is_not_said_has_defaults(self) -> None:
        """The shortest URL means the database `nexus` on this machine."""
        self.assertEqual(parse_url("postgresql://"), ServerLocation())

    def test_socket_is_an_option(self) -> None:
        """The folder of a Unix socket is given as the option `host`."""
        location = parse_url("postgresql:///game?host=/run/postgresql")

        self.assertEqual(
            location, ServerLocation(host="/run/postgresql", database="game")
        )

    def test_files_are_read(self) -> None:
        """Three slashes stand before a relative path, four for an absolute one."""
        for url, path in (
            ("sqlite:///nexus.db", "nexus.db"),
            ("sqlite:////var/lib/nexus.db", "/var/lib/nexus.db"),
            ("sqlite:///a%20b.db", "a b.db"),
            ("sqlite:///:memory:", ":memory:"),
            ("sqlite://", ":memory:"),
        ):
            self.assertEqual(parse_url(url), FileLocation(path))

    def test_nonsense_is_refused_without_repeating_it(self) -> None:
        """A URL that cannot be right is refused; the text holds nothing of it."""
        for url in (
            "mysql://ada:SECRET@host/x",
            "SECRET",
            "postgresql://ada:SECRET/word@host/x",
            "postgresql://ada:SECRET@host:0/x",
            "postgresql://ada:SECRET@host:99999/x",
            "postgresql://ada:SECRET@[::1/x",
            "postgresql://ada:SECRET@one,two/x",
            "postgresql://ada@host/x?SECRET=1",
            "postgresql://ada:SECRET@host/x?sslmode=maybe",
            "postgresql://ada:SEC#RET@host/x",
            "sqlite://SECRET/x",
        ):
            with self.assertRaises(ValueError) as caught:
                parse_url(url)
            self.assertNotIn("SECRET", str(caught.exception), url)

    @given(_TEXT, _TEXT, _TEXT)
    def test_encoded_parts_survive(
        self, user: str, password: str, database: str
    ) -> None:
        """Whatever is %-encoded comes back as it was."""
        parts = [quote(part, safe="") for part in (user, password, database)]
        location = parse_url("postgresql://{}:{}@host/{}".format(*parts))

        self.assertEqual(
            location,
            ServerLocation(
                host="host", user=user, password=password, database=database
            ),
        )


class SettingTests(SynchronousTestCase):
    def test_nothing_set_names_none(self) -> None:
        """Without a setting, or with empty ones, there is no database named."""
        self.assertIsNone(locate({"DATABASE_URL": "", "DB_HOST": ""}))

    def test_url_is_read(self) -> None:
        """`DATABASE_URL` says everything."""
        self.assertEqual(locate({"DATABASE_URL": "sqlite:///x"}), FileLocation("x"))

    def test_single_settings_are_read(self) -> None:
        """`DB_HOST` and its kin say the same one by one."""
        self.assertEqual(
            locate(
                {
                    "DB_HOST": "db",
                    "DB_PORT": "6432",
                    "DB_NAME": "game",
                    "DB_USER": "ada",
                    "DB_PASSWORD": "p@ss",
                    "DB_SSL": "true",
                    "DB_SSL_ROOT_CERT": "/etc/root.pem",
                }
            ),
            ServerLocation(
                host="db",
                port=6432,
                database="game",
                user="ada",
                password="p@ss",
                tls=Tls.REQUIRE,
                root_certificate="/etc/root.pem",
            ),
        )

    def test_contradictions_are_refused(self) -> None:
        """Two ways at once, no host, and values that cannot be are refused by name."""
        for values, name in (
            ({"DATABASE_URL": "sqlite:///x", "DB_HOST": "db"}, "DB_HOST"),
            ({"DB_NAME": "game"}, "DB_NAME"),
            ({"DB_HOST": "db", "DB_PORT": "0"}, "port"),
            ({"DB_HOST": "db", "DB_SSL": "perhaps"}, "DB_SSL"),
            ({"DB_SSL_ROOT_CERT": "/x"}, "DB_HOST"),
            ({"DB_HOST": "db", "DB_SSL_ROOT_CERT": "/x"}, "DB_SSL is prefer"),
        ):
            with self.assertRaisesRegex(ValueError, name):
                locate(values)


class HiddenTests(SynchronousTestCase):
    def test_password_is_hidden(self) -> None:
        """Neither the text of a place nor what a debugger shows has its password."""
        location = parse_url("postgresql://ada:SECRET@[::1]:6432/game")

        self.assertNotIn("SECRET", repr(location))
        self.assertEqual(str(location), "postgresql://ada@[::1]:6432/game")
