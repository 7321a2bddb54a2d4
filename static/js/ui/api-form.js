/**
 * <api-form data-method data-action data-next data-encoding> round a form: sends its fields to the API as JSON.
 *
 * Errors stand under their fields; the rest of them in the element's `[data-problem]`. While it runs, its buttons are
 * disabled. Afterwards it goes to `data-next` (`{name}` filled from the answer; empty: the same page), or it shows the
 * answer in `[data-answer]`, whose `[data-answer-field]` are filled. `data-encoding="multipart"` sends files. A submit
 * button with `data-then` makes a second request (POST) with the answer before going on.
 *
 * Event: `api-form:done`, its detail the answer.
 */

import { formatNumber, t } from "../i18n.js";
import { ApiError, api, upload } from "./api.js";
import { fillAddress, formValues } from "./form-values.js";

export class ApiForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  get form() {
    return /** @type {HTMLFormElement} */ (this.querySelector("form"));
  }

  /** @param {Event} event */
  handleEvent(event) {
    event.preventDefault();
    const { submitter } = /** @type {SubmitEvent} */ (event);
    void this.send(submitter instanceof HTMLElement ? submitter.dataset.then : undefined);
  }

  /** @returns {Record<string, any>} the fields as the API takes them */
  values() {
    return formValues(entries(this.form));
  }

  /** @param {string} [then] address of a second request */
  async send(then) {
    this.clearErrors();
    this.busy(true);
    try {
      const answer = await this.request();
      if (then) await api("POST", fillAddress(then, answer));
      this.dispatchEvent(new CustomEvent("api-form:done", { bubbles: true, detail: answer }));
      this.goOn(answer);
    } catch (error) {
      this.showError(error);
      this.busy(false);
    }
  }

  /** @returns {Promise<any>} */
  request() {
    const method = this.dataset.method || "POST";
    const action = this.dataset.action || "";
    if (this.dataset.encoding !== "multipart") {
      return api(method, action, method === "DELETE" ? undefined : this.values());
    }
    return upload(action, new FormData(this.form), (sent, total) => this.showUpload(sent, total));
  }

  /** @param {any} answer */
  goOn(answer) {
    const shown = this.querySelector("[data-answer]");
    if (shown instanceof HTMLElement) {
      for (const slot of shown.querySelectorAll("[data-answer-field]")) {
        slot.textContent = String(answer?.[slot.getAttribute("data-answer-field") || ""] ?? "");
      }
      shown.hidden = false;
      this.busy(false);
      shown.tabIndex = -1;
      shown.focus();
      return;
    }
    const next = this.dataset.next;
    if (next === undefined) this.busy(false);
    else if (next === "") location.reload();
    else location.assign(fillAddress(next, answer));
  }

  /** @param {unknown} error */
  showError(error) {
    const { message, fields, request } = error instanceof ApiError ? error : new ApiError(String(error));
    const unplaced = fields.filter((problem) => !this.showFieldError(problem));
    if (fields.length === 0 || unplaced.length > 0) {
      const text = unplaced.length ? unplaced.map(({ field, message: said }) => `${field}: ${said}`).join(" ") : message;
      this.showProblem(request && fields.length === 0 ? `${text} ${t("Request {id}", { id: request })}` : text);
    } else {
      const first = this.querySelector('[aria-invalid="true"]');
      if (first instanceof HTMLElement) first.focus();
    }
  }

  /** @param {{field: string, message: string}} problem @returns {boolean} whether there was a place for it */
  showFieldError({ field, message }) {
    const name = field.replace(/^body\./, "");
    const place = [name, name.split(".")[0]]
      .map((wanted) => this.querySelector(`[data-error-for="${CSS.escape(wanted)}"]`))
      .find((found) => found instanceof HTMLElement);
    if (!(place instanceof HTMLElement)) return false;
    place.textContent = message;
    place.hidden = false;
    const control = this.form.elements.namedItem(place.dataset.errorFor || "");
    const first = control instanceof RadioNodeList ? control[0] : control;
    if (first instanceof HTMLElement) first.setAttribute("aria-invalid", "true");
    for (let around = place.parentElement; around && around !== this; around = around.parentElement) {
      if (around instanceof HTMLDetailsElement) around.open = true;
    }
    return true;
  }

  /** @param {string} text */
  showProblem(text) {
    const place = this.querySelector("[data-problem]");
    if (!(place instanceof HTMLElement)) return;
    place.textContent = text;
    place.hidden = false;
  }

  clearErrors() {
    for (const place of this.querySelectorAll("[data-error-for], [data-problem]")) {
      if (!(place instanceof HTMLElement)) continue;
      place.hidden = true;
      place.textContent = "";
    }
    for (const control of this.querySelectorAll('[aria-invalid="true"]')) control.removeAttribute("aria-invalid");
  }

  /** @param {boolean} running */
  busy(running) {
    this.setAttribute("aria-busy", String(running));
    for (const button of this.querySelectorAll("button")) button.disabled = running;
    const progress = this.querySelector("[data-upload]");
    if (progress instanceof HTMLElement) progress.hidden = !running;
  }

  /** @param {number} sent @param {number} total */
  showUpload(sent, total) {
    const bar = this.querySelector("[data-upload] progress");
    const text = this.querySelector("[data-upload-text]");
    if (bar instanceof HTMLProgressElement && total) {
      bar.max = total;
      bar.value = sent;
    }
    if (text) text.textContent = t("{sent} of {total} MB sent", { sent: megabytes(sent), total: megabytes(total) });
  }
}

/** @param {HTMLFormElement} form @returns {import("./form-values.js").Entry[]} */
export function entries(form) {
  return [...form.elements]
    .filter((control) => control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement)
    .filter((control) => control.name && !control.disabled)
    .map((control) => ({
      name: control.name,
      value: control.value,
      kind: control.dataset.type || control.type,
      checked: control instanceof HTMLInputElement && control.checked,
      list: control.dataset.list !== undefined,
      empty: /** @type {"omit" | "null" | undefined} */ (control.dataset.empty),
    }));
}

/** @param {number} bytes */
function megabytes(bytes) {
  return formatNumber(bytes / 1e6, 1);
}

customElements.define("api-form", ApiForm);
