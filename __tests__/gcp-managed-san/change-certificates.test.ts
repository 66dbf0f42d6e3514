import { inOwnFolders, said, written } from "../support/check-command";
import { change, refused, warned } from "./changes";
import { api, chat, compute, config, type Fields, llama, stateOf, three, two } from "./configs";

inOwnFolders();

const wildcard = "*.example.com";
const covered = { hosts: { [wildcard]: llama }, defaultCertificate: wildcard };
const beside = { hosts: { [wildcard]: llama, [api]: llama }, defaultCertificate: wildcard };

describe("a name that its wildcard serves, and that gets a certificate of its own", () => {
  test("would wait for Google without one", () => {
    expect(change(covered, beside)).toEqual(
      refused(
        `hosts["${api}"]: would change over to a certificate that Google has not issued, from that of "${wildcard}", which serves it; write gate: true for this apply, or name the host in acceptOutage`,
      ),
    );
  });

  test.each<[what: string, after: Fields]>([
    ["a gate", { gate: true }],
    ["an accepted outage", { acceptOutage: [api] }],
  ])("is served meanwhile, or need not be, with %s", (_, after) => {
    expect(change(covered, { ...beside, ...after })).toEqual(warned());
  });
});

test("a gate for one apply is taken out after it", () => {
  expect(change({ ...beside, gate: true }, beside)).toEqual(warned());
});

describe("clients that name no host", () => {
  const without = { defaultCertificate: undefined };
  const none = `clients that name no host (without SNI) get that of "${api}" now, and could no longer connect; see that there are none`;
  const other = (was: string, is: string) =>
    `defaultCertificate: gives clients that name no host (without SNI) the certificate of ${is}, and that of ${was} now: those that look at names could no longer connect; see that there are none`;

  test.each<[what: string, before: Fields, after: Fields, ...messages: readonly string[]]>([
    ["have no certificate any more", {}, without, `defaultCertificate: is missing: ${none}`],
    ["have another one", {}, { defaultCertificate: chat }, other(`"${api}"`, `"${chat}"`)],
    [
      "have another one of Compute's",
      compute,
      { ...compute, defaultCertificate: chat },
      other(`"${api}"`, `"${chat}"`),
    ],
    ["have a larger one", {}, { grouping: "all" }],
    ["have one at last", without, {}],
    ["have one of Compute's with all names", { ...compute, grouping: "all" }, { ...compute, grouping: "all" }],
  ])("%s", (_, before, after, ...messages) => {
    expect(change(before, after)).toEqual(warned(...messages));
  });

  test("of Compute's first certificate by chance get another when a name comes before it", () => {
    const before = { ...compute, ...without };
    const { warnings } = change(before, { ...before, hosts: { ...two, "a.example.com": llama } });
    expect(warnings).toContain(`stacks.lb.${other(`"${api}"`, '"a.example.com"')}`);
  });

  test("of Compute's first certificate have none with a map", () => {
    expect(change({ ...compute, ...without }, { ...without, phase: "add-map" })).toEqual(
      warned(`defaultCertificate: is missing: ${none}`),
    );
  });

  test("are known from a state, too", () => {
    const state = written("lb.tfstate", stateOf({ hosts: three }, ""));
    expect(said(config({ hosts: three, ...without }), state).warnings).toEqual([expect.stringContaining(none)]);
  });
});
