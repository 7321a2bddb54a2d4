"""Collect what pages say, and compile what translators made of it: python -m scripts.messages

Writes `translations/<language>/LC_MESSAGES/messages.po` with every message of today (those that are gone are gone,
new ones are empty), and beside it `messages.mo`, which the standard library reads at run time, and `scripts.json`, what
the pages' JavaScript needs of it. Without Babel nothing of this runs; what it writes is in the repository.

Messages come from

- templates: `_()`, `ngettext()`, `pgettext()` and `{% trans %}`, by Jinja's own extractor;
- JavaScript under `static/js/`: the texts of `t("…")` and `tn(n, "one", "many")`;
- Python under `app/`: `msg("…")`, `phrase("…")`, `speech.say("…")`, `speech.count(n, "one", "many")`, and the words of
  our errors: the first argument where an error is made or initialised, and its class's `title` and `reason`.

A message that no program could find (a variable, an f-string, a sum) is refused with its place.
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.jslexer import Token, tokenize, unquote_string
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "translations"
LANGUAGES = ("de",)

JINJA_OPTIONS = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
JINJA_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
MARKS = ("msg", "phrase")
NOT_ON_PAGES = (
    "app/cli.py",
    "app/database.py",
    "app/demo/",
    "app/images/store.py",
    "app/serving.py",
    "app/settings.py",
    "commands.py",
    # In the report of an import, in the file of a label set or of predictions, in a job's log: written once, read by
    # several people.
    "app/catalogue/labelling.py",
    "app/catalogue/predictionfile.py",
    "app/catalogue/tables.py",
    "app/jobs/apart.py",
    "app/labels/labelset.py",
    "app/releases/apart.py",
)
"""What is said to whoever starts the program or reads its reports: in English, like the rest of them."""


class Found(NamedTuple):
    """A message and where it stands."""

    text: str | tuple[str, str]
    file: str
    line: int
    context: str | None = None
    comments: tuple[str, ...] = ()


class Plain(Catalog):
    """A catalogue whose head says what it takes to read it, and not when and by what it was made."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        needed = ("Language", "Plural-Forms", "Content-Type")
        return [pair for pair in super().mime_headers if pair[0] in needed]


class Unextractable(Exception):
    """Places whose words no program could find."""


def collected() -> Catalog:
    """Every message of today, without translations, in the order of rooms and of the lines in them."""
    problems: list[str] = []
    catalog = Catalog(project="cytoreview", charset="utf-8", fuzzy=False)
    for found in (*templates(), *javascript(problems), *python(problems)):
        catalog.add(found.text, None, [(found.file, 0)], auto_comments=found.comments, context=found.context)
    if problems:
        raise Unextractable("\n".join(problems))
    return catalog


def templates() -> Iterator[Found]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        with path.open("rb") as file:
            for line, text, comments, context in extract(
                "jinja2.ext:babel_extract", file, JINJA_KEYWORDS, ["Translators:"], JINJA_OPTIONS
            ):
                words = text if isinstance(text, str) else (text[0], text[1])
                yield Found(words, name_of(path), line, context, tuple(comments))


def javascript(problems: list[str]) -> Iterator[Found]:
    for path in sorted((ROOT / "static" / "js").rglob("*.js")):
        if path.name != "i18n.js":
            yield from in_script(path.read_text(), name_of(path), problems)


def in_script(source: str, file: str, problems: list[str]) -> Iterator[Found]:
    """The texts of calls of ``t`` and ``tn``, nested ones too."""
    tokens = [token for token in tokenize(source, jsx=False, dotted=False) if not token.type.endswith("comment")]
    for at, token in enumerate(tokens[:-1]):
        is_call = token.type == "name" and token.value in ("t", "tn") and tokens[at + 1].value == "("
        if not is_call or tokens[at - 1].value in (".", "function"):
            continue
        texts = list(literals(tokens[at + 2 :], 1 if token.value == "t" else 3))
        if token.value == "t" and texts[0] is not None:
            yield Found(texts[0], file, token.lineno)
        elif token.value == "tn" and len(texts) == 3 and texts[1] is not None and texts[2] is not None:
            yield Found((texts[1], texts[2]), file, token.lineno)
        else:
            problems.append(f"{file}:{token.lineno}: {token.value}() takes its texts as they are, in quotes")


def literals(tokens: list[Token], count: int) -> Iterator[str | None]:
    """The first arguments of a call: a text where the whole argument is one in quotes, else None."""
    depth, argument = 0, list[Token]()
    for token in tokens:
        if depth == 0 and token.value in (",", ")"):
            yield unquote_string(argument[0].value) if [one.type for one in argument] == ["string"] else None
            count -= 1
            if count == 0 or token.value == ")":
                return
            argument = []
            continue
        depth += (token.value in ("(", "[", "{")) - (token.value in (")", "]", "}"))
        argument.append(token)


def python(problems: list[str]) -> Iterator[Found]:
    sources = {name_of(path): ast.parse(path.read_text()) for path in sorted((ROOT / "app").rglob("*.py"))}
    errors = error_classes(sources.values())
    for file, tree in sources.items():
        if not any(file.startswith(part) or file.endswith(part) for part in NOT_ON_PAGES):
            yield from in_module(tree, file, errors, problems)


def error_classes(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The names of our kinds of error and of all that are made from them."""
    classes = {node.name: bases(node) for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    known = {"CytoreviewError"}
    while more := {name for name, parents in classes.items() if parents & known} - known:
        known |= more
    return frozenset(known)


def bases(node: ast.ClassDef) -> set[str]:
    return {base.id for base in node.bases if isinstance(base, ast.Name)}


def in_module(tree: ast.Module, file: str, errors: frozenset[str], problems: list[str]) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in errors:
            yield from in_error_class(node, file, problems)
            continue
        match node:
            case ast.Call(func=ast.Name(id=called), args=[words, *_]) if called in MARKS or called in errors:
                yield from in_words(words, file, problems, is_marked=called in MARKS)
            case ast.Call(func=ast.Attribute(attr="say", value=ast.Name(id="speech")), args=[words, *_]):
                yield from in_words(words, file, problems)
            case ast.Call(
                func=ast.Attribute(attr="count", value=ast.Name(id="speech")),
                args=[_, ast.Constant(value=str() as one), ast.Constant(value=str() as many)],
            ):
                yield Found((one, many), file, node.lineno)


def in_error_class(node: ast.ClassDef, file: str, problems: list[str]) -> Iterator[Found]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id in ("title", "reason"):  # type: ignore[attr-defined]
            yield from in_words(statement.value, file, problems)
        for inner in ast.walk(statement):
            match inner:
                case ast.Call(func=ast.Attribute(attr="__init__"), args=[first, *_]):
                    yield from in_words(first, file, problems)


def in_words(node: ast.expr, file: str, problems: list[str], is_marked: bool = False) -> Iterator[Found]:
    """The texts of an expression. Where an error is made from a name, what bears the name is marked at its place."""
    match node:
        case ast.Constant(value=str() as text):
            yield Found(text, file, node.lineno)
        case ast.IfExp(body=body, orelse=orelse):
            yield from in_words(body, file, problems, is_marked)
            yield from in_words(orelse, file, problems, is_marked)
        case ast.BoolOp(values=values):
            for value in values:
                yield from in_words(value, file, problems, is_marked)
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call() if not is_marked:
            pass
        case _:
            problems.append(f"{file}:{node.lineno}: words take their values by name: a template in quotes, then name=…")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def translated(language: str) -> Catalog:
    """A language's catalogue as it is in the repository."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(old: Catalog, template: Catalog, language: str) -> Catalog:
    """Today's messages with the translations that there are. Nothing is guessed, so nothing is fuzzy."""
    made = Catalog(locale=language, project="cytoreview", charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            known = old.get(message.id, message.context)
            text = known.string if known and not known.fuzzy and known.id == message.id else None
            made.add(message.id, text, message.locations, auto_comments=message.auto_comments, context=message.context)
    return made


def written_po(catalog: Catalog) -> bytes:
    """The file for translators: by place, and without anything that changes by itself."""
    out = BytesIO()
    write_po(out, catalog, width=120, omit_header=True, include_lineno=False)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return head.encode() + out.getvalue().lstrip(b"\n")


def written_mo(catalog: Catalog) -> bytes:
    """What Python's gettext reads: translated messages only, English stands in for the others."""
    compact = Plain(locale=catalog.locale, fuzzy=False)
    for message in catalog:
        if message.id and is_translated(message):
            compact.add(message.id, message.string, context=message.context)
    out = BytesIO()
    write_mo(out, compact)
    return out.getvalue()


def written_scripts(catalog: Catalog) -> bytes:
    """What JavaScript asks for: the text by its English, both forms of a plural by its English singular."""
    texts: dict[str, str | list[str]] = {}
    for message in catalog:
        if message.id and is_translated(message) and any(file.startswith("static/") for file, _ in message.locations):
            if isinstance(message.id, str):
                texts[message.id] = forms(message)[0]
            else:
                texts[message.id[0]] = list(forms(message))
    # `<` is written as an escape, so that no text can end the script element in which a page carries it.
    return json.dumps(texts, ensure_ascii=False, separators=(",\n", ":")).replace("<", "\\u003c").encode() + b"\n"


def is_translated(message: Message) -> bool:
    return all(forms(message))


def forms(message: Message) -> tuple[str, ...]:
    """A translation in all its numbers, empty where there is none."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def po_file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def files(language: str, template: Catalog) -> dict[Path, bytes]:
    """What belongs into a language's folder today."""
    catalog = brought_up_to_date(translated(language), template, language)
    po = po_file(language)
    return {
        po: written_po(catalog),
        po.with_suffix(".mo"): written_mo(catalog),
        po.with_name("scripts.json"): written_scripts(catalog),
    }


def untranslated(language: str, template: Catalog) -> list[str]:
    catalog = brought_up_to_date(translated(language), template, language)
    return [str(message.id) for message in catalog if message.id and not is_translated(message)]


def main() -> int:
    try:
        template = collected()
    except Unextractable as problems:
        print(problems, file=sys.stderr)
        return 1
    for language in LANGUAGES:
        missing = untranslated(language, template)
        for path, content in files(language, template).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
                print(f"wrote {path.relative_to(ROOT)}")
        print(f"{language}: {len(template)} messages, {len(missing)} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
