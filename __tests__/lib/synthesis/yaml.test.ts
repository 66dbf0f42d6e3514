import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { yamlText } from "../../../lib/synthesis/yaml";
import { runs } from "../../support/runs";
import { yamlWords } from "../../support/yaml-words";

test("a text that some reader takes for another thing is quoted, as a value and as a key", () => {
  const written = Object.fromEntries(yamlWords.map((word) => [word, yamlText([{ label: word }, { [word]: "x" }])]));
  const quoted = (word: string) => JSON.stringify(word);
  expect(written).toEqual(
    Object.fromEntries(yamlWords.map((word) => [word, `label: ${quoted(word)}\n---\n${quoted(word)}: x\n`])),
  );
});

test("what cannot be mistaken has no quotes", () => {
  const plain = {
    name: "api-2",
    duration: "2h",
    mountPath: "/tls",
    server: "https://vault.example.com:8200",
    none: null,
  };
  expect(yamlText([plain, { size: 256, yes: true }])).toBe(
    `${Object.entries(plain)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join("")}---\nsize: 256\n"yes": true\n`,
  );
});

test("readers of YAML 1.1 and 1.2 read back what was written", () => {
  const characters = [..."0123456789abcdefxXoOyYnNtTuUsfFiIZ_+-.:~<>=!&*?|#%@`'\"{}[],\\/ \téü\u{1f600}"];
  const text = fc.oneof(
    fc.constantFrom(...yamlWords),
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(..."01_+-.:eExXoObBT "), maxLength: 8 }),
  );
  const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.integer(), fc.boolean());
  const document = fc.dictionary(text, value, { maxKeys: 4 });
  const readBack = fc.property(fc.array(document, { minLength: 1, maxLength: 2 }), (documents) => {
    const written = yamlText(documents);
    for (const version of ["1.1", "1.2"] as const) {
      const read = parseAllDocuments(written, { version, merge: true }).map((one) => one.toJS() as unknown);
      expect(read).toEqual(documents.map((one) => ({ ...one })));
    }
  });
  fc.assert(readBack, runs(25));
  expect(parse("no: 1_000", { version: "1.1" })).toEqual({ false: 1000 });
});
