"""What the benches share: peers in environments of their own, and processes in turn that print one JSON object each."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hedgerow.core.compiling import cache_folder
from hedgerow.core.errors import HedgerowError

_HERE: Final = Path(__file__).resolve().parent
_SCRIPTS: Final = (_HERE / "peers", _HERE.parents[2] / "benches" / "peers")
"""Where the peers' scripts lie: in a wheel, in a clone."""

_LONGEST_S: Final = 1800.0


class NotMeasured(HedgerowError):
    """A framework that cannot be measured here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A framework to compare with.

    Parameters
    ----------
    script : str
        Its script, without ``_peer.py``. [name]
    environment : str
        Folder of its environment; peers that fit together share one. [name]
    wanted : tuple of str
        What it needs installed, itself first. [pip requirement]
    ready : str
        A file there that says that it is installed. [name]
    """

    script: str
    environment: str
    wanted: tuple[str, ...]
    ready: str = "ready"

    def command(self, say: Callable[[str], None]) -> list[str]:
        """Return what runs it, installing it at its first use.

        Parameters
        ----------
        say : callable
            Told when something is installed.

        Returns
        -------
        list of str
            Its interpreter and its script. [command line]

        Raises
        ------
        NotMeasured
            If it has no script or does not install.
        """
        script = _script(self.script)
        return [str(_python(self, say)), str(script)]


def run_json(command: Sequence[str], env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a process that prints one JSON object.

    Parameters
    ----------
    command : sequence of str
        What to run. [command line]
    env : mapping of str to str, optional
        Its environment variables; this process's by default.

    Returns
    -------
    dict
        What it printed. [as its keys]

    Raises
    ------
    NotMeasured
        If it fails, prints nothing or takes too long.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False, env=env)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"not done within {_LONGEST_S:g} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = (done.stderr.strip() or "no output").splitlines()[-1]
        raise NotMeasured(f"it stopped with {done.returncode}: {said}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def interleave(
    commands: Mapping[str, Sequence[str]],
    rounds: int,
    *,
    own: Sequence[str],
    missing: dict[str, str],
    tell: Callable[[int, str], None],
    env: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Start every framework in turn, so that a slow spell of the machine meets all of them.

    Parameters
    ----------
    commands : mapping of str to sequence of str
        By name; each prints one JSON object with its ``seconds``. [command line]
    rounds : int
        How often each is started. [count]
    own : sequence of str
        Names whose failure is raised. A peer's is noted in ``missing``, and it is not started again.
    missing : dict of str to str
        Reasons by name; filled here.
    tell : callable
        Told how many processes are done and whose turn it is.
    env : mapping of str to str, optional
        Environment variables; this process's by default.

    Returns
    -------
    dict of str to dict
        The last object of each, with the seconds of all rounds. [seconds]

    Raises
    ------
    NotMeasured
        If one of ``own`` fails.
    """
    found: dict[str, dict[str, Any]] = {}
    for number in range(rounds):
        for i, (name, command) in enumerate(commands.items()):
            if name in missing:
                continue
            tell(number * len(commands) + i, name)
            try:
                result = run_json(command, env)
            except NotMeasured as reason:
                if name in own:
                    raise
                missing[name] = str(reason)
                found.pop(name, None)
                continue
            before = found.get(name, {}).get("seconds", [])
            found[name] = {**result, "seconds": [*before, *result["seconds"]]}
    return found


def _script(name: str) -> Path:
    """Find a peer's script; it is no part of the package, as another interpreter runs it."""
    for folder in _SCRIPTS:
        if (folder / f"{name}_peer.py").is_file():
            return folder / f"{name}_peer.py"
    raise NotMeasured("its script is not here")


def _python(peer: Peer, say: Callable[[str], None]) -> Path:
    """Return the interpreter of a peer's environment, made once and kept beside the kernels."""
    folder = cache_folder().parent / "peers" / peer.environment
    python = folder / "bin" / "python"
    if (folder / peer.ready).is_file():
        return python
    say(f"installing {peer.wanted[0]} into an environment apart, once")
    install = [str(python), "-m", "pip", "install", "-q", *peer.wanted]
    for command in ([sys.executable, "-m", "venv", str(folder)], install):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"not installed within {_LONGEST_S:g} s") from None
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["it does not install"]
            raise NotMeasured(errors[-1])
    (folder / peer.ready).touch()
    return python
