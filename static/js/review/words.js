/**
 * Figures and classes in words.
 *
 * @typedef {import("./types.js").Answer} Answer
 * @typedef {import("./types.js").LabelClass} LabelClass
 */

import { language, t } from "../i18n.js";
import { effectOn } from "./verdict.js";

const whole = new Intl.NumberFormat(language(), { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(language(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** @param {number} n */
export function number(n) {
  return whole.format(n);
}

/** @param {number} n */
export function decimal(n) {
  return tenths.format(n);
}

/** @param {number | string | Date} at */
export function time(at) {
  return clock.format(new Date(at));
}

/** A class's name inside a sentence: lower case in English unless it begins with an abbreviation. @param {string} name */
export function inSentence(name) {
  const lowered = language().startsWith("en") && /^\p{Lu}(?!\p{Lu})/u.test(name);
  return lowered ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

/** The classes by name. @param {LabelClass[]} classes */
export function byName(classes) {
  const classesByName = new Map(classes.map((one) => [one.name, one]));
  /** @param {string | null} name @returns {LabelClass} */
  return (name) => {
    const found = classesByName.get(String(name));
    if (!found) throw new Error(`The label set has no class ${name}.`);
    return found;
  };
}

/** The same for answers from elsewhere, whose label set may be another: an unknown class is told by its name. @param {LabelClass[]} classes */
export function byNameIfKnown(classes) {
  const classesByName = new Map(classes.map((one) => [one.name, one]));
  /** @param {string | null} name @returns {LabelClass} */
  return (name) => classesByName.get(String(name)) ?? nameOnly(String(name).replaceAll("_", " "));
}

/** @param {string} words @returns {LabelClass} */
function nameOnly(words) {
  return { name: words, display: words, long: words, short: words, abbr: words, group: "", neoplastic: false, key: "", cue: "", confusable: [] };
}

/**
 * An answer as a heading: "Band neutrophil", "Borderline Band / Seg", "Unsure".
 *
 * @param {Answer} answer
 * @param {(name: string | null) => LabelClass} classOf
 */
export function answerHeading(answer, classOf) {
  switch (answer.verdict) {
    case "label":
      return classOf(answer.label).display;
    case "borderline":
      return t("Borderline {first} / {second}", { first: classOf(answer.label).abbr, second: classOf(answer.second_label).abbr });
    case "unsure":
      return t("Unsure");
    case "unusable":
      return t("Unusable");
    default:
      return t("Taken back");
  }
}

/**
 * What happened to a cell: its number and what became of the label shown.
 *
 * @param {import("./types.js").Review} review
 * @param {import("./types.js").QueueItem} item
 * @param {(name: string | null) => LabelClass} classOf
 */
export function whatHappened(review, item, classOf) {
  const parts = [number(item.position)];
  const effect = effectOn(review, item.shown_label);
  if (effect === "confirmed") parts.push(t("confirmed"));
  if (effect === "corrected") parts.push(t("corrected from {label}", { label: classOf(item.shown_label).abbr }));
  if (effect === "other") parts.push(t("shown was {label}", { label: classOf(item.shown_label).abbr }));
  if (review.flag) parts.push(t("flagged"));
  if (review.comment) parts.push(t("with comment"));
  return parts.join(", ");
}

/** A length of time, for people. @param {number} seconds */
export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("{n} s", { n: number(seconds) });
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return t("{n} min", { n: number(minutes) });
  return t("{hours} h {minutes} min", { hours: number(hours), minutes: number(minutes % 60) });
}
