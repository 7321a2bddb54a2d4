import assert from "node:assert/strict";
import { test } from "node:test";

import { Tabs } from "../../../static/js/review/tabs.js";

/** Some pages and what passes between them, one message after the other when the test says so. */
function room() {
  /** @type {Map<string, Tabs>} */
  const open = new Map();
  /** @type {{from: string, message: any}[]} */
  let underWay = [];
  /** @type {string[]} */
  const heard = [];
  const clock = { time: 0 };
  /** @param {string} id */
  const openTab = (id) => {
    const tab = new Tabs({
      id,
      now: () => clock.time,
      post: (message) => underWay.push({ from: id, message: structuredClone(message) }),
      decided: ({ id: review }) => heard.push(`${id} hears of ${review}`),
      left: () => heard.push(`${id} misses one`),
    });
    open.set(id, tab);
    tab.hello();
    return tab;
  };
  const deliver = () => {
    while (underWay.length > 0) {
      const [first, ...rest] = underWay;
      underWay = rest;
      for (const [id, tab] of open) if (first && id !== first.from) tab.hear(first.message);
    }
  };
  return { open, openTab, deliver, heard, clock };
}

test("a page that is opened learns what is on the other screens", () => {
  const { openTab, deliver } = room();
  const one = openTab("one");
  one.show("cell 1");
  deliver();
  const two = openTab("two");
  deliver();
  assert.deepEqual(two.taken, new Set(["cell 1"]));
  assert.deepEqual(one.taken, new Set());
  assert.ok(two.isOpen("one") && one.isOpen("two"));
});

test("a page that goes on gives its cell free and takes the next", () => {
  const { openTab, deliver } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  one.show("cell 1");
  two.show("cell 2");
  deliver();
  one.show("cell 3");
  deliver();
  assert.deepEqual(two.taken, new Set(["cell 3"]));
});

test("of two pages that show one cell the later one gives way", () => {
  const { openTab, deliver, clock } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  deliver();
  two.show("cell 1");
  clock.time = 5;
  one.show("cell 1");
  deliver();
  assert.deepEqual(one.taken, new Set(["cell 1"]));
  assert.deepEqual(two.taken, new Set());
});

test("of two that show it in the same moment exactly one gives way", () => {
  const { openTab, deliver } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  deliver();
  one.show("cell 1");
  two.show("cell 1");
  deliver();
  assert.deepEqual([one.taken.size, two.taken.size], [0, 1]);
});

test("a page that is closed gives its cell back, and others send what it kept", () => {
  const { open, openTab, deliver, heard } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  one.show("cell 1");
  deliver();
  one.bye();
  open.delete("one");
  deliver();
  assert.deepEqual(two.taken, new Set());
  assert.ok(!two.isOpen("one"));
  assert.deepEqual(heard, ["two misses one"]);
});

test("a decision is known everywhere else", () => {
  const { openTab, deliver, heard } = room();
  const one = openTab("one");
  openTab("two");
  openTab("three");
  deliver();
  one.tell(/** @type {any} */ ({ id: "review 1" }));
  deliver();
  assert.deepEqual(heard, ["two hears of review 1", "three hears of review 1"]);
});

test("a page that was frozen and thought gone is there again when it says so", () => {
  const { openTab, deliver } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  one.show("cell 1");
  one.bye();
  deliver();
  one.hello();
  one.show("cell 1");
  deliver();
  assert.deepEqual(two.taken, new Set(["cell 1"]));
});

test("a page that crashed is missed when it doesn't answer", () => {
  const { open, openTab, deliver, heard } = room();
  const [one, two] = [openTab("one"), openTab("two")];
  openTab("three");
  one.show("cell 1");
  deliver();
  open.delete("one");
  two.hello();
  deliver();
  assert.deepEqual(two.taken, new Set(["cell 1"]));
  two.dropSilent();
  assert.deepEqual(two.taken, new Set());
  assert.ok(two.isOpen("three"));
  assert.deepEqual(heard, ["two misses one"]);
});
