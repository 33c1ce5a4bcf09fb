"""Words of the command line into values."""

from collections.abc import Sequence

from hedgerow.core.errors import InputError


def neutral_targets(words: Sequence[str]) -> dict[str, float | tuple[float, float]]:
    """Read ``--neutral`` options.

    Parameters
    ----------
    words : sequence of str
        Each ``NAME=VALUE`` or ``NAME=LOWER:UPPER``.

    Returns
    -------
    dict of str to float or (float, float)
        Targets by name. [desk units]

    Raises
    ------
    InputError
        If a word has another form, or a Greek is named twice.

    Examples
    --------
    >>> neutral_targets(["delta=0", "vega_per_volpoint=-500:500"])
    {'delta': 0.0, 'vega_per_volpoint': (-500.0, 500.0)}
    """
    targets: dict[str, float | tuple[float, float]] = {}
    for word in words:
        name, separator, value = word.partition("=")
        if not separator or name in targets:
            raise InputError(f"--neutral {word}", "give each Greek once, as delta=0 or delta=-1:1")
        try:
            numbers = [float(number) for number in value.split(":")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2):
            raise InputError(f"--neutral {word}", "give a number, or a band LOWER:UPPER")
        targets[name] = numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
    return targets
