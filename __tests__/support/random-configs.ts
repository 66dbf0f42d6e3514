import fc from "fast-check";
import { everything } from "./configs";

type Values = Record<string, unknown>;

/** Configs that say everything that a scenario can say. */
const bases = ["acm", "cas", "gcp", "pipeline", "vault"].map((kind) => {
  const config = everything(`${kind}-everything`);
  return { text: JSON.stringify(config), config, places: placesIn(config) };
});

type Place = readonly string[];

/** Every place below a value. */
function placesIn(value: unknown, path: Place = []): readonly Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesIn(inner, [...path, key])]);
}

/** All values of all these configs. One that is right in one place is wrong in another. */
const known = bases.flatMap(({ config, places }) => places.map((place) => JSON.stringify(valueAt(config, place))));

function valueAt(config: unknown, place: Place): unknown {
  return place.reduce((value, key) => (value as Values | undefined)?.[key], config);
}

const thousands = (text: string) => text.repeat(Math.ceil(20_000 / text.length));

/** Texts that programs stumble over: what they take for a syntax of their own, and what takes them long. */
const texts = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", " ", "0", "-1", "1e9", "null", "yes", "*", ".", "..", "/", "~", "?", "{", "a\nb", "\\", "'", '"'),
  fc.constantFrom("\0", "\x1b[2J", "\u2028", "\u202e", "\ud800", "\uffff", "\u00ad.example.com", "ü.example.com"),
  fc.constantFrom("${x}", "%{if true}", "${TfToken[TOKEN.1]}", "#{TfToken[TOKEN.1]}", "$${host}", "{{x}}", "<(x)"),
  fc.constantFrom("0s", "1d", "99999999999999999999d", "2027-03-15", "2027-02-30", "9999-12-31", "0000-01-01"),
  fc.constantFrom("*.example.com", "xn--a.example.com", "a..b", "example.com.", "10.0.0.1", "::1", "10.0.0.0/99"),
  fc.constantFrom("arn:aws:::", "projects//", "https://", "https://[::1", "http://%zz", "a@", "1.2.3.4.5.6"),
  fc.constantFrom("us-central1", "mars-west1", "us-iso-east-1", "lookup", "local", "all", "managed"),
  fc.constantFrom("a", "a.", "*.", "-", "1", "/", " ", "\n", "ü", "a1B2c3D4", "{{", "${", "../", "1.").map(thousands),
  fc.constantFrom("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n", "%41", "MII", "eyJ").map(thousands),
);

/** Only code can say these. What throws is refused when the config is read. */
const coded = fc.constantFrom<() => unknown>(
  () => undefined,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 1n,
  () => Symbol("x"),
  () => new Date(0),
  () => new Date(Number.NaN),
  () => /x/,
  () => new Map([["a", 1]]),
  () => new (class Thing {})(),
  () => () => 1,
  () => Object.create(null) as unknown,
  () => new Array(3) as unknown,
  () => ({
    get project() {
      return "read once";
    },
  }),
  () => {
    const circle: Values = {};
    circle.around = circle;
    return circle;
  },
);

const plain = fc.oneof(
  // New ones each time, since a later change may be to something in them.
  { weight: 4, arbitrary: fc.constantFrom(...known).map((text) => JSON.parse(text) as unknown) },
  { weight: 4, arbitrary: texts },
  fc.constantFrom<unknown>(null, true, false, 0, -0, 1, -1, 1.5, 1e21, 5e-324, 2 ** 53, -1.8881545897087503e289),
  fc
    .constantFrom(
      "[]",
      "{}",
      "[[]]",
      "[{}]",
      '{ "type": "s3" }',
      '{ "in": "route53" }',
      "[".repeat(500) + "]".repeat(500),
    )
    .map((text) => JSON.parse(text) as unknown),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One thing that is done to a config, at a place that it has. */
type Change = (around: Values, key: string) => unknown;

const change = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Change> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: value.map((one) => (around: Values, key: string) => Object.assign(around, { [key]: one })),
    },
    fc.constant((around: Values, key: string) => {
      if (Array.isArray(around)) around.pop();
      else delete around[key];
    }),
    // A place with another name, or with a second one.
    fc.tuple(fc.oneof(texts, fc.constantFrom("__proto__", "constructor", "0")), fc.boolean()).map(([name, renamed]) => {
      return (around: Values, key: string) => {
        Object.defineProperty(around, name, {
          value: around[key],
          enumerable: true,
          configurable: true,
          writable: true,
        });
        if (renamed && name !== key) delete around[key];
      };
    }),
    value.map((one) => (around: Values, key: string) => {
      const there = around[key];
      if (Array.isArray(there)) there.push(one);
      else around[key] = [there, one];
    }),
    // A text with a slip.
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.nat(),
          fc.constantFrom(0, 1),
          texts.filter((text) => text.length < 20),
        )
        .map(([at, removed, inserted]) => (around: Values, key: string) => {
          const there = around[key];
          if (typeof there !== "string") return;
          const index = at % (there.length + 1);
          around[key] = there.slice(0, index) + inserted + there.slice(index + removed);
        }),
    },
  );

const configs = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...bases), fc.array(fc.tuple(fc.nat(), change(value)), { minLength: 1, maxLength: 6 }))
    .map(([{ text, places }, changes]) => {
      const config = JSON.parse(text) as unknown;
      for (const [index, apply] of changes) {
        const place = places[index % places.length] as Place;
        const around = valueAt(config, place.slice(0, -1));
        // An earlier change may have taken it away.
        if (isMapOrList(around)) apply(around, place.at(-1) as string);
      }
      return config;
    });

const isMapOrList = (value: unknown): value is Values =>
  Array.isArray(value) ||
  (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** A config of any scenario that is changed in one to six places, in ways that a file in JSON can say. */
export const randomJson = configs(plain);

/** The same, in ways that code can say too. */
export const randomConfig = configs(
  fc.oneof(
    { weight: 5, arbitrary: plain },
    coded.map((make) => make()),
  ),
);
