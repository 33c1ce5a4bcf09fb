"""Addresses of nodes, and how they are named without the keys in them."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from hedgerow.core.errors import InputError

SOCKETS: Final = ("ws", "wss")
WEB: Final = ("http", "https")
_SHORTEST_SECRET: Final = 4
"""Parts of an address that are shorter are words, not keys. [characters]"""


def node_name(url: str) -> str:
    """Name a node for errors and recordings: keys may stand in its user info, path and query.

    Parameters
    ----------
    url : str
        As the user gave it.

    Returns
    -------
    str
        Scheme and host; a path of IPC as it is. [text]

    Examples
    --------
    >>> node_name("wss://me:word@mainnet.example.org:8546/v3/0123456789abcdef?key=x")
    'wss://mainnet.example.org:8546'
    """
    if not is_url(url):
        return url
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.partition(":")[0] + "://"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def without_secrets(text: str, url: str) -> str:
    """Strike out of a message whatever an address may have of keys.

    Parameters
    ----------
    text : str
        What a library or a node said.
    url : str
        The address.

    Returns
    -------
    str
        With an ellipsis in their places. [text]
    """
    if not is_url(url):
        return text
    name = node_name(url)
    text = text.replace(url, name)
    open_words = re.split(r"[/:]", name)
    pieces = [one for one in re.split(r"[/?#&=:@]", url) if one not in open_words]
    secrets = {word for piece in pieces for word in (piece, unquote(piece)) if len(word) >= _SHORTEST_SECRET}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def is_url(url: str) -> bool:
    """Tell an address with a scheme from a path of IPC.

    Parameters
    ----------
    url : str
        As the user gave it.

    Returns
    -------
    bool
        True if it begins with a scheme. [bool]
    """
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", url) is not None


def checked_url(url: str) -> str:
    """Accept an address that there is a way to.

    Parameters
    ----------
    url : str
        As the user gave it.

    Returns
    -------
    str
        Its scheme; empty for a path of IPC. [text]

    Raises
    ------
    InputError
        If it is none.
    """
    if not is_url(url):
        return ""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    scheme = url.partition(":")[0].lower()
    if not whole or scheme not in (*SOCKETS, *WEB):
        advice = "give ws://, wss://, http://, https:// or a path of IPC"
        raise InputError(f"{node_name(url)}: no way to talk to a node", advice)
    return scheme
