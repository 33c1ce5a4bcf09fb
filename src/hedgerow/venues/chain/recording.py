"""What a node said, as lines of JSON: written while it speaks, played back through the same port.

Each line is ``{"asked": [method, params], "answer": …}``, ``{"head": …, "at": …}`` or ``{"clock": …, "of": …}``.
Answers are found by their question, and times by what they were asked for, so another command may play a recording as
long as it asks nothing new; the same question asked twice has its answers in their order, and the last one for ever
after.
"""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from hedgerow.core.errors import InputError, Rejected, VenueFault
from hedgerow.venues.chain.wire import Answer, Heard, Question, Wire


class NoAnswer(Rejected):
    """A recording was asked what nobody asked when it was made."""


class RecordingWire:
    """Passes everything through and writes it down.

    Parameters
    ----------
    inner : Wire
        The node.
    path : Path
        A new file.

    Raises
    ------
    InputError
        If the file is there already, or cannot be written.
    """

    def __init__(self, inner: Wire, path: Path) -> None:
        self._inner = inner
        self.name = inner.name
        self._path, self._is_empty = path, True
        try:
            self._file: IO[bytes] = path.open("xb")
        except FileExistsError:
            raise InputError(f"{path}: is there already", "record into a new file") from None
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror})", "name another file") from None

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """As the port says."""
        answers = await self._inner.ask(questions)
        for question, answer in zip(questions, answers, strict=True):
            self._write({"asked": [question.method, question.params], "answer": answer})
        return answers

    async def heads(self) -> AsyncIterator[Heard]:
        """As the port says."""
        async for heard in self._inner.heads():
            self._write({"head": heard.head, "at": heard.at_ns})
            yield heard

    def clock_ns(self, purpose: str = "") -> int:
        """As the port says: the time, written down. [UTC epoch ns]"""
        now = self._inner.clock_ns(purpose)
        self._write({"clock": now, "of": purpose})
        return now

    async def pause(self, seconds: float) -> None:
        """As the port says."""
        await self._inner.pause(seconds)

    async def close(self) -> None:
        """As the port says; where nothing was said no file is left."""
        try:
            self._file.close()
        finally:
            if self._is_empty:
                self._path.unlink(missing_ok=True)
            await self._inner.close()

    def _write(self, line: dict[str, Any]) -> None:
        """Append one whole line; what is in the file is whole up to the last line feed, whatever happens."""
        self._is_empty = False
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()


class PlayedWire:
    """A recording that answers like the node did.

    Parameters
    ----------
    path : Path
        The recording.

    Raises
    ------
    InputError
        If it cannot be read, or holds a line that is none of a recording.
    """

    def __init__(self, path: Path) -> None:
        self.name = f"recording:{path}"
        self.lost_bytes = 0
        self.is_over = False
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)
        self._heads: list[Heard] = []
        self._clock: dict[str, deque[int]] = defaultdict(deque)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})", "give a file made by --record") from None
        lines = content.split(b"\n")
        self.lost_bytes = len(lines.pop())
        for number, line in enumerate(lines, 1):
            try:
                self._take(msgspec.json.decode(line))
            except (ValueError, KeyError, TypeError, RecursionError, msgspec.MsgspecError):
                raise InputError(
                    f"{path}: line {number} is none of a recording", "give a file made by --record"
                ) from None
        if not self._answers:
            raise InputError(f"{path}: holds no whole line", "give a file made by --record")

    @property
    def remark(self) -> str:
        """What is to be said of the file; empty if it is whole. [text]"""
        if not self.lost_bytes:
            return ""
        return f"{self.name}: its last line is cut off, {self.lost_bytes} bytes of it were left out"

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """As the port says; a question that was not asked then is refused."""
        return [self._recall(question) for question in questions]

    async def heads(self) -> AsyncIterator[Heard]:
        """As the port says, but it ends where the recording does."""
        for i, heard in enumerate(self._heads):
            self.is_over = i == len(self._heads) - 1
            yield heard

    def clock_ns(self, purpose: str = "") -> int:
        """As the port says: the time then. [UTC epoch ns]"""
        times = self._clock[purpose]
        return times.popleft() if len(times) > 1 else (times[0] if times else 0)

    async def pause(self, seconds: float) -> None:
        """As the port says: nobody waits."""

    async def close(self) -> None:
        """As the port says: there is nothing to hang up."""

    def _take(self, line: dict[str, Any]) -> None:
        if "head" in line:
            self._heads.append(Heard(line["head"], int(line["at"])))
        elif "clock" in line:
            self._clock[str(line["of"])].append(int(line["clock"]))
        else:
            method, params = line["asked"]
            self._answers[_key(method, params)].append(msgspec.convert(line["answer"], Answer))

    def _recall(self, question: Question) -> Answer:
        answers = self._answers.get(_key(question.method, question.params))
        if not answers:
            raise NoAnswer(
                self.name,
                VenueFault.REFUSED,
                f"the recording holds no answer to {question.method}",
                "play it with the command and options with which it was made",
            )
        return answers.popleft() if len(answers) > 1 else answers[0]


def open_wire(url: str, record: Path | None = None) -> Wire:
    """Open whatever an address names.

    Parameters
    ----------
    url : str
        A node, ``recording:FILE``, or a file that ends in ``.jsonl``.
    record : Path or None
        Where to write down what a node says; None writes nothing.

    Returns
    -------
    Wire
        Not yet connected. [as the port says]

    Raises
    ------
    InputError
        If a recording cannot be read, or the new one cannot be written.
    """
    from hedgerow.venues.chain.live import LiveWire

    is_file = url.startswith("recording:") or url.endswith(".jsonl")
    wire: Wire = PlayedWire(Path(url.removeprefix("recording:"))) if is_file else LiveWire(url)
    return wire if record is None else RecordingWire(wire, record)


def _key(method: str, params: list[Any]) -> str:
    return json.dumps([method, params], sort_keys=True)
