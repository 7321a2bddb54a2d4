"""Tables that people send: CSV as spreadsheets of several countries and systems write it."""

import codecs
import csv
import io

from app.errors import Invalid

DELIMITERS = (",", ";", "\t")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> tuple[str, int]:
    """What a text file that begins like this is written in, UTF-8 or UTF-16, and how long its byte-order mark is."""
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name, len(mark)
    # In UTF-16 every second byte of a header in Latin letters is zero.
    if head[1:2] == b"\0":
        return "utf-16-le", 0
    return ("utf-16-be", 0) if head[:1] == b"\0" else ("utf-8", 0)


def text_of(data: bytes, what: str, refusal: type[Invalid]) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte-order mark."""
    encoding, start = encoding_of(data[:3])
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal(
            f"The {what} is neither UTF-8 nor UTF-16 (byte {error.start + start:,}). Save it as “CSV UTF-8”.", what
        ) from error
    if "\0" in text:
        raise refusal(f"The {what} holds NUL characters: it isn't a text file.", what)
    return text


def header_of(
    text: str, needed: set[str], what: str, refusal: type[Invalid], one_of: frozenset[str] = frozenset()
) -> tuple[list[str], str]:
    """The names of a CSV's columns, in lower case where they are ours, and the character between columns.

    All ``needed`` ones must be there, and one of ``one_of`` where there are any. All Unicode white space around a name
    is dropped, the no-break space too.
    """
    found: list[list[str]] = []
    ours = needed | one_of | {"prefix"}
    for delimiter in DELIMITERS:
        try:
            row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error as error:
            raise refusal(
                f"The {what} can't be read as CSV: its first line is no list of columns ({error}).", what
            ) from error
        header = [name.strip() for name in row]
        header = [name.lower() if name.lower() in ours else name for name in header]
        if needed <= set(header) and (not one_of or one_of & set(header)):
            named = [name for name in header if name]
            twice = next((name for name in named if named.count(name) > 1), None)
            if twice:
                raise refusal(f"The {what} has two columns “{twice}”. Rename one of them.", what)
            return header, delimiter
        found.append(header)
    if one_of:
        raise refusal(
            f"The {what} have no column that names a cell. The first line names the columns, one of them "
            f"{', '.join(sorted(one_of))}, with a comma, semicolon or tab between them.",
            what,
        )
    names = max(found, key=len)
    missing = sorted(needed - set(names))
    raise refusal(
        f"The {what} has no column “{missing[0]}”. Its first line names the columns {', '.join(sorted(needed))}, "
        "with a comma, semicolon or tab between them.",
        what,
    )
