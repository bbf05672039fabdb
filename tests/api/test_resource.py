"""Tests of `nexus.api.resource`."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.iweb import IRequest
from typing_extensions import override

from nexus.api.resource import JSONResource, Root, answer
from tests.support.http import Answer, ask


class Greeting(JSONResource):
    """A resource that can be read."""

    def render_GET(self, request: IRequest) -> bytes:  # noqa: N802 -- found by its name
        """Greet."""
        return answer(request, {"hello": "Ada"})


class ResourceTests(SynchronousTestCase):
    @override
    def setUp(self) -> None:
        """Put one resource below the root."""
        self.root = Root()
        self.root.putChild(b"greeting", Greeting())

    def assert_refused(self, reply: Answer, code: int, error: str) -> None:
        """Fail unless the answer is an error in JSON."""
        self.assertEqual(reply.status, code)
        self.assertEqual(reply.headers[b"content-type"], b"application/json")
        self.assertEqual(json.loads(reply.body), {"code": code, "error": error})

    def test_answer_is_json_that_nobody_keeps(self) -> None:
        """An answer says its type and its length, and is not cached."""
        reply = ask(self.root, b"GET", b"/greeting")

        self.assertEqual(reply.status, 200)
        self.assertEqual(json.loads(reply.body), {"hello": "Ada"})
        self.assertEqual(reply.headers[b"content-length"], b"%d" % len(reply.body))
        self.assertEqual(reply.headers[b"content-type"], b"application/json")
        self.assertEqual(reply.headers[b"cache-control"], b"no-store")

    def test_head_is_get_without_its_body(self) -> None:
        """HEAD answers with GET's head alone."""
        get = ask(self.root, b"GET", b"/greeting")

        head = ask(self.root, b"HEAD", b"/greeting")

        self.assertEqual(head.status, 200)
        self.assertEqual(head.body, b"")
        self.assertEqual(
            head.headers[b"content-length"], get.headers[b"content-length"]
        )

    def test_other_method_is_refused(self) -> None:
        """A method that a resource lacks is refused with those that it has."""
        for method in (b"POST", b"PUT", b"DELETE", b"BREW"):
            reply = ask(self.root, method, b"/greeting")

            self.assert_refused(reply, 405, "method not allowed")
            self.assertEqual(reply.headers[b"allow"], b"GET, HEAD")

    def test_unknown_path_is_refused(self) -> None:
        """A path where nothing is gets a JSON error, whatever the method."""
        for path in (b"/", b"/nothing", b"/greeting/", b"/greeting/more", b"/%ff%00"):
            for method in (b"GET", b"POST", b"BREW"):
                reply = ask(self.root, method, path)

                self.assert_refused(reply, 404, "not found")

    def test_requests_are_not_logged(self) -> None:
        """Answering writes nothing to the log."""
        events: list[dict[str, object]] = []

        for method in (b"GET", b"HEAD", b"POST"):
            ask(self.root, method, b"/greeting", log=events.append)

        self.assertEqual(events, [])
