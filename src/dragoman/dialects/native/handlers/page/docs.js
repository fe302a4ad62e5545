// Renders /v1/openapi.json. All text is set as text, so nothing in a document can run.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

const schemaName = (ref) => ref.split("/").pop();

// A schema in a few words, names of shapes as links.
const words = (schema) => {
  if (schema === undefined || Object.keys(schema).length === 0) return ["anything"];
  if (schema.$ref) return [make("a", { href: `#shape-${schemaName(schema.$ref)}` }, schemaName(schema.$ref))];
  if (schema.anyOf) return schema.anyOf.flatMap((one, at) => (at ? [" or ", ...words(one)] : words(one)));
  if (schema.enum && schema.enum.length < 20) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  if (schema.enum) return [`one of ${schema.enum.length} names`];
  if (schema.type === "array") return ["list of ", ...words(schema.items)];
  if (schema.type === "object" && schema.additionalProperties) return ["name to ", ...words(schema.additionalProperties)];
  return [[].concat(schema.type ?? "anything").join(" or "), bounds(schema)];
};

const bounds = (schema) => {
  const limits = [];
  if (schema.format) limits.push(schema.format);
  if (schema.minLength > 1) limits.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength) limits.push(`at most ${schema.maxLength} characters`);
  if (schema.minimum > 0) limits.push(`from ${schema.minimum}`);
  if (schema.maximum && schema.maximum < Number.MAX_SAFE_INTEGER) limits.push(`to ${schema.maximum}`);
  if (schema.default !== undefined && schema.default !== null) limits.push(`else ${JSON.stringify(schema.default)}`);
  return limits.length ? ` (${limits.join(", ")})` : "";
};

const table = (caption, rows) => {
  const body = make("tbody");
  for (const { name, needed, schema, description } of rows) {
    const head = make("th", { scope: "row" }, make("code", {}, name));
    if (needed) head.append(" ", make("span", { class: "needed" }, "needed"));
    body.append(make("tr", {}, head, make("td", { class: "type" }, ...words(schema)), make("td", {}, description ?? "")));
  }
  return make("table", {}, make("caption", { hidden: "" }, caption), body);
};

const members = (schema) =>
  Object.entries(schema.properties ?? {}).map(([name, member]) => ({
    name,
    needed: (schema.required ?? []).includes(name),
    schema: member,
    description: member.description,
  }));

const curl = (path, method, operation) => {
  const parts = [`curl -X ${method.toUpperCase()} ${location.origin}${path}`];
  if (operation.security?.length !== 0) parts.push('-H "Authorization: Bearer $TOKEN"');
  const media = Object.keys(operation.requestBody?.content ?? {})[0];
  if (media) parts.push(`-H "Content-Type: ${media}"`, "-d '{…}'");
  return make("pre", {}, make("code", {}, parts.join(" \\\n  ")));
};

const answers = (operation) => {
  const rows = Object.entries(operation.responses)
    .filter(([status]) => status !== "default")
    .map(([status, response]) => {
      const content = Object.values(response.content ?? {})[0];
      return { name: status, schema: content ? content.schema : { type: "nothing" }, description: response.description };
    });
  return table("Answers", rows);
};

const drawOperation = (path, method, operation) => {
  const inside = make("div");
  const scopes = (operation.security ?? []).flatMap((way) => way.bearer ?? []);
  if (operation.description) inside.append(make("p", {}, operation.description));
  if (scopes.length) inside.append(make("p", {}, "A token needs ", make("code", {}, scopes.join(" or ")), "."));
  const parameters = operation.parameters.map((one) => ({ ...one, needed: one.required }));
  if (parameters.length) inside.append(make("h4", {}, "Parameters"), table("Parameters", parameters));
  const body = Object.values(operation.requestBody?.content ?? {})[0];
  if (body) inside.append(make("h4", {}, "Body"), make("p", {}, ...words(body.schema)));
  inside.append(make("h4", {}, "Answers"), answers(operation), make("h4", {}, "Try it"), curl(path, method, operation));
  const summary = make(
    "summary",
    {},
    make("span", { class: `method ${method}` }, method),
    make("span", { class: "path" }, path),
    make("span", { class: "says" }, operation.summary),
  );
  return make("details", { class: "operation", id: operation.operationId }, summary, inside);
};

const drawShape = (name, schema) => {
  const section = make("section", { id: `shape-${name}` }, make("h3", {}, name));
  if (schema.description) section.append(make("p", {}, schema.description));
  const rows = members(schema);
  section.append(rows.length ? table(`Members of ${name}`, rows) : make("p", { class: "type" }, ...words(schema)));
  return section;
};

// The few marks that the description uses: lists, **strong**, `code`.
const drawDescription = (text) => {
  const list = make("ul");
  const target = document.getElementById("description");
  for (const part of text.replaceAll("\n  ", " ").split("\n").filter(Boolean)) {
    const line = make(part.startsWith("- ") ? "li" : "p");
    for (const piece of part.replace(/^- /, "").split(/(\*\*.+?\*\*|`.+?`)/)) {
      if (piece.startsWith("**")) line.append(make("strong", {}, piece.slice(2, -2)));
      else if (piece.startsWith("`")) line.append(make("code", {}, piece.slice(1, -1)));
      else line.append(piece);
    }
    (line.localName === "li" ? list : target).append(line);
  }
  target.append(list);
};

const draw = (api) => {
  document.title = `${api.info.title} API ${api.info.version}`;
  document.querySelector("h1").append(` ${api.info.version}`);
  drawDescription(api.info.description);
  for (const { name } of api.tags) {
    const links = make("ul");
    const section = make("section", { "aria-labelledby": `tag-${name}` }, make("h2", { id: `tag-${name}` }, name));
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const method of METHODS.filter((one) => operations[one]?.tags.includes(name))) {
        const operation = operations[method];
        section.append(drawOperation(path, method, operation));
        links.append(make("li", {}, make("a", { href: `#${operation.operationId}` }, operation.operationId.replaceAll("_", " "))));
      }
    }
    document.getElementById("operations").append(section);
    document.getElementById("contents").append(make("li", {}, make("a", { href: `#tag-${name}` }, name), links));
  }
  const shapes = document.getElementById("schemas");
  for (const [name, schema] of Object.entries(api.components.schemas)) shapes.append(drawShape(name, schema));
  shapes.hidden = false;
};

const filter = (text) => {
  const wanted = text.toLowerCase();
  let shown = 0;
  for (const operation of document.querySelectorAll("details.operation")) {
    operation.hidden = !operation.querySelector("summary").textContent.toLowerCase().includes(wanted);
    shown += operation.hidden ? 0 : 1;
  }
  for (const section of document.querySelectorAll("#operations > section")) {
    section.hidden = section.querySelector("details:not([hidden])") === null;
  }
  document.getElementById("count").textContent = wanted ? `${shown} found` : "";
};

// A link to an operation opens it.
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
};

fetch("openapi.json")
  .then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  })
  .then((api) => {
    draw(api);
    open();
    addEventListener("hashchange", open);
    document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value));
  })
  .catch((error) => {
    document.getElementById("operations").append(make("p", { role: "alert" }, `openapi.json can't be shown: ${error.message}.`));
  });
