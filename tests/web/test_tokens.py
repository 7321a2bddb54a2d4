"""The colours of the pages hold the contrasts that they were chosen for (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from app.web.templating import SITE

THEMES = ("light", "dark", "dimmed")
TEXTS = ("ink", "ink-2", "ink-3", "failure")
GROUPS = ("immature", "mature", "monocyte", "lymphoid", "erythroid", "none")
ROWS = ("page", "surface", "hover", "selected")


def tokens(theme: str) -> dict[str, str]:
    sheet = (SITE / "static/css/tokens.css").read_text()
    common, dimmed = sheet.split('[data-theme="dimmed"] {')
    side = 1 if theme == "light" else 2
    found = {m[1]: m[1 + side] for m in re.finditer(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", common)}
    if theme == "dimmed":
        found |= dict(re.findall(r"--([\w-]+): (#\w{6});", dimmed))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's ratio; ``contrast("#000000", "#ffffff")`` is 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_row(theme: str) -> None:
    colours = tokens(theme)
    for text in TEXTS:
        for row in ROWS:
            assert contrast(colours[text], colours[row]) >= 4.5, (text, row)


@pytest.mark.parametrize("theme", THEMES)
def test_class_abbreviations_can_be_read_on_the_surface(theme: str) -> None:
    colours = tokens(theme)
    for group in GROUPS:
        assert contrast(colours[f"group-{group}"], colours["surface"]) >= 4.5, group


@pytest.mark.parametrize("theme", THEMES)
def test_the_edge_of_a_control_can_be_seen(theme: str) -> None:
    colours = tokens(theme)
    for row in ROWS:
        assert contrast(colours["edge"], colours[row]) >= 3, row


@pytest.mark.parametrize("theme", THEMES)
def test_the_text_of_the_filled_button_can_be_read(theme: str) -> None:
    colours = tokens(theme)
    assert contrast(colours["on-fill"], colours["fill"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_only_groups_and_failure_have_a_colour(theme: str) -> None:
    for name, colour in tokens(theme).items():
        if not name.startswith("group-") and name != "failure":
            assert colour[1:3] == colour[3:5] == colour[5:7], name
