"""Words that pages show and that stand in Python, marked so that they are found and translated.

They are kept in English wherever they lie. Only the edge, which knows who looks, says them in another language.
"""

from dataclasses import dataclass, field


def msg(text: str) -> str:
    """Marks a text, as it is, as one that pages translate; values come into it as ``{name}``."""
    return text


@dataclass(frozen=True)
class Words:
    """A text with its values, not yet in anybody's language."""

    template: str
    values: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


def phrase(template: str, /, **values: object) -> Words:
    """A text with its values: ``phrase("the round {name}", name=…)``."""
    return Words(template, values)
