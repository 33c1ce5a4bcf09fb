"""The type checker that runs under the tests: every call is checked against its annotations, array shapes included."""

from pathlib import Path

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))

_SOURCES = Path(__file__).resolve().parents[1] / "src" / "hedgerow"


def install() -> None:
    """Check all modules but the kernels, which numba types itself. Must run before hedgerow is imported."""
    modules = [
        ".".join(("hedgerow", *path.relative_to(_SOURCES).with_suffix("").parts))
        for path in _SOURCES.rglob("*.py")
        if path.name not in ("__init__.py", "compiling.py") and not path.name.endswith("kernels.py")
    ]
    install_import_hook(modules, "shape_checks.checked")
