/** Cells to try things with. */

/** @param {number} count @param {number} [from] @returns {import("../../../static/js/grid/board.js").GridItem[]} */
export function items(count, from = 1) {
  return Array.from({ length: count }, (_, at) => ({
    assignment_id: `a${from + at}`,
    position: from + at,
    image_url: `/display/${from + at}`,
    thumbnail_url: `/thumbnail/${from + at}`,
    shown_label: "monocyte",
    last: null,
    side: 288,
    thumbnail: null,
  }));
}

/** @param {number} count @returns {import("../../../static/js/grid/board.js").Cell[]} */
export function cells(count) {
  return items(count).map((item) => ({ item, review: null, seen: true, left: false }));
}

let made = 0;

/** An id that was not made before. */
export function newId() {
  made += 1;
  return `review-${made}`;
}

/** @param {string} label @returns {import("../../../static/js/review/types.js").Answer} */
export function labelled(label) {
  return { verdict: "label", label, second_label: null };
}
