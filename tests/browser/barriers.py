"""What axe-core finds on a page, in each theme."""

from pathlib import Path

from playwright.sync_api import Page

OTHER_THEMES = ("dark", "dimmed")

FIND = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}: ${node.failureSummary}`));
}"""
FIND_CONTRAST = FIND.replace("{ resultTypes", '{ runOnly: ["color-contrast"], resultTypes')
WEAR = """(theme) => {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}"""


def barriers(page: Page, axe: str) -> dict[str, list[str]]:
    """Everything in the theme that the page has, which is light, and in the others what a theme changes: contrast."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe)
    found = {"light": page.evaluate(FIND)}
    for theme in OTHER_THEMES:
        page.evaluate(WEAR, theme)
        found[theme] = page.evaluate(FIND_CONTRAST)
    page.evaluate(WEAR, None)
    return {theme: said for theme, said in found.items() if said}


def axe_of(root: Path) -> Path:
    """Where the script that looks for barriers lies."""
    return root / "node_modules" / "axe-core" / "axe.min.js"
