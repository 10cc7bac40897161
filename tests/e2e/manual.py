"""docs/deploy.md as a program: its blocks, found by the heading above and the language, as they stand on the page."""

import pathlib
import re
import subprocess
import sys

import yaml

from stack import NAME, ROOT

PAGE = (ROOT / "docs/deploy.md").read_text()
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(heading: str, language: str, number: int = 0) -> str:
    """The block of that language under that heading, the first unless said otherwise."""
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    if section is None:
        raise SystemExit(f"docs/deploy.md has no heading {heading!r}")
    found = [text for kind, text in FENCED.findall(section[1]) if kind == language]
    if number >= len(found):
        raise SystemExit(f"docs/deploy.md has too few blocks of {language} under {heading!r}")
    return found[number]


def snippet(heading: str) -> dict:
    """A snippet of a template; its functions in their long form."""
    return yaml.load(block(heading, "yaml"), Functions)


class Functions(yaml.SafeLoader):
    """`!Ref x` is `{"Ref": "x"}`, and so on."""


Functions.add_constructor("!Ref", lambda loader, node: {"Ref": loader.construct_scalar(node)})
Functions.add_constructor("!GetAtt", lambda loader, node: {"Fn::GetAtt": loader.construct_scalar(node).split(".", 1)})
Functions.add_constructor("!Sub", lambda loader, node: {"Fn::Sub": loader.construct_scalar(node)})


class Shell:
    """The shell that the page opens, for one caller.

    `make` is stood in for and prints what it was asked: a deployment to the emulator has gaps to be filled by hand.
    """

    PRELUDE = "make() { printf 'make %s\\n' \"$*\"; }\n"

    def __init__(self, environment: dict):
        programs = [pathlib.Path(sys.executable).parent, ROOT / "target/debug"]
        path = ":".join([*map(str, programs), environment["PATH"]])
        self.environment = environment | {"PATH": path, "STACK": NAME}

    def run(self, script: str) -> str:
        """What the script prints behind the page's opening, without the line end. What fails ends the run."""
        script = self.PRELUDE + block("Deploy", "sh", 1) + script
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"the page's shell ended with {done.returncode}:\n{script}\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip()
