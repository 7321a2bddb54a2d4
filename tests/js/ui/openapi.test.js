import assert from "node:assert/strict";
import { test } from "node:test";

import { groups, properties, typeWords } from "../../../static/js/ui/openapi.js";

const document = {
  paths: {
    "/api/v1/datasets": {
      get: {
        tags: ["catalogue"],
        summary: "List datasets",
        parameters: [{ name: "limit", in: "query", schema: { type: "integer" }, description: "At most 500." }],
        responses: {
          200: { content: { "application/json": { schema: { $ref: "#/components/schemas/DatasetList" } } } },
          422: { content: { "application/problem+json": { schema: {} } } },
        },
      },
      post: {
        tags: ["catalogue"],
        summary: "Make a dataset",
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Dataset" }, example: { name: "Course" } } } },
        responses: { 201: { description: "Made" } },
      },
    },
    "/api/v1/jobs/{id}": { get: { tags: ["jobs"], parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }], responses: {} } },
  },
  components: {
    schemas: {
      Dataset: {
        type: "object",
        required: ["name"],
        properties: {
          name: { type: "string", description: "What people call it." },
          px_per_um: { anyOf: [{ type: "number" }, { type: "null" }] },
        },
      },
      DatasetList: { type: "object", properties: { items: { type: "array", items: { $ref: "#/components/schemas/Dataset" } } } },
      Presentation: { enum: ["blind", "sighted"] },
    },
  },
};

test("operations stand together by their tag, in the document's order", () => {
  const drawn = groups(document).map(({ name, operations }) => [name, operations.map(({ method, path }) => `${method} ${path}`)]);
  assert.deepEqual(drawn, [
    ["catalogue", ["get /api/v1/datasets", "post /api/v1/datasets"]],
    ["jobs", ["get /api/v1/jobs/{id}"]],
  ]);
});

test("an operation shows its query, its body and what it answers, and no errors", () => {
  const [catalogue, jobs] = groups(document);
  const [list, make] = catalogue?.operations ?? [];
  assert.deepEqual(list?.tables.map(({ title }) => title), ["Query", "Answer 200"]);
  assert.deepEqual(make?.tables.map(({ title }) => title), ["Body, application/json"]);
  assert.deepEqual(make?.examples, [{ title: "Body, for instance", text: '{\n  "name": "Course"\n}' }]);
  assert.deepEqual(jobs?.operations[0]?.tables, [{ title: "Address", rows: [{ name: "id", required: true, type: "string", text: "" }] }]);
});

test("a reference is followed to the fields behind it", () => {
  assert.deepEqual(properties(document, { $ref: "#/components/schemas/Dataset" }), [
    { name: "name", required: true, type: "string", text: "What people call it." },
    { name: "px_per_um", required: false, type: "number or null", text: "" },
  ]);
});

test("a type is told in a few words", () => {
  assert.equal(typeWords(document, { type: "array", items: { type: "integer" } }), "list of integer");
  assert.equal(typeWords(document, { $ref: "#/components/schemas/Presentation" }), "blind or sighted");
  assert.equal(typeWords(document, { type: "string", format: "uuid" }), "string (uuid)");
  assert.equal(typeWords(document, {}), "anything");
});
