"""The readable table: what was asked, what was answered, and whether that was right."""

import textwrap


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def chapter(self, title: str):
        print(f"\n{title}", flush=True)

    def note(self, text: str):
        print(textwrap.indent(textwrap.fill(text, 116), "  "), flush=True)

    def row(self, where: str, what: str, answered: str, problem: str | None):
        """A line; `problem` says what was expected instead."""
        if problem is None:
            self.passed += 1
        else:
            self.failed += 1
        mark = "ok  " if problem is None else "FAIL"
        print(f"  {mark} {where:<5} {what:<62} {answered}", flush=True)
        if problem is not None:
            print(f"       {problem}", flush=True)

    def close(self) -> int:
        print(f"\n{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
