import assert from "node:assert/strict";
import { test } from "node:test";

import { candidates, tally } from "../../../static/js/adjudication/dispute.js";
import { Docket } from "../../../static/js/adjudication/docket.js";
import { adjudicationOf, giveWords, settle, unsettled, withdrawalOf } from "../../../static/js/adjudication/settling.js";
import { inShort, question } from "../../../static/js/adjudication/words.js";
import { byName } from "../../../static/js/review/words.js";

const order = ["myeloblast", "neutrophil_band", "neutrophil_segmented", "eosinophil"];
const classOf = byName(
  /** @type {any} */ ([
    { name: "myeloblast", display: "Myeloblast", abbr: "Bl" },
    { name: "neutrophil_band", display: "Band neutrophil", abbr: "Band" },
    { name: "neutrophil_segmented", display: "Segmented neutrophil", abbr: "Seg" },
    { name: "eosinophil", display: "Eosinophil", abbr: "Eos" },
  ]),
);

/** @param {string | null} label @param {string | null} [second_label] @param {object} [more] */
function vote(label, second_label = null, more = {}) {
  const verdict = label === null ? "unsure" : second_label === null ? "label" : "borderline";
  return /** @type {import("../../../static/js/adjudication/types.js").Vote} */ (
    /** @type {unknown} */ ({ id: "v", reviewer: "Reviewer A", verdict, label, second_label, comment: "", mode: "single", presentation: "blind", flag: false, seconds: 2, ...more })
  );
}

/** @param {string} cell_id @param {object} [more] @returns {import("../../../static/js/adjudication/types.js").Dispute} */
function dispute(cell_id, more = {}) {
  return {
    cell_id,
    costly: false, born_disputed: false,
    flagged: false,
    reviewed_since: false,
    dissent: false,
    given_labels: [],
    votes: [],
    names_hidden: true,
    reason_required: false,
    own: false,
    adjudication: null,
    thumbnail_url: `/${cell_id}/t`,
    image_url: `/${cell_id}`,
    ...more,
  };
}

test("the candidates are what votes and given labels name, most votes first", () => {
  const votes = [vote("eosinophil"), vote("neutrophil_band", "eosinophil"), vote(null)];
  assert.deepEqual(candidates(dispute("1", { votes, given_labels: ["myeloblast"] }), order), ["eosinophil", "neutrophil_band", "myeloblast"]);
});

test("candidates with as many votes stand in the order of the label set", () => {
  assert.deepEqual(candidates(dispute("1", { votes: [vote("eosinophil"), vote("neutrophil_band")] }), order), ["neutrophil_band", "eosinophil"]);
});

test("a pair is the same pair whichever class was named first", () => {
  const votes = [vote("neutrophil_band", "eosinophil"), vote("eosinophil", "neutrophil_band"), vote(null)];
  assert.deepEqual(tally(votes), [
    { said: "eosinophil/neutrophil_band", count: 2 },
    { said: "unsure", count: 1 },
  ]);
});

test("the question names the candidates", () => {
  assert.equal(question(["eosinophil", "neutrophil_band"], classOf), "Eosinophil or band neutrophil?");
  assert.equal(question(["myeloblast", "neutrophil_band", "neutrophil_segmented"], classOf), "Myeloblast, band neutrophil or segmented neutrophil?");
  assert.equal(question([], classOf), "Which class?");
});

test("the list says how the votes stand and what else there is", () => {
  assert.equal(inShort(dispute("1", { votes: [vote("eosinophil", null, { comment: "granules" }), vote("neutrophil_band")] })), "1 : 1, comment");
  assert.equal(inShort(dispute("1", { born_disputed: true })), "born disputed");
});

const two = { candidates: ["neutrophil_band", "neutrophil_segmented"], reasonRequired: false };

test("a class key settles", () => {
  assert.equal(settle(unsettled, { type: "class", name: "eosinophil" }, two).answer?.label, "eosinophil");
});

test("borderline settles as the two candidates", () => {
  assert.deepEqual(settle(unsettled, { type: "borderline" }, two).answer, {
    verdict: "borderline",
    label: "neutrophil_band",
    second_label: "neutrophil_segmented",
  });
});

test("where there aren't two candidates, borderline takes two class keys", () => {
  const three = { ...two, candidates: order.slice(0, 3) };
  const begun = settle(unsettled, { type: "borderline" }, three);
  assert.equal(begun.answer, null);
  const first = settle(begun.settling, { type: "class", name: "eosinophil" }, three);
  assert.equal(settle(first.settling, { type: "class", name: "eosinophil" }, three).hint, "same_class");
  assert.equal(settle(first.settling, { type: "unusable" }, three).hint, "second_class");
  assert.equal(settle(first.settling, { type: "class", name: "myeloblast" }, three).answer?.second_label, "myeloblast");
});

test("a reason is chosen by its digit, and taken back by it", () => {
  const chosen = settle(unsettled, { type: "reason_nucleus" }, two);
  assert.equal(chosen.settling.reason, "nucleus");
  assert.equal(settle(chosen.settling, { type: "reason_nucleus" }, two).settling.reason, "");
});

test("where a reason is asked for, the settlement waits for it", () => {
  const asking = { ...two, reasonRequired: true };
  const waits = settle(unsettled, { type: "class", name: "eosinophil" }, asking);
  assert.equal(waits.answer, null);
  assert.equal(waits.hint, "reason");
  assert.equal(settle(waits.settling, { type: "reason_granules" }, asking).answer?.label, "eosinophil");
  assert.equal(giveWords(waits.settling, " even width ").answer?.label, "eosinophil");
  assert.equal(giveWords(waits.settling, "  ").answer, null);
  assert.equal(settle(waits.settling, { type: "leave" }, asking).settling.waiting, null);
});

test("unsure and Enter settle nothing", () => {
  assert.equal(settle(unsettled, { type: "unsure" }, two).hint, "unsure");
  assert.equal(settle(unsettled, { type: "confirm" }, two).hint, "no_label");
});

test("an adjudication carries its reason, and its withdrawal names it", () => {
  const settling = { ...unsettled, reason: "granules", words: "coarse" };
  const made = adjudicationOf({ verdict: "label", label: "eosinophil", second_label: null }, { id: "1", cell_id: "c", settling, supersedes: null });
  assert.deepEqual(made, { id: "1", cell_id: "c", verdict: "label", label: "eosinophil", second_label: null, reason: "granules", comment: "coarse", supersedes: null });
  assert.equal(withdrawalOf(made, "2").supersedes, "1");
});

/** @param {Docket} docket */
function settleCurrent(docket) {
  const cell_id = String(docket.current?.dispute.cell_id);
  const made = adjudicationOf({ verdict: "unusable", label: null, second_label: null }, { id: `s${cell_id}`, cell_id, settling: unsettled, supersedes: null });
  docket.settle(made);
  return made;
}

test("settling goes on to the next dispute, and undo comes back", () => {
  const docket = new Docket();
  docket.add([dispute("1"), dispute("2")], 2);
  const made = settleCurrent(docket);
  assert.equal(docket.current?.dispute.cell_id, "2");
  assert.equal(docket.left, 1);
  docket.undo(withdrawalOf(made, "w"));
  assert.equal(docket.current?.dispute.cell_id, "1");
  assert.equal(docket.left, 2);
});

test("one that is passed over waits", () => {
  const docket = new Docket();
  docket.add([dispute("1"), dispute("2")], 2);
  docket.step(1);
  settleCurrent(docket);
  assert.equal(docket.current?.dispute.cell_id, "1");
  settleCurrent(docket);
  assert.equal(docket.current, null);
  assert.equal(docket.isFinished, true);
});

test("more are asked for when few are held, and one that isn't saved yet stays settled", () => {
  const docket = new Docket();
  assert.equal(docket.wantsMore, true);
  docket.add([dispute("1"), dispute("2")], 3);
  assert.equal(docket.wantsMore, true);
  settleCurrent(docket);
  docket.add([dispute("1"), dispute("2"), dispute("3")], 3);
  assert.equal(docket.left, 2);
  assert.equal(docket.current?.dispute.cell_id, "2");
  assert.equal(docket.wantsMore, false);
});

test("a settlement that the server refused makes its cell wait again", () => {
  const docket = new Docket();
  docket.add([dispute("1"), dispute("2")], 2);
  settleCurrent(docket);
  docket.reopen("1");
  assert.equal(docket.current?.dispute.cell_id, "1");
  assert.equal(docket.undoable, null);
});

test("a cell that was asked for by name comes first", () => {
  const docket = new Docket();
  docket.add([dispute("1"), dispute("2")], 2);
  docket.put(dispute("2"));
  docket.put(dispute("9"));
  assert.deepEqual(docket.waiting.map((listed) => listed.dispute.cell_id), ["9", "2", "1"]);
  assert.equal(docket.left, 3);
});
