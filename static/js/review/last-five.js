/**
 * `<last-five>`: the last decisions, newest first, in words. A click on one goes back to it.
 *
 * The pictures are those that were on the screen: nothing is fetched for them.
 *
 * @typedef {{assignment: string, picture: string, heading: string, detail: string}} Decision
 */

export class LastFive extends HTMLElement {
  /** @param {Decision[]} decisions */
  set decisions(decisions) {
    this.querySelectorAll("li").forEach((place, at) => draw(place, decisions[at]));
  }
}

/** @param {HTMLElement} place @param {Decision | undefined} decision */
function draw(place, decision) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("button"));
  const picture = /** @type {HTMLImageElement} */ (place.querySelector("img"));
  button.hidden = decision === undefined;
  if (!decision) return;
  button.dataset["name"] = decision.assignment;
  if (picture.getAttribute("src") !== decision.picture) picture.src = decision.picture;
  /** @type {HTMLElement} */ (place.querySelector(".heading")).textContent = decision.heading;
  /** @type {HTMLElement} */ (place.querySelector(".detail")).textContent = decision.detail;
}

customElements.define("last-five", LastFive);
