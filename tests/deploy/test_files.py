"""The files in `deploy/` are what their linters and our Node expect."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from nexus.setting import SETTINGS
from tests import ROOT

_DEPLOY: Final = ROOT / "deploy"


def lint(name: str, *arguments: str | Path) -> str:
    """Run a linter; return what it complains about.

    Raises:
        SkipTest: It is not installed.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=beside) or shutil.which(name)
    if found is None:
        raise SkipTest(f"{name} is not installed")
    run = subprocess.run(
        [found, *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    return "" if run.returncode == 0 else run.stdout + run.stderr


def read_compose() -> Any:
    """Return what stands in the compose file.

    Raises:
        SkipTest: Nothing that reads YAML is installed.
    """
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415  # comes with check-jsonschema
    except ImportError:
        raise SkipTest("ruamel.yaml is not installed") from None
    return YAML(typ="safe").load(_DEPLOY / "compose.yaml")


def variables(path: Path) -> dict[str, str]:
    """Read a file of variables."""
    found = re.findall(r"^(\w+)=(.*)$", path.read_text("utf-8"), re.M)
    return dict(found)


class DockerfileTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Read it, with its long lines put together."""
        text = (_DEPLOY / "Dockerfile").read_text("utf-8")
        self.lines = text.replace("\\\n", " ").splitlines()

    def said(self, word: str) -> list[str]:
        """Return what stands behind an instruction, wherever it is."""
        return [
            line.removeprefix(word).strip()
            for line in self.lines
            if line.split(maxsplit=1)[:1] == [word]
        ]

    def test_linter_is_content(self) -> None:
        """`hadolint` finds nothing."""
        self.assertEqual(lint("hadolint", _DEPLOY / "Dockerfile"), "")

    def test_linter_sees_mistakes(self) -> None:
        """A planted mistake is found."""
        path = Path(self.mktemp())
        path.write_text("FROM python:latest\nRUN cd /tmp\n", "utf-8")

        self.assertIn("DL3007", lint("hadolint", path))

    def test_node_is_not_root(self) -> None:
        """The last word on who runs is a user without rights."""
        self.assertEqual(self.said("USER"), ["10001"])

    def test_copied_files_are_there(self) -> None:
        """What is copied exists here, and `.dockerignore` lets it through."""
        allowed = re.findall(
            r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.M
        )
        copied = [
            source
            for line in self.said("COPY")
            if not line.startswith("--from")
            for source in line.split()[:-1]
        ]

        self.assertIn("nexus", copied)
        for source in copied:
            self.assertTrue((ROOT / source).exists(), source)
            folders = [source, *map(str, Path(source).parents)]
            self.assertTrue(set(folders) & set(allowed), source)

    def test_health_of_life_is_asked_for(self) -> None:
        """The check of the image is a program, and asks what is 200 while we live."""
        (check,) = self.said("HEALTHCHECK")
        _, _, program = json.loads(check.partition("CMD ")[2])

        compile(program, "HEALTHCHECK", "exec")
        self.assertIn("/health/live", program)


class ComposeTests(SynchronousTestCase):
    def test_linter_is_content(self) -> None:
        """The file is what the specification of compose files asks for."""
        path = _DEPLOY / "compose.yaml"

        found = lint(
            "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path
        )

        self.assertEqual(found, "")

    def test_linter_sees_mistakes(self) -> None:
        """A planted mistake is found."""
        path = Path(f"{self.mktemp()}.yaml")
        path.write_text("services:\n  a:\n    image: b\n    prots: []\n", "utf-8")

        found = lint(
            "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path
        )

        self.assertIn("prots", found)

    def test_node_is_told_what_it_knows(self) -> None:
        """The variables of the Node are settings, and none is set twice."""
        given = read_compose()["services"]["nexus"]["environment"]
        example = variables(_DEPLOY / ".env.example")

        for name in (*given, *example):
            self.assertIn(name, [each.name for each in SETTINGS])
        self.assertEqual(set(given) & set(example), set())

    def test_node_waits_for_a_database_that_answers(self) -> None:
        """The Node starts when the database is healthy, which something checks."""
        services = read_compose()["services"]

        waits = services["nexus"]["depends_on"]["postgres"]
        self.assertEqual(waits, {"condition": "service_healthy"})
        self.assertEqual(services["postgres"]["healthcheck"]["test"][1], "pg_isready")

    def test_no_password_is_written_down(self) -> None:
        """The password comes from a file that nobody commits."""
        server = read_compose()["services"]["postgres"]["environment"]

        self.assertTrue(server["POSTGRES_PASSWORD"].startswith("${DB_PASSWORD:?"))
        self.assertEqual(variables(_DEPLOY / ".env.example")["DB_PASSWORD"], "")

    def test_node_has_time_to_stop(self) -> None:
        """The Node is not killed before it is done."""
        grace = read_compose()["services"]["nexus"]["stop_grace_period"]
        shutdown = next(
            each.default for each in SETTINGS if each.name == "SHUTDOWN_SECONDS"
        )

        self.assertGreaterEqual(int(grace.removesuffix("s")), int(shutdown) + 15)
