"""The journal of a backtest: written once, and checked and continued when the same study runs again."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hedgerow.core.errors import ConfigError
from hedgerow.engine import EngineSettings
from hedgerow.events import Record, encode
from hedgerow.journal import Header, Journal, Recording, machine_header, read_journal


@contextlib.contextmanager
def open_record(
    folder: Path | None, settings: EngineSettings, say: Callable[[str], None]
) -> Iterator[Callable[[Record], object] | None]:
    """Open the journal of one run.

    A simulation is deterministic, so going on after a stop means running again: what the journal holds already must
    come out again, byte for byte, and what is new is appended.

    Parameters
    ----------
    folder : Path or None
        Where; None for no journal.
    settings : EngineSettings
        Go into the header, so that the journal alone replays.
    say : callable
        Told in words what was found.

    Yields
    ------
    callable or None
        Takes every record in order. [function]

    Raises
    ------
    ConfigError
        If the folder holds the journal of another study, another build, or of a run that differs.
    """
    if folder is None:
        yield None
        return
    header = machine_header(msgspec.json.encode(settings).decode())
    if not any(folder.glob("*.journal")):
        _check_empty(folder)
        with Journal.create(folder, header) as journal:
            yield lambda record: journal.append(encode(record))
        return
    with Journal.resume(folder) as journal:
        _check_header(folder, journal.header, header)
        if journal.torn is not None:
            lost = f"{journal.torn.lost_bytes} bytes after record {journal.torn.good_records}"
            say(f"{folder}: a torn tail was cut back to the last good record ({lost} were lost)")
        if journal.count:
            say(f"{folder}: {journal.count} records are there; they are checked, then continued")
        continued = _Continued(folder, read_journal(folder), journal)
        yield continued
        continued.check_end()


def _check_empty(folder: Path) -> None:
    """Refuse a folder that holds something else; a lock is what a run leaves that was killed at its start."""
    strangers = [path.name for path in folder.iterdir() if path.name != "lock"] if folder.exists() else []
    if strangers:
        raise ConfigError(str(folder), "", f"holds {strangers[0]} and no journal", "name a new folder")


def _check_header(folder: Path, found: Header, wanted: Header) -> None:
    if found.config_sha256 != wanted.config_sha256:
        raise ConfigError(str(folder), "", "the journal of another study or policy", "name a new folder")
    if found.build != wanted.build or found.cpu != wanted.cpu:
        raise ConfigError(str(folder), "", "was written by another build or processor", "name a new folder")


class _Continued:
    """Compares as long as the journal has records, then appends."""

    def __init__(self, folder: Path, recording: Recording, journal: Journal) -> None:
        self._folder, self._journal = folder, journal
        self._left = journal.count
        self._records = recording.records()

    def check_end(self) -> None:
        """Refuse a journal that holds more than the run.

        Raises
        ------
        ConfigError
            If records are left.
        """
        if self._left:
            problem = f"{self._left} records stand behind the end of this run"
            raise ConfigError(str(self._folder), "", problem, "name a new folder")

    def __call__(self, record: Record) -> None:
        payload = encode(record)
        if not self._left:
            self._journal.append(payload)
            return
        self._left -= 1
        if next(self._records) != payload:
            number = self._journal.count - self._left - 1
            problem = f"record {number} is not what this run does: {type(record).__name__} differs"
            raise ConfigError(str(self._folder), "", problem, "name a new folder, and report it if nothing has changed")
