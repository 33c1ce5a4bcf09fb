"""What the chain side needs beyond Hedgerow's own libraries, loaded when first used."""

from types import ModuleType

from hedgerow.core.errors import InputError


def chain_library(name: str) -> ModuleType:
    """Load a library of the extra ``chain``.

    Parameters
    ----------
    name : str
        Its import name.

    Returns
    -------
    module
        The library. [module]

    Raises
    ------
    InputError
        If it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(
            f"talking to a node needs {name.partition('.')[0]}, which is not installed",
            "pip install 'hedgerow[chain]'",
        ) from None
