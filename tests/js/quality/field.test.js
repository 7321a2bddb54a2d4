import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldOf } from "../../../static/js/quality/field.js";

test("an address with a row and a column opens a field", () => {
  const address = "http://localhost/datasets/smears/quality?rows=given&row=neutrophil_band&column=neutrophil_segmented#field";
  assert.deepEqual(fieldOf(address), { row: "neutrophil_band", column: "neutrophil_segmented" });
});

test("an address that lacks one of them opens none", () => {
  for (const query of ["", "?row=monocyte", "?column=monocyte", "?row=&column=monocyte"]) {
    assert.equal(fieldOf(`http://localhost/datasets/smears/quality${query}`), null);
  }
});
