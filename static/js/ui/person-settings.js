/** What a person prefers, as marks on the page: CSS and scripts read them there. */

/** The value that goes without a mark. @type {Record<string, string>} */
const usual = { theme: "system", keys: "on", hand: "right", motion: "system" };

/** @param {string} name @param {string} value */
export function showSetting(name, value) {
  if (!(name in usual)) return;
  const { dataset } = document.documentElement;
  if (value === usual[name]) delete dataset[name];
  else dataset[name] = value;
  document.dispatchEvent(new CustomEvent("setting-shown", { detail: { name, value } }));
}
