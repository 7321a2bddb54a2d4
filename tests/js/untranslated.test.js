/** What scripts show or say goes through t() or tn(): no text in quotes reaches a person past them. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { parse } from "acorn";

/** @typedef {Record<string, any>} Node  of acorn's tree */

const shown = new Set(["alt", "ariaDescription", "ariaLabel", "innerText", "placeholder", "text", "textContent", "title"]);
const spokenAttributes = new Set(["alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "placeholder", "title"]);
const says = new Set(["announce", "say"]);
const translates = new Set(["t", "tn"]);

/** The texts of an expression that aren't translated. @param {Node} node @returns {Node[]} */
function texts(node) {
  switch (node?.["type"]) {
    case "Literal":
      return typeof node["value"] === "string" && readsLikeWords(node["value"]) ? [node] : [];
    case "TemplateLiteral":
      return [
        ...node["quasis"].filter((/** @type {Node} */ one) => readsLikeWords(one["value"].cooked)),
        ...node["expressions"].flatMap(texts),
      ];
    case "ConditionalExpression":
      return [...texts(node["consequent"]), ...texts(node["alternate"])];
    case "LogicalExpression":
      return [...texts(node["left"]), ...texts(node["right"])];
    case "BinaryExpression":
      return node["operator"] === "+" ? [...texts(node["left"]), ...texts(node["right"])] : [];
    case "ArrayExpression":
      return node["elements"].flatMap(texts);
    case "ArrowFunctionExpression":
      return texts(node["body"]);
    case "ObjectExpression":
      return node["properties"].flatMap((/** @type {Node} */ one) => texts(one["value"]));
    case "CallExpression":
      return translates.has(node["callee"]["name"]) ? [] : texts(node["callee"]["object"]);
    default:
      return [];
  }
}

/** @param {string} text */
function readsLikeWords(text) {
  return /\p{L}{2,}/u.test(text);
}

/** What a statement shows or says. @param {Node} node @returns {Node[]} */
function shownBy(node) {
  if (node["type"] === "AssignmentExpression" && shown.has(node["left"]["property"]?.["name"])) return texts(node["right"]);
  if (node["type"] !== "CallExpression") return [];
  const called = node["callee"]["property"]?.["name"] ?? node["callee"]["name"] ?? "";
  const [first, second] = node["arguments"];
  if (called === "setAttribute" && spokenAttributes.has(first?.["value"])) return texts(second);
  return says.has(called) ? node["arguments"].flatMap(texts) : [];
}

/** @param {Node} node @returns {Node[]} */
function everything(node) {
  const inside = Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]));
  return [node, ...inside.filter((value) => value && typeof value["type"] === "string").flatMap(everything)];
}

/** @param {string} source */
function untranslated(source) {
  const tree = /** @type {Node} */ (/** @type {unknown} */ (parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true })));
  return everything(tree).flatMap(shownBy).map((node) => `line ${node["loc"].start.line}: ${node["value"]?.cooked ?? node["value"]}`);
}

const scripts = new URL("../../static/js/", import.meta.url);

for (const name of readdirSync(scripts, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"))) {
  test(`${name} shows no words of its own`, () => {
    assert.deepEqual(untranslated(readFileSync(new URL(name, scripts), "utf8")), []);
  });
}

test("words past t() are found", () => {
  assert.deepEqual(untranslated('button.textContent = done ? "Saved" : t("Save");'), ["line 1: Saved"]);
  assert.deepEqual(untranslated('tile.setAttribute("aria-label", `${n} cells`);'), ["line 1:  cells"]);
  assert.deepEqual(untranslated('say(t("{n} cells", { n: "many" }));\nsay("None left");'), ["line 2: None left"]);
  assert.deepEqual(untranslated('image.src = "no words"; word.textContent = state === "done" ? "–" : t("Waiting");'), []);
});
