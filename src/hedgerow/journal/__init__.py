"""Floor 11: the record from which everything replays."""

from hedgerow.journal.build import machine_header
from hedgerow.journal.framing import LARGEST_RECORD, Header
from hedgerow.journal.reading import Extent, Recording, TornTail, read_journal, scan
from hedgerow.journal.replaying import Divergence, Replay, replay
from hedgerow.journal.segments import Journal, mend

__all__ = [
    "LARGEST_RECORD",
    "Divergence",
    "Extent",
    "Header",
    "Journal",
    "Recording",
    "Replay",
    "TornTail",
    "machine_header",
    "mend",
    "read_journal",
    "replay",
    "scan",
]
