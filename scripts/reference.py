"""Write the tables of docs/reference/ from the code: python -m scripts.reference

What stands between `<!-- from the code -->` and `<!-- end -->` is replaced, the rest of a page is written by hand.
A test compares the pages with the code, so that neither can move alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference"
REGION = re.compile(r"(?<=<!-- from the code -->\n).*(?=<!-- end -->)", re.DOTALL)
DEFAULT_IN_WORDS = re.compile(r"\s*Default: (.+)\.$")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def settings() -> str:
    """Every setting with its default; a default that depends on others is told in the field's own words."""
    from app.settings import Settings

    def row(name: str, field: Any) -> tuple[str, ...]:
        meaning = field.description or ""
        in_words = DEFAULT_IN_WORDS.search(meaning)
        default = in_words[1] if in_words else f"`{field.default}`"
        return f"`CYTOREVIEW_{name.upper()}`", DEFAULT_IN_WORDS.sub("", meaning), default

    fields = Settings.model_fields.items()
    return "\n" + table(("setting", "meaning", "default"), (row(*field) for field in fields)) + "\n"


def commands() -> str:
    """Every command with its arguments and options, in the words of its own help."""
    import typer

    from app.cli import complete

    return "\n" + "".join(map(command, leaves(typer.main.get_command(complete()), "cytoreview")))


def leaves(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, one in sorted(group.commands.items()):
        if one.hidden:
            continue
        if hasattr(one, "commands"):
            yield from leaves(one, f"{path} {name}")
        else:
            yield f"{path} {name}", one


def command(named: tuple[str, Any]) -> str:
    path, one = named
    parameters = [each for each in one.params if not getattr(each, "hidden", False) and each.name != "help"]
    usage = [path, *(usage_of(each) for each in parameters if each.param_type_name == "argument" or each.required)]
    options = [(f"`{spelling(each)}`", " ".join((each.help or "").split()), default_of(each)) for each in parameters]
    shown = table(("argument or option", "meaning", "default"), options) + "\n" if options else ""
    words = "\n\n".join(" ".join(part.split()) for part in (one.help or "").split("\n\n"))
    return f"## `{path}`\n\n    {' '.join(usage)}\n\n{words}\n\n{shown}"


def usage_of(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper()
        return name if parameter.required else f"[{name}]"
    return spelling(parameter)


def spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str((parameter.metavar or parameter.name).upper())
    names = ", ".join(parameter.opts)
    if parameter.is_flag:
        return "/".join([names, *parameter.secondary_opts])
    return f"{names} {(parameter.metavar or parameter.name).upper()}{'…' if parameter.multiple else ''}"


def default_of(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or value is False or value in ("", [], ()) or callable(value):
        return ""
    return f"`{', '.join(map(str, value)) if isinstance(value, list | tuple) else value}`"


def routes() -> str:
    """Every route of the REST API: who may call it, and the first sentence of what it says of itself."""
    from app.database import Database
    from app.images.store import BlobStore
    from app.main import create_application
    from app.settings import Settings

    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/unused.db")
        application = create_application(Settings(), database, BlobStore("memory:///"))
        paths = application.openapi()["paths"]
        database.close()
    operations = [
        (f"`{method.upper()} {path}`", operation["x-role"], first_sentence(operation.get("description", "")))
        for path in sorted(paths)
        for method, operation in paths[path].items()
    ]
    return "\n" + table(("route", "who", "what"), operations) + "\n"


def first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


WRITERS: dict[str, Callable[[], str]] = {"settings.md": settings, "commands.md": commands, "rest.md": routes}


def written(page: Path, writer: Callable[[], str]) -> str:
    """The page with its region as the code has it now."""
    text, regions = REGION.subn(lambda _: writer(), page.read_text())
    if regions != 1:
        raise ValueError(f"{page.name} has {regions} regions from the code, and needs one")
    return text


if __name__ == "__main__":
    for name, writer in WRITERS.items():
        page = PAGES / name
        page.write_text(written(page, writer))
