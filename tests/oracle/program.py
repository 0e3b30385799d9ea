"""One running program of the oracle: lines of JSON in, lines of JSON out."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self


class OracleError(Exception):
    """The oracle did not understand a question, or ended while answering one."""


class Program:
    """Starts at once; ``ask`` may be called from several threads; ends with ``close`` or the ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the program)
        self._process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, bufsize=1 << 20
        )
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, questions: Sequence[bytes]) -> list[bytes]:
        """The answers, one line each, in order. OracleError if a question is at fault or ends the program."""
        assert self._process.stdout is not None
        with self._turn:
            # Questions are written beside the reading of answers, else both pipes fill and both sides wait.
            writer = threading.Thread(target=self._write, args=(questions,), daemon=True)
            writer.start()
            answers: list[bytes] = []
            for question in questions:
                answers.append(self._process.stdout.readline())
                if not answers[-1].endswith(b"\n"):
                    self._process.wait()
                    raise OracleError(f"the oracle ended on {shortened(question)}: {self._last_words()}")
            writer.join()
        for question, answer in zip(questions, answers, strict=True):
            if answer.startswith(b'{"fault":'):
                raise OracleError(f"{answer.decode().strip()} on {shortened(question)}")
        return answers

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._turn:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._complaints.close()

    def _write(self, questions: Sequence[bytes]) -> None:
        assert self._process.stdin is not None
        try:
            for question in questions:
                self._process.stdin.write(question)
                self._process.stdin.write(b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended; the reader says on which question

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[0] if lines else f"exit code {self._process.returncode}"


def shortened(question: bytes) -> str:
    text = question.decode(errors="replace")
    return text if len(text) <= 300 else f"{text[:300]}… ({len(question)} bytes)"
