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


def text_of(data: bytes, what: str, refusal: type[Invalid]) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte-order mark."""
    encoding, start = "utf-8", 0
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            encoding, start = name, len(mark)
            break
    else:
        # In UTF-16 every second byte of a header in Latin letters is zero.
        if data[1:2] == b"\0":
            encoding = "utf-16-le"
        elif data[:1] == b"\0":
            encoding = "utf-16-be"
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal(
            f"The {what} is neither UTF-8 nor UTF-16 (byte {error.start + start:,}). Save it as “CSV UTF-8”.", what
        ) from error
    if "\0" in text:
        raise refusal(f"The {what} holds NUL characters: it isn't a text file.", what)
    return text


def header_of(text: str, needed: set[str], what: str, refusal: type[Invalid]) -> tuple[list[str], str]:
    """The names of a CSV's columns, in lower case where they are ours, and the character between columns.

    All Unicode white space around a name is dropped, the no-break space too.
    """
    found: list[list[str]] = []
    for delimiter in DELIMITERS:
        row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        header = [name.strip() for name in row]
        header = [name.lower() if name.lower() in needed | {"prefix"} else name for name in header]
        if needed <= set(header):
            named = [name for name in header if name]
            twice = next((name for name in named if named.count(name) > 1), None)
            if twice:
                raise refusal(f"The {what} has two columns “{twice}”. Rename one of them.", what)
            return header, delimiter
        found.append(header)
    names = max(found, key=len)
    missing = sorted(needed - set(names))
    raise refusal(
        f"The {what} has no column “{missing[0]}”. Its first line names the columns {', '.join(sorted(needed))}, "
        "with a comma, semicolon or tab between them.",
        what,
    )
