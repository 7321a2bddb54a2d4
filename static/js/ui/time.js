/** Moments and durations in the reader's language and time zone. Pure. */

import { fill, language, t } from "../i18n.js";

/**
 * "24 Nov, 10:42"; with the year where it isn't this one.
 *
 * @param {Date} moment
 * @param {Date} [today]
 * @param {{locale?: string, timeZone?: string}} [where]
 */
export function shortMoment(moment, today = new Date(), { locale = language(), timeZone } = {}) {
  const sameYear = moment.getFullYear() === today.getFullYear();
  const place = locale === "en" ? "en-GB" : locale;
  const day = new Intl.DateTimeFormat(place, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }), timeZone });
  const clock = new Intl.DateTimeFormat(place, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
  return `${day.format(moment)}, ${clock.format(moment)}`;
}

/**
 * "1.9 s", "4 min", "1 h 35 min": the largest units that matter for planning one's time.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 59.5) return fill(t("{n} s"), { n: seconds.toLocaleString(language(), { maximumFractionDigits: seconds < 10 ? 1 : 0 }) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("{n} min", { n: minutes });
  return t("{h} h {min} min", { h: Math.floor(minutes / 60), min: String(minutes % 60).padStart(2, "0") });
}
