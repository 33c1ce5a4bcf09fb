"""The ``[[policy]]`` tables of a study on simulated paths: which kinds there are, and what each asks for."""

from typing import Any, Final, TypeAlias, get_args

import msgspec

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_tables import LabPolicy
from hedgerow.core.errors import InputError
from hedgerow.core.toml_words import in_toml_words, nearest
from hedgerow.policy import AnyPolicy

PolicyRule: TypeAlias = LabPolicy | AnyPolicy
"""What a ``[[policy]]`` table can be: a policy, or a line that stands for one which the study itself shapes."""


def _kinds() -> dict[str, Any]:
    """Return every kind; where both know a name, a study on paths has its own way of writing it."""
    kinds = (*get_args(AnyPolicy), *get_args(LabPolicy))
    return {str(kind.__struct_config__.tag): kind for kind in kinds}


POLICY_KINDS: Final[dict[str, Any]] = _kinds()
"""By the word after ``kind``."""


ENGINE_ONLY: Final = ("look_every_s",)
"""Keys that tell an engine when to look; a study has dates."""


class NamedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[policy]]`` table, read.

    Parameters
    ----------
    kind : str
        Its kind.
    name : str
        For people; unlike those of the others.
    rule : PolicyRule
        What its keys say.
    """

    kind: str
    name: str
    rule: PolicyRule


def read_policies(study: SimulationStudy) -> tuple[NamedPolicy, ...]:
    """Read the ``[[policy]]`` tables.

    Parameters
    ----------
    study : SimulationStudy
        The study.

    Returns
    -------
    tuple of NamedPolicy
        In the order of the file. [none]

    Raises
    ------
    ConfigError
        If a kind is not known, or a key is missing, unknown or outside its domain.
    """
    found: list[NamedPolicy] = []
    for i, table in enumerate(study.policy):
        rule = _rule(study, f"policy[{i}]", dict(table))
        kind = str(table["kind"])
        name = str(table.get("name", "") or _unused(kind, [policy.name for policy in found]))
        if not name.isprintable():
            raise study.error(f"policy[{i}].name", "holds control characters", "use printable text")
        if name in [policy.name for policy in found]:
            raise study.error(f"policy[{i}].name", f"{name!r} is the name of another policy", "give each its own")
        found.append(NamedPolicy(kind=kind, name=name, rule=rule))
    return tuple(found)


def _unused(kind: str, taken: list[str]) -> str:
    """Return the kind as a name, with a number behind it if it is taken."""
    number, name = 1, kind
    while name in taken:
        number += 1
        name = f"{kind} {number}"
    return name


def _rule(study: SimulationStudy, where: str, table: dict[str, Any]) -> PolicyRule:
    if "kind" not in table:
        raise study.error(where, "names no kind", f"there is {', '.join(POLICY_KINDS)}")
    kind = table["kind"]
    if not isinstance(kind, str) or kind not in POLICY_KINDS:
        near = nearest(str(kind), POLICY_KINDS)
        raise study.error(f"{where}.kind", f"is {kind!r}", f"there is {', '.join(POLICY_KINDS)}{near}")
    if not isinstance(table.pop("name", ""), str):
        raise study.error(f"{where}.name", "is no text", "write it in quotes")
    struct = POLICY_KINDS[kind]
    known = {key.encode_name: key for key in msgspec.structs.fields(struct) if key.encode_name not in ENGINE_ONLY}
    for key in table:
        if key != "kind" and key not in known:
            takes = ", ".join(known) or "no key of its own"
            raise study.error(f"{where}.{key}", "unknown key", f"{kind} takes {takes}{nearest(key, known)}")
    if "risk_aversion" in known and "risk_aversion" not in table and study.objective.risk_aversion is not None:
        table["risk_aversion"] = study.objective.risk_aversion
    for key, field in known.items():
        if field.required and key not in table:
            raise study.error(where, f"{kind} needs {key}", "add it")
    return _convert(study, where, table, struct)


def _convert(study: SimulationStudy, where: str, table: dict[str, Any], struct: Any) -> PolicyRule:
    """Make the rule; what its type or its own rules refuse is told with the key."""
    try:
        rule: PolicyRule = msgspec.convert(table, struct)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
        key = path.rstrip("`")
        if not key and " = " in problem:  # a rule of the type itself, which names its field
            key, problem = problem.split(" = ")[0], problem.partition(" - at ")[0]
        problem, written = in_toml_words(problem, key)
        told, _, advice = problem.partition("; ")
        advice = advice or written
        raise study.error(f"{where}.{key}" if key in table else where, told, advice) from None
    except InputError as error:
        key = error.problem.partition(" = ")[0]
        field = f"{where}.{key}" if key in table else where
        raise study.error(field, error.problem, error.advice) from None
    return rule
