"""Draw the pictures of the documentation from the example, into docs/pictures.

.venv/bin/python tools/draw_pictures.py [FOLDER]
"""

import sys
from pathlib import Path

import hedgerow as hr
from hedgerow.report.pictures import PICTURES

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
EXAMPLE = "eth-2024-01-08"


def main(folder: Path) -> None:
    """Write every picture, as ``surface-NAME.svg``."""
    report = hr.surface(hr.load_snapshot(hr.example(EXAMPLE)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        path = folder / f"surface-{name}.svg"
        path.write_text(draw(report), encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
