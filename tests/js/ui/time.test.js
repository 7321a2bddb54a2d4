import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, shortMoment } from "../../../static/js/ui/time.js";

const today = new Date("2026-11-24T12:00:00Z");
const english = { locale: "en", timeZone: "UTC" };

test("a moment of this year is day, month and clock", () => {
  assert.equal(shortMoment(new Date("2026-11-24T10:42:00Z"), today, english), "24 Nov, 10:42");
  assert.equal(shortMoment(new Date("2026-11-03T09:05:00Z"), today, { locale: "de", timeZone: "UTC" }), "3. Nov., 09:05");
});

test("a moment of another year says which", () => {
  assert.equal(shortMoment(new Date("2025-02-01T00:00:00Z"), today, english), "1 Feb 2025, 00:00");
});

test("a moment is told in the reader's time zone", () => {
  assert.equal(shortMoment(new Date("2026-11-24T23:30:00Z"), today, { locale: "en", timeZone: "Europe/Berlin" }), "25 Nov, 00:30");
});

test("a duration is told in the units that matter for planning", () => {
  assert.deepEqual([1.94, 34, 59.6, 240, 3900, 5700].map(duration), ["1.9 s", "34 s", "1 min", "4 min", "1 h 05 min", "1 h 35 min"]);
});
