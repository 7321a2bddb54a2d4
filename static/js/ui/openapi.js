/**
 * An OpenAPI document as what a page shows of it. Pure.
 *
 * @typedef {Record<string, any>} Json
 * @typedef {{name: string, required: boolean, type: string, text: string}} Row
 * @typedef {{title: string, rows: Row[]}} Table
 * @typedef {{title: string, text: string}} Example
 * @typedef {{method: string, path: string, summary: string, description: string, tables: Table[], examples: Example[]}} Operation
 * @typedef {{name: string, operations: Operation[]}} Group
 */

import { t } from "../i18n.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/**
 * The operations by their first tag, in the document's order.
 *
 * @param {Json} document
 * @returns {Group[]}
 */
export function groups(document) {
  /** @type {Map<string, Operation[]>} */
  const found = new Map();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const name = item[method].tags?.[0] ?? path.split("/")[3] ?? path;
      found.set(name, [...(found.get(name) ?? []), operation(document, path, method, item)]);
    }
  }
  return [...found].map(([name, operations]) => ({ name, operations }));
}

/** @param {Json} document @param {string} path @param {string} method @param {Json} item @returns {Operation} */
function operation(document, path, method, item) {
  const described = item[method];
  const parameters = [...(item.parameters ?? []), ...(described.parameters ?? [])].map((one) => resolve(document, one));
  const tables = [
    { title: t("Address"), rows: parameters.filter((one) => one.in === "path").map((one) => parameterRow(document, one)) },
    { title: t("Query"), rows: parameters.filter((one) => one.in === "query").map((one) => parameterRow(document, one)) },
  ];
  /** @type {Example[]} */
  const examples = [];
  for (const [type, media] of Object.entries(described.requestBody?.content ?? {})) {
    tables.push({ title: t("Body, {type}", { type }), rows: properties(document, media.schema) });
    addExample(examples, t("Body, for instance"), document, media);
  }
  for (const [status, given] of Object.entries(described.responses ?? {})) {
    const answer = resolve(document, given);
    const media = Object.values(answer.content ?? {})[0];
    if (!status.startsWith("2")) continue;
    tables.push({ title: t("Answer {status}", { status }), rows: media ? properties(document, media.schema) : [] });
    if (media) addExample(examples, t("Answer {status}, for instance", { status }), document, media);
  }
  return {
    method,
    path,
    summary: described.summary ?? "",
    description: described.description ?? "",
    tables: tables.filter(({ rows }) => rows.length > 0),
    examples,
  };
}

/** @param {Json} document @param {Json} parameter @returns {Row} */
function parameterRow(document, parameter) {
  return {
    name: parameter.name,
    required: parameter.required === true,
    type: typeWords(document, parameter.schema ?? {}),
    text: parameter.description ?? parameter.schema?.description ?? "",
  };
}

/**
 * The fields of an object, or of the objects in its list.
 *
 * @param {Json} document
 * @param {Json | undefined} schema
 * @returns {Row[]}
 */
export function properties(document, schema) {
  const found = resolve(document, schema ?? {});
  if (found.type === "array") return properties(document, found.items);
  return Object.entries(found.properties ?? {}).map(([name, given]) => ({
    name,
    required: (found.required ?? []).includes(name),
    type: typeWords(document, given),
    text: given.description ?? resolve(document, given).description ?? "",
  }));
}

/**
 * A schema's type in a few words: "string", "list of integer", "blind or sighted", "number or null".
 *
 * @param {Json} document
 * @param {Json} schema
 * @returns {string}
 */
export function typeWords(document, schema) {
  const found = resolve(document, schema);
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return either(found.enum);
  const choices = found.anyOf ?? found.oneOf;
  if (choices) return either(choices.map((/** @type {Json} */ one) => typeWords(document, one)));
  if (found.type === "array") return t("list of {type}", { type: typeWords(document, found.items ?? {}) });
  if (Array.isArray(found.type)) return either(found.type);
  return found.format ? `${found.type} (${found.format})` : (found.type ?? found.title ?? t("anything"));
}

/** @param {string[]} words */
function either(words) {
  return words.reduce((first, last) => t("{first} or {last}", { first, last }));
}

/** @param {Json} document @param {Json} schema @returns {Json} */
function resolve(document, schema) {
  if (!schema.$ref) return schema;
  const parts = schema.$ref.replace(/^#\//, "").split("/");
  const found = parts.reduce((/** @type {any} */ at, /** @type {string} */ part) => at?.[part], document);
  return found ? resolve(document, found) : {};
}

/** @param {Example[]} examples @param {string} title @param {Json} document @param {Json} media */
function addExample(examples, title, document, media) {
  const schema = resolve(document, media.schema ?? {});
  const first = /** @type {Json | undefined} */ (Object.values(media.examples ?? {})[0]);
  const example = media.example ?? first?.value ?? schema.example ?? schema.examples?.[0];
  if (example !== undefined) examples.push({ title, text: typeof example === "string" ? example : JSON.stringify(example, null, 2) });
}
