"""The example studies as text that a test may change."""

import functools
from pathlib import Path

import hedgerow as hr
import hedgerow.examples
from hedgerow.config import Study

EXAMPLE = Path(hedgerow.examples.__file__).parent / "lp-2023-08-13"

ONE_DAY = (
    ("start = 2023-08-13T00:00:00Z", "start = 2023-08-15T00:00:00Z"),
    ("end = 2023-08-17T00:00:00Z", "end = 2023-08-16T00:00:00Z"),
)
"""Only 15 August 2023, a whole day inside of the example."""

SIX_HOURS = (ONE_DAY[0], ("end = 2023-08-17T00:00:00Z", "end = 2023-08-15T06:00:00Z"))
"""The first six hours of that day."""


@functools.cache
def study_text(file: str = "study.toml") -> str:
    """Return an example study whose data files are named by absolute paths."""
    text = (EXAMPLE / file).read_text()
    for name in ("pool", "price", "gas", "funding"):
        text = text.replace(f'file = "{name}.parquet"', f'file = "{EXAMPLE / name}.parquet"')
    return text


def changed(text: str, *edits: tuple[str, str]) -> str:
    """Replace the first place of each old text, which must be there."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def policies(text: str, *tables: str) -> str:
    """Put these policies in the place of the example's."""
    kept = text[: text.index("[[policy]]")]
    return kept + "".join(f"[[policy]]\n{table}\n" for table in tables)


def band(tolerance: float, more: str = "") -> str:
    """Return the table of a policy with a band."""
    return f'name = "band {tolerance:g}"\nkind = "delta_tolerance"\ntolerance = {tolerance!r}\n{more}'


def grid(every_s: float, more: str = "") -> str:
    """Return the table of a policy with a grid."""
    return f'name = "grid {every_s:g}"\nkind = "time_grid"\nevery_s = {every_s!r}\n{more}'


def load(folder: Path, text: str) -> Study:
    """Write a study into a folder and read it."""
    path = folder / "study.toml"
    path.write_text(text)
    return hr.load_study(path)
