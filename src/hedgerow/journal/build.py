"""What a replay must have in common with the recording: sources, versions, processor, settings."""

import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Final

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.journal.framing import Header

_PACKAGE: Final = Path(__file__).resolve().parents[1]


def machine_header(settings_json: str) -> Header:
    """Describe this build on this machine.

    Parameters
    ----------
    settings_json : str
        From which the engine is rebuilt. [JSON]

    Returns
    -------
    Header
        For ``Journal.create``. [as its fields say]

    Raises
    ------
    InputError
        If the settings are not JSON.

    Examples
    --------
    >>> machine_header('{"risk_aversion": 2}').config_sha256[:8]
    'cfde5077'
    """
    try:
        msgspec.json.decode(settings_json)
    except msgspec.DecodeError as error:
        raise InputError(f"settings that are not JSON: {error}", "encode them with msgspec.json") from None
    return Header(
        build=_build(),
        config_sha256=hashlib.sha256(settings_json.encode()).hexdigest(),
        cpu=_processor(),
        settings=settings_json,
    )


def sources_sha256(folder: Path = _PACKAGE) -> str:
    """Hash all Python sources below a folder, with their names.

    Parameters
    ----------
    folder : Path
        The package.

    Returns
    -------
    str
        The same for the same sources, wherever they lie. [hex]
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        for part in (path.relative_to(folder).as_posix().encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _build() -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "numba")}
    own = {"hedgerow": importlib.metadata.version("hedgerow"), "sources_sha256": sources_sha256()}
    return {**own, **versions, "python": platform.python_version()}


def _processor() -> dict[str, str]:
    """Name what numba compiles for."""
    import llvmlite.binding as llvm  # late: reading a journal needs no compiler

    try:
        features = llvm.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know them on every platform
        features = {}
    enabled = sorted(name for name, is_on in features.items() if is_on)
    return {"machine": platform.machine(), "name": llvm.get_host_cpu_name(), "features": ",".join(enabled)}
