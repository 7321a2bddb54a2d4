/** <time> elements, which the server writes in UTC, in the reader's own time zone; the exact moment stays as a title. */

import { shortMoment } from "./time.js";

/** @param {ParentNode} [root] */
export function showLocalTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.getAttribute("datetime") || "");
    if (Number.isNaN(moment.getTime())) continue;
    element.setAttribute("title", element.textContent?.trim() || "");
    element.textContent = shortMoment(moment);
  }
}
