import type { Finding } from "../../lib/config/report";
import { checkedConfig } from "../../stacks/check";
import { everything, everythings } from "../support/configs";
import { brokenProposals, isNews } from "../support/proposals";

/** Values of which each is wrong in many places. */
const wrongValues: readonly unknown[] = [
  null,
  -1,
  "",
  "X y",
  "/x/",
  "auth/kubernetes/",
  "*.example.com",
  "36500d",
  "GRPC",
  "ecdsa-512",
  {},
];

/** Fields that say what the fields around them are. */
const tags = ["scenario", "type", "in", "to"];

type Values = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null;

/** The value with another in the place of all of its texts, numbers and flags; of a list, in its first member. */
function spoilt(value: unknown, other: unknown): unknown {
  if (Array.isArray(value)) return value.map((member, index) => (index === 0 ? spoilt(member, other) : member));
  if (!isMap(value)) return other;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, tags.includes(key) ? member : spoilt(member, other)]),
  );
}

/** The value with a slip in the names of every second field, or of the others. */
function misspelt(value: unknown, odd: boolean): unknown {
  if (Array.isArray(value)) return value.map((member) => misspelt(member, odd));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member], index) => {
      const slip = (index % 2 === 1) === odd && !isMap(member) && !tags.includes(key);
      return [slip ? `${key}x` : key, misspelt(member, odd)];
    }),
  );
}

// Lists of bad input hold this too: `problemsOf` asks it of every message that a test provokes.
describe.each(everythings)("what is proposed to whoever writes %s", (name) => {
  const given: unknown = everything(name);
  const findings = (config: unknown): readonly Finding[] => {
    const { problems, warnings } = checkedConfig(config).report;
    return [...problems, ...warnings];
  };

  test.each(wrongValues.map((value) => [JSON.stringify(value), value]))(
    "with %s everywhere, is accepted",
    (_, value) => {
      const config = spoilt(given, value);
      expect(
        findings(config)
          .filter(isNews)
          .flatMap((one) => brokenProposals(one, config)),
      ).toEqual([]);
    },
  );

  test.each([true, false])("with slips in the names of fields, is accepted", (odd) => {
    const config = misspelt(given, odd);
    expect(
      findings(config)
        .filter(isNews)
        .flatMap((one) => brokenProposals(one, config)),
    ).toEqual([]);
  });
});
