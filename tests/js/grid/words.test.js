import assert from "node:assert/strict";
import { test } from "node:test";
import { gridKeymap } from "../../../static/js/grid/keys.js";
import { classFinished } from "../../../static/js/grid/notices.js";
import { cellWords, confirmWords, footWords, nothingLeft, pageWords, relabelWords } from "../../../static/js/grid/words.js";
import { actionOf } from "../../../static/js/review/keymap.js";

const nothing = { relabelled: [], selected: 0, unseen: 0, loading: 0, broken: [] };

test("the button spells out how many cells it confirms, and as what", () => {
  assert.equal(confirmWords(57, "Segmented neutrophil"), "Confirm the remaining 57 as segmented neutrophil");
  assert.equal(confirmWords(57, "LGL"), "Confirm the remaining 57 as LGL");
});

test("the foot says what was done, and what a confirmation leaves out", () => {
  assert.equal(
    footWords({ ...nothing, relabelled: [{ label: "Band neutrophil", verdict: "label", count: 1 }], selected: 2 }),
    "1 corrected to band neutrophil. The 2 selected stay undecided and come back one at a time.",
  );
  assert.equal(footWords({ ...nothing, broken: [4, 9] }), "The pictures of cells 4 and 9 can’t be shown: they stay undecided.");
  assert.equal(footWords({ ...nothing, broken: [4] }), "The picture of cell 4 can’t be shown: it stays undecided.");
  assert.match(footWords({ ...nothing, loading: 1 }), /^1 picture is still loading/);
  assert.match(footWords({ ...nothing, unseen: 12 }), /^12 cells haven’t been on the screen yet/);
  assert.equal(footWords(nothing), "");
});

test("page, selection and cell in words", () => {
  assert.equal(pageWords({ page: 1, pages: 9, left: 481 }), "page 1 of 9, 481 cells left in this class");
  assert.equal(relabelWords(2, "8"), "Relabel the 2 selected as");
  assert.equal(relabelWords(0, "8"), "Relabel cell 8 as");
  assert.equal(relabelWords(0, null), "Select cells to relabel");
  assert.equal(cellWords({ place: 4, of: 60, said: "band neutrophil", broken: false, loading: false }), "Cell 4 of 60, relabelled: band neutrophil");
  assert.equal(cellWords({ place: 4, of: 60, said: null, broken: true, loading: false }), "Cell 4 of 60, its picture can’t be shown");
});

test("a class at its end says so and leads to the next one", () => {
  assert.equal(nothingLeft("Segmented neutrophil"), "No segmented neutrophils left in your queue.");
  assert.equal(nothingLeft("Debris"), "No cells of the class debris left in your queue.");
  const { heading, text, choices } = classFinished({
    label: "Monocyte",
    next: { label: "Basophil", left: 12 },
    undecided: 2,
    single: "/rounds/a/review",
  });
  assert.equal(heading, "No monocytes left in your queue.");
  assert.equal(text, "2 cells that you left undecided come one at a time.");
  assert.deepEqual(choices, [
    { label: "Go on with basophil, 12", act: "next_class" },
    { label: "One at a time", href: "/rounds/a/review" },
  ]);
});

test("Enter confirms the page, and not while it is held; Space, which selects, confirms nothing", () => {
  const keymap = gridKeymap([{ name: "monocyte", key: "O" }], { confirm: ["Enter", "Space"] });
  const pressed = { key: "Enter", code: "Enter" };
  assert.deepEqual(actionOf(keymap, pressed), { action: { type: "confirm_page" }, held: false });
  assert.equal(actionOf(keymap, { ...pressed, repeat: true })?.held, true);
  assert.equal(actionOf(keymap, { key: " ", code: "Space" }), null);
  assert.equal(actionOf(keymap, { key: "ArrowLeft", code: "ArrowLeft" }), null);
  assert.deepEqual(actionOf(keymap, { key: "o", code: "KeyO" })?.action, { type: "class", name: "monocyte" });
});
