/** The adjudication page's elements; `<adjudication-page>` last, since it speaks to the others as soon as it is there. */

import "../review/cell-viewer.js";
import "../review/save-state.js";
import "./adjudication-page.js";
