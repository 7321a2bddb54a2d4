/** What every ordinary page has: its elements, times in the reader's zone, colours of a lab's own groups, the help key. */

import "./api-form.js";
import "./copy-button.js";
import "./fold-away.js";
import "./job-progress.js";
import "./pop-menu.js";
import "./settings-form.js";
import "./theme-switch.js";
import { showLocalTimes } from "./local-times.js";

showLocalTimes();
showOwnGroupColours();
reloadWhileWaiting();
addEventListener("keydown", followPageKeys);

/** A label set's own group colours: `data-group-colour="#light #dark"`. */
function showOwnGroupColours() {
  for (const element of document.querySelectorAll("[data-group-colour]")) {
    const [light, dark] = (element.getAttribute("data-group-colour") || "").split(" ");
    if (element instanceof HTMLElement && light && dark) element.style.setProperty("--group", `light-dark(${light}, ${dark})`);
  }
}

/** A page whose subject is still being made (`data-reload-after` seconds) asks again by itself. */
function reloadWhileWaiting() {
  const waiting = document.querySelector("[data-reload-after]");
  if (waiting) setTimeout(() => location.reload(), 1000 * Number(waiting.getAttribute("data-reload-after")));
}

/**
 * "?" opens the help; arrows follow previous and next where a page has them. Off where the account says so.
 *
 * @param {KeyboardEvent} event
 */
function followPageKeys(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat || event.defaultPrevented) return;
  if (document.documentElement.dataset.keys === "off") return;
  if (event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable], [role='application'], [role='group']")) return;
  const selector = { "?": "a.help-link", ArrowLeft: "main a[rel='prev']", ArrowRight: "main a[rel='next']" }[event.key];
  const link = selector && document.querySelector(selector);
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  link.click();
}
