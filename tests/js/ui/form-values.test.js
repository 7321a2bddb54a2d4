import assert from "node:assert/strict";
import { test } from "node:test";

import { fillAddress, formValues } from "../../../static/js/ui/form-values.js";

/** @param {Partial<import("../../../static/js/ui/form-values.js").Entry> & {name: string}} entry */
function entry({ value = "", kind = "text", ...rest }) {
  return { value, kind, ...rest };
}

test("a text field is its text, a number field a number", () => {
  const values = formValues([entry({ name: "name", value: "First half" }), entry({ name: "days", value: "90", kind: "number" })]);
  assert.deepEqual(values, { name: "First half", days: 90 });
});

test("a percentage is a share of one, without the dust of binary fractions", () => {
  const values = formValues([
    entry({ name: "repeat_share", value: "7", kind: "percent" }),
    entry({ name: "trap_share", value: "0", kind: "percent" }),
    entry({ name: "other_share", kind: "percent" }),
  ]);
  assert.deepEqual(values, { repeat_share: 0.07, trap_share: 0 });
});

test("an empty number is left out, because it is no number", () => {
  assert.deepEqual(formValues([entry({ name: "seed", kind: "number" })]), {});
});

test("an empty text is kept unless its field says otherwise", () => {
  const values = formValues([
    entry({ name: "stain" }),
    entry({ name: "slug", empty: "omit" }),
    entry({ name: "url", empty: "null" }),
  ]);
  assert.deepEqual(values, { stain: "", url: null });
});

test("a checkbox alone is true or false", () => {
  const values = formValues([
    entry({ name: "names_hidden", kind: "checkbox", checked: true }),
    entry({ name: "reason_required", kind: "checkbox" }),
  ]);
  assert.deepEqual(values, { names_hidden: true, reason_required: false });
});

test("checkboxes of one name make a list of the chosen, empty where none is", () => {
  const reviewers = ["reviewer1", "reviewer2", "reviewer3"];
  const chosen = formValues(
    reviewers.map((value) => entry({ name: "reviewers", value, kind: "checkbox", list: true, checked: value !== "reviewer2" })),
  );
  const none = formValues(reviewers.map((value) => entry({ name: "reviewers", value, kind: "checkbox", list: true })));
  assert.deepEqual(chosen, { reviewers: ["reviewer1", "reviewer3"] });
  assert.deepEqual(none, { reviewers: [] });
});

test("of radio buttons the chosen one counts", () => {
  const values = formValues([
    entry({ name: "presentation", value: "blind", kind: "radio" }),
    entry({ name: "presentation", value: "sighted", kind: "radio", checked: true }),
  ]);
  assert.deepEqual(values, { presentation: "sighted" });
});

test("a dotted name is an object in an object", () => {
  const values = formValues([entry({ name: "filter.state", value: "disputed" }), entry({ name: "filter.q", value: "basophil" })]);
  assert.deepEqual(values, { filter: { state: "disputed", q: "basophil" } });
});

test("a field can carry JSON or a truth value", () => {
  const values = formValues([
    entry({ name: "filter", value: '{"given_label":"monocyte"}', kind: "json" }),
    entry({ name: "disabled", value: "true", kind: "boolean" }),
  ]);
  assert.deepEqual(values, { filter: { given_label: "monocyte" }, disabled: true });
});

test("an address is filled from the answer, with everything escaped", () => {
  assert.equal(fillAddress("/datasets/{slug}/import", { slug: "smears-2024" }), "/datasets/smears-2024/import");
  assert.equal(fillAddress("/jobs/{id}", { id: "a/b" }), "/jobs/a%2Fb");
});
