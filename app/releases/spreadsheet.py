"""Free text in a CSV field, made harmless for spreadsheets so that it can be had back exactly.

A spreadsheet takes a field that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return for a formula and
runs it. Such a text gets an apostrophe in front, which spreadsheets read as "this is text". So that nothing is lost, a
text that begins with an apostrophe of its own gets one more: whoever reads a field takes one leading apostrophe off,
whatever follows it.

A list in a field is joined by ``|``. Inside an item a backslash is written ``\\\\`` and a bar ``\\x7c``, so that
splitting at every bar is always right. The whole field is then made harmless like any text; a reader goes the other
way round.
"""

import re
from collections.abc import Iterable

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

MARKED = (*DANGEROUS, "'")
BAR = "|"
ESCAPED_BAR = r"\x7c"
ESCAPED = re.compile(r"\\\\|\\x7c")


def harmless(text: str) -> str:
    """The field for a free text.

    >>> harmless("=1+1"), harmless("'quoted'"), harmless("clumped chromatin")
    ("'=1+1", "''quoted'", 'clumped chromatin')
    """
    return "'" + text if text.startswith(MARKED) else text


def original(field: str) -> str:
    """The free text behind a field: :func:`harmless` undone.

    >>> original("'=1+1")
    '=1+1'
    """
    return field.removeprefix("'")


def harmless_list(items: Iterable[str]) -> str:
    """The field for a list of free texts.

    >>> harmless_list(["-1.tif", "a|b.tif"])
    "'-1.tif|a\\\\x7cb.tif"
    """
    return harmless(BAR.join(item.replace("\\", "\\\\").replace(BAR, ESCAPED_BAR) for item in items))


def original_list(field: str) -> list[str]:
    """The free texts behind a field: :func:`harmless_list` undone.

    An empty field is an empty list; a list whose only item is empty can't be told from it, but no path is empty.
    """
    joined = original(field)
    if not joined:
        return []
    return [ESCAPED.sub(unescaped, item) for item in joined.split(BAR)]


def unescaped(escape: re.Match[str]) -> str:
    return BAR if escape[0] == ESCAPED_BAR else "\\"
