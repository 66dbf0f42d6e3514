import { issuers } from "../../lib/config/issuers";
import { type KeyKind, keyKinds } from "../../lib/config/keys";
import { newReport } from "../../lib/config/report";
import { ask } from "../../stacks";
import { checkedConfig } from "../../stacks/check";
import { everything, everythings } from "../support/configs";

/** A kind of key that no issuer makes here, as a new kind is at first. */
const refused: KeyKind = "rsa-3072";

/** The value with the refused kind in the place of a key's kind: once for each key. */
function replaced(value: unknown): readonly unknown[] {
  if (keyKinds.some((kind) => kind === value)) return [refused];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) =>
    replaced(inner).map((other) =>
      Array.isArray(value)
        ? value.map((member: unknown, index) => (index === Number(field) ? other : member))
        : { ...value, [field]: other },
    ),
  );
}

const cases = everythings.flatMap((file) => {
  const { stacks, settings } = checkedConfig(everything(file)).config;
  return stacks.map((stack) => ({ name: stack.name, stack, settings, configs: replaced(stack.config) }));
});

afterEach(() => jest.restoreAllMocks());

test.each(cases)("each key of $name is judged by the table of issuers, an authority's as well", (one) => {
  for (const issuer of Object.values(issuers)) {
    jest.replaceProperty(issuer, "keys", { ...issuer.keys, [refused]: false } as typeof issuer.keys);
  }
  for (const config of one.configs) {
    const report = newReport();
    ask({ ...one.stack, config } as typeof one.stack, (scenario, own) => scenario.check(own, one.settings, report));
    expect(report.problems).toContainEqual({
      path: expect.any(Array),
      message: expect.stringContaining(`"${refused}"`),
    });
  }
});

test("keys are found in scenarios", () => {
  expect(new Set(cases.filter(({ configs }) => configs.length > 0).map(({ stack }) => stack.kind)).size).toBe(4);
});
