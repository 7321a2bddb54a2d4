/** The grid page's elements; `<grid-page>` last, since it speaks to the others as soon as it is there. */

import "../review/cell-viewer.js";
import "../review/class-palette.js";
import "../review/save-state.js";
import "./cell-grid.js";
import "./cell-menu.js";
import "./grid-page.js";
