import { changed, goodConfig, problemsOf, warningsOf } from "../support/configs";

test("a stack with more than 500 certificates should be several", () => {
  const certificates = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`c${index}`, { names: [`c${index}.example.com`], alarm: false }]),
    );
  expect(warningsOf(changed({ "web/certificates": certificates(500) }))).toEqual([]);
  expect(warningsOf(changed({ "web/certificates": certificates(501) }))).toEqual([
    "stacks.web: has 501 certificates; split it into several stacks, which plan and fail apart",
  ]);
});

test.each([
  [{ type: "kubernetes", namespace: "terraform" }, 63, "the Secret's label"],
  [{ type: "cloud", organization: "example" }, 90, "a workspace's name"],
])("the state key must fit %j", (backend, most, what) => {
  const { web } = goodConfig().stacks;
  const config = (length: number) => {
    const [project, environment] = ["p".repeat(20), "e".repeat(20)];
    return changed({ backend, project, environment, stacks: { ["s".repeat(length - 42)]: web } });
  };
  expect(problemsOf(config(most))).toEqual([]);
  expect(problemsOf(config(most + 1))).toEqual([
    `stacks.${"s".repeat(most - 41)}: its state key, project, environment and stack together, has ${most + 1} characters, ${what} at most ${most}; shorten one of them`,
  ]);
});

test("a stack's name must not look like a part of its state to the kubernetes backend", () => {
  const { web } = goodConfig().stacks;
  const config = (type: string) =>
    changed({
      backend: type === "kubernetes" ? { type, namespace: "terraform" } : { type },
      stacks: { "web-2": web },
    });
  expect(problemsOf(config("local"))).toEqual([]);
  expect(problemsOf(config("kubernetes"))).toEqual([
    'stacks.web-2: ends in "-2", with which the kubernetes backend numbers its own Secrets; choose a name that does not',
  ]);
});

test("two zones never have one id: the records of one would lie in the other, where ACM never looks", () => {
  const zones = { "example.com": "Z0123456789ABCDEFGHIJ", "example.org": "Z0123456789ABCDEFGHIJ" };
  expect(problemsOf(changed({ "web/dns/zones": zones }))).toEqual([
    'stacks.web.dns.zones["example.org"]: has the id of "example.com"; every zone has its own, copy it again',
  ]);
  expect(problemsOf(changed({ "web/dns/zones": { "example.com": "lookup", "example.org": "lookup" } }))).toEqual([]);
});

test("a field that an unset variable was meant to fill does not pass for its default without a word", () => {
  const config = goodConfig() as { stacks: Record<string, Record<string, unknown>> };
  config.stacks.web = { ...config.stacks.web, account: undefined };
  expect(warningsOf(config)).toEqual([
    "stacks.web.account: is undefined and counts as left out; is an environment variable unset?",
  ]);
});
