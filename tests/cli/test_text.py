"""Tests of `nexus.cli.text`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from nexus.cli.text import (
    Names,
    attributes_of,
    comment,
    key,
    literal,
    noted,
    optional,
    summary_of,
    union,
)


class Described:
    """What it is.

    More of it.

    Attributes:
        first: One.
        second (int): Two,
            and more.

    Raises:
        third: Not one of them.
    """


class Undescribed(Described):
    pass


class TextTests(SynchronousTestCase):
    def test_names_are_given_once(self) -> None:
        """The same thing keeps its name, another one gets another."""
        names = Names()

        given = [names.of(owner, "World") for owner in (1, 2, 1, 3)]

        self.assertEqual(given, ["World", "World2", "World", "World3"])
        self.assertEqual(names.of(4, "string"), "string2")

    def test_keys_are_quoted_where_they_must(self) -> None:
        """Names that JavaScript would not read stand in quotes."""
        self.assertEqual([key(name) for name in ("a_1", "$")], ["a_1", "$"])
        self.assertEqual(
            [key(name) for name in ("1", "a-b", 'a"b', "é", "")],
            ['"1"', '"a-b"', r'"a\"b"', r'"\u00e9"', '""'],
        )

    def test_literals_are_those_of_javascript(self) -> None:
        """What JavaScript cannot say exactly becomes the type that it has."""
        for value, written in (
            (None, "null"),
            (True, "true"),
            ("a'b", '"a\'b"'),
            (-3, "-3"),
            (2.5, "2.5"),
            (2**60, "number"),
            (float("nan"), "number"),
            (b"x", "Uint8Array"),
            ((1, 2), "unknown"),
        ):
            self.assertEqual(literal(value), written)

    def test_unions_name_a_type_once(self) -> None:
        """Types that are unions themselves are taken apart."""
        parts = ["number | bigint", "number", '"a | b"', "null | undefined"]

        self.assertEqual(union(parts), 'number | bigint | "a | b" | null | undefined')
        self.assertEqual(union([]), "never")
        self.assertEqual(optional("null | undefined"), "null | undefined")
        self.assertEqual(optional("number"), "number | undefined")

    def test_comments_end_where_they_should(self) -> None:
        """No word of an author ends a comment early."""
        self.assertEqual(comment(""), [])
        self.assertEqual(comment("a */ b", "  "), ["  /** a *\\/ b */"])
        self.assertEqual(comment("a\n\nb"), ["/**", " * a", " *", " * b", " */"])
        self.assertEqual(noted("number", "*/"), "number /* *\\/ */")

    def test_docstrings_are_taken_apart(self) -> None:
        """The text is for the class, the section for its fields; neither for heirs."""
        self.assertEqual(summary_of(Described), "What it is.\n\nMore of it.")
        self.assertEqual(
            attributes_of(Described), {"first": "One.", "second": "Two, and more."}
        )
        self.assertEqual(
            (summary_of(Undescribed), attributes_of(Undescribed)), ("", {})
        )
