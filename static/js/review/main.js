/** The review page's elements; `<review-page>` last, since it speaks to the others as soon as it is there. */

import "./cell-viewer.js";
import "./class-palette.js";
import "./compare-classes.js";
import "./last-five.js";
import "./pause-hint.js";
import "./reference-panel.js";
import "./round-progress.js";
import "./save-state.js";
import "./review-page.js";
