import { inOwnFolders, said, written } from "../support/check-command";
import { change } from "./changes";
import { api, chat, compute, config, type Fields, llama, stateOf, three, two } from "./configs";

inOwnFolders();

const fine = { problems: [], warnings: [] };

/** Records in Cloud DNS, with some of its fields changed. */
function cloudDns(changes: Fields = {}): Fields {
  return { dns: { in: "cloud-dns", zones: { "example.com": "example-com" }, ...changes } };
}

/** Records in Route 53, in the given zones. */
function route53(zones: Readonly<Record<string, string>>): Fields {
  return { dns: { in: "route53", region: "eu-west-1", zones } };
}

/** Records in Route 53, in the zones of an account. */
function inAccount(account: string): Fields {
  return { dns: { in: "route53", account, region: "eu-west-1", zones: { "example.com": "lookup" } } };
}

const all = { grouping: "all" };

describe("nothing is interrupted by", () => {
  test.each<[what: string, before: Fields, after: Fields]>([
    ["no change", {}, {}],
    ["a name added", {}, { hosts: three }],
    [
      "a proxy or a backend that is replaced",
      {},
      { keepAlive: "620s", backends: { llama: { cloudRun: { region: "us-east1", service: "llama" } } } },
    ],
    ["a name added to one certificate for all, which waits at its gate", all, { ...all, hosts: three }],
    ["one certificate for all, from one for each name", {}, all],
    ["one for each name, from one for all, with a gate", all, { gate: true }],
    ["a name added to Compute's", compute, { ...compute, hosts: three }],
    ["the first step of a change of mode", compute, { phase: "add-map" }],
    ["the way back's first step", {}, { phase: "add-map" }],
    [
      "a certificate of Compute that stays while the next is issued",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three, retiring: [api, chat] },
    ],
    ["the same with one for each name to follow", { ...compute, ...all }, { ...compute, retiring: [api, chat] }],
    ["a jump that is accepted", compute, { acceptOutage: [api, chat] }],
    [
      "a changed name set that is accepted",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three, acceptOutage: [api, chat] },
    ],
  ])("%s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test("its second step, said or not, once the first went through its gate, which an output does not tell", () => {
    for (const after of [{ phase: "drop-certificates" }, {}]) {
      expect(change({ phase: "add-map" }, after)).toEqual({
        problems: [],
        warnings: [
          'stacks.lb.phase: ends what phase: "add-map" began, and an output does not tell whether its apply went through its gate; compare with the state, or see that `gcloud compute target-https-proxies describe` shows a certificateMap',
        ],
      });
      const state = written("lb.tfstate", stateOf({ phase: "add-map" }, ""));
      expect(said(config(after), state)).toMatchObject({ code: 0, problems: [], warnings: [] });
    }
  });

  test.each<[what: string, before: Fields, after: Fields]>([
    ["records that stay", cloudDns(), { ...cloudDns(), keepAlive: "620s" }],
    ["the stack's own project, named", cloudDns(), cloudDns({ project: "ml-serving-prod" })],
    ["records that are accepted to go", cloudDns(), { acceptOutage: [api, chat] }],
    ["records that nobody made", { dns: { in: "elsewhere" } }, cloudDns()],
    ["an account that is named", route53({ "example.com": "lookup" }), inAccount("111122223333")],
    ["an account that is named no more", inAccount("111122223333"), route53({ "example.com": "lookup" })],
    ["a zone that is looked up", route53({ "example.com": "lookup" }), route53({ "example.com": "lookup" })],
    ["a zone whose id was looked up", route53({ "example.com": "lookup" }), route53({ "example.com": "Z1" })],
    [
      "a zone whose id is looked up from now on",
      route53({ "example.com": "Z1" }),
      route53({ "example.com": "lookup" }),
    ],
  ])("%s", (_, before, after) => {
    expect(change(before, after)).toEqual(fine);
  });

  test("a host that is accepted to be taken out", () => {
    expect(change({ hosts: three }, { acceptOutage: ["new.example.com"] })).toEqual({
      problems: [],
      warnings: [
        'stacks.lb.acceptOutage["new.example.com"]: is none of the hosts, which is right only for one that an apply takes out; leave it out afterwards',
      ],
    });
  });
});

describe("an interruption is refused:", () => {
  const kept =
    "make them elsewhere and lead resolvers there first, or keep them with `terraform state rm`, and name the hosts in acceptOutage";
  const lost = (host: string, names: string, retiring: string) =>
    `stacks.lb.hosts["${host}"]: would lose the certificate for ${names} to one that Google issues only later; ${retiring}, or name the host in acceptOutage`;

  test.each<[what: string, before: Fields, after: Fields, ...problems: readonly string[]]>([
    [
      "from Compute to Certificate Manager in one step",
      compute,
      {},
      `stacks.lb.mode: is "certificate-manager", but Compute's certificates serve now, and in one apply they would be off the proxy before the map is on: nobody could reach "${api}" and "${chat}"; write phase: "add-map" and apply until that is done, then leave phase out, or name the hosts in acceptOutage`,
    ],
    [
      "the second step before the first, of which one host is accepted",
      compute,
      { phase: "drop-certificates", acceptOutage: [api] },
      `stacks.lb.mode: is "certificate-manager", but Compute's certificates serve now, and in one apply they would be off the proxy before the map is on: nobody could reach "${chat}"; write phase: "add-map" and apply until that is done, then leave phase out, or name the hosts in acceptOutage`,
    ],
    [
      "from Certificate Manager to Compute in one step",
      {},
      compute,
      `stacks.lb.mode: is "compute", but a certificate map serves now, and Compute issues nothing for what is not on the proxy: nobody could reach "${api}" and "${chat}"; first write mode: "certificate-manager" with phase: "add-map", until Compute's certificates are issued, or name the hosts in acceptOutage`,
    ],
    [
      "a changed name set on a certificate of Compute",
      { ...compute, ...all },
      { ...compute, ...all, hosts: three },
      lost(api, `"${api}" and "${chat}"`, `write retiring: ["${api}", "${chat}"] until the new one is issued`),
      lost(chat, `"${api}" and "${chat}"`, `write retiring: ["${api}", "${chat}"] until the new one is issued`),
    ],
    [
      "one certificate of Compute for all, from one for each name",
      compute,
      { ...compute, ...all },
      lost(api, `"${api}"`, "keep its own"),
      lost(chat, `"${chat}"`, "keep its own"),
    ],
    [
      "one for each name, from one for all, without a gate",
      all,
      {},
      ...[api, chat].map(
        (host) =>
          `stacks.lb.hosts["${host}"]: would change over to a certificate that Google has not issued, in the place of the one that serves; write gate: true for this apply, or name the host in acceptOutage`,
      ),
    ],
    [
      "another project",
      {},
      { project: "ml-serving-test" },
      'stacks.lb.project: is "ml-serving-test", was "ml-serving-prod": everything would be made anew there, the address too, and nothing be served meanwhile; make a second stack, and lead the names over once it serves',
    ],
    [
      "records that would go, of which those of one host are accepted",
      cloudDns(),
      { dns: { in: "elsewhere" }, acceptOutage: [chat] },
      `stacks.lb.dns: would delete the records that lead "${api}" here; ${kept}`,
      `stacks.lb.dns: would delete the records with which Google renews the certificates of "${api}"; ${kept}`,
    ],
    [
      "records in another zone",
      cloudDns(),
      cloudDns({ zones: { "example.com": "another" } }),
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
      `stacks.lb.dns: would delete the records with which Google renews the certificates of "${api}" and "${chat}"; ${kept}`,
    ],
    [
      "records with another provider",
      { ...compute, ...cloudDns() },
      { ...compute, ...route53({ "example.com": "Z0123456789ABCDEFGHIJ" }) },
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    [
      "records in another account, of which the zones are looked up",
      { ...compute, ...inAccount("111122223333") },
      { ...compute, ...inAccount("444455556666") },
      `stacks.lb.dns.account: is "444455556666", was "111122223333": the records of "${api}" and "${chat}" would be made in the zones of 444455556666, and those in 111122223333, which lead clients here and with which Google renews, stay with nothing that manages them; first write dns: { in: "elsewhere" }, keep them with \`terraform state rm\` and name the hosts in acceptOutage, and write the new account once resolvers are led to its zones`,
    ],
    [
      "records in a zone that is looked up, with another provider",
      { ...compute, ...route53({ "example.com": "lookup" }) },
      { ...compute, ...cloudDns() },
      `stacks.lb.dns: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    [
      "records in another zone, where both are looked up",
      { ...compute, ...route53({ "example.com": "lookup" }) },
      { ...compute, ...route53({ "example.com": "lookup", [chat]: "lookup" }) },
      `stacks.lb.dns: would delete the records that lead "${chat}" here; ${kept}`,
    ],
    [
      "no address records",
      cloudDns(),
      cloudDns({ addressRecords: false }),
      `stacks.lb.dns.addressRecords: would delete the records that lead "${api}" and "${chat}" here; ${kept}`,
    ],
    ["a host that is taken out", { hosts: three }, {}, lacks("new.example.com")],
    [
      "a host whose wildcard is as new as it is gone",
      { hosts: three },
      { hosts: { ...two, "*.example.com": llama } },
      lacks("new.example.com"),
    ],
    [
      "a host that is renamed, with Compute's certificates",
      compute,
      { ...compute, hosts: { [api]: llama, "talk.example.com": llama } },
      lacks(chat),
    ],
  ])("%s", (_, before, after, ...problems) => {
    expect(change(before, after)).toEqual({ problems, warnings: [] });
  });
});

/** The problem of a host that is taken out. */
function lacks(host: string): string {
  return `stacks.lb.hosts: lacks "${host}", which is served now: nobody could reach it; put it back, beside a new name if it is to have one, or if nobody uses it name it in acceptOutage`;
}

test("what an output cannot tell, and what is closed on purpose, is warned of", () => {
  expect(change({ phase: "add-map" }, compute).warnings).toEqual(
    [api, chat].map(
      (host) =>
        `stacks.lb.hosts["${host}"]: will rest on a certificate that the proxy has, and an output does not tell whether that is issued; compare with the state, or look with \`gcloud compute ssl-certificates list\``,
    ),
  );
  const before = { ipv6: true, sslPolicy: { profile: "COMPATIBLE", minimum: "1.0" } };
  expect(change(before, { redirectHttp: false })).toEqual({
    problems: [],
    warnings: [
      "stacks.lb.ipv6: is false: the IPv6 address is given back for good, and clients that still have it from DNS fail for some minutes",
      "stacks.lb.redirectHttp: is false: port 80, which sends clients to HTTPS now, closes",
      'stacks.lb.sslPolicy.minimum: is "1.2", was "1.0": clients with nothing newer can no longer connect',
      'stacks.lb.sslPolicy.profile: is "MODERN", was "COMPATIBLE": clients with none but older cipher suites can no longer connect',
    ],
  });
  const wildcard = { "*.example.com": llama };
  expect(change({ hosts: { ...three, ...wildcard } }, { hosts: { ...two, ...wildcard } })).toEqual({
    problems: [],
    warnings: [
      'stacks.lb.hosts: lacks "new.example.com", which is served now: "*.example.com" serves it from then on, with its backend; see that this is meant',
    ],
  });
});

describe("a state", () => {
  const retiring = { ...compute, ...all, hosts: three, retiring: [api, chat] };
  const after = { ...compute, ...all, hosts: three };

  test("tells whether a certificate is issued", () => {
    const unissued = said(config(after), written("lb.tfstate", stateOf(retiring, "")));
    expect(unissued).toMatchObject({
      code: 1,
      problems: [api, chat].map(
        (host) =>
          `stacks.lb.hosts["${host}"]: would rest on a certificate that Google has not issued yet; keep retiring until it has, or name the host in acceptOutage`,
      ),
    });
    const issued = said(config(after), written("lb.tfstate", stateOf(retiring, "2026-12-01T00:00:00Z")));
    expect(issued).toMatchObject({ code: 0, problems: [] });
  });

  const resourcesOf = (changes: Fields) =>
    (JSON.parse(stateOf(changes, "")) as { resources: { type: string; name: string; instances: object[] }[] })
      .resources;
  const withResources = (resources: readonly object[]) =>
    written("lb.tfstate", JSON.stringify({ version: 4, resources }));

  test("of an apply that a gate stopped tells whether the new certificates are issued", () => {
    const stopped = (state: string) =>
      withResources([
        ...resourcesOf(all),
        ...resourcesOf({})
          .filter(({ type }) => type === "google_certificate_manager_certificate")
          .map((resource) => {
            const { attributes } = resource.instances.at(-1) as { attributes: { managed: [Fields] } };
            const managed = [{ ...attributes.managed[0], state }];
            return { ...resource, instances: [{ attributes: { ...attributes, managed } }] };
          }),
      ]);
    expect(said(config(), stopped("PROVISIONING")).problems).toEqual(
      [api, chat].map((host) => expect.stringContaining(`["${host}"]: would change over to a certificate that Google`)),
    );
    expect(said(config(), stopped("ACTIVE"))).toMatchObject({ code: 0, problems: [] });
  });

  test("may have only some of a host's records, and those must stay too", () => {
    const before = { ...compute, ipv6: true, ...cloudDns() };
    const left = resourcesOf(before).filter(
      ({ type, name }) => type !== "google_dns_record_set" || name.endsWith("_aaaa"),
    );
    expect(said(config({ ...before, dns: { in: "elsewhere" } }), withResources(left)).problems).toEqual([
      expect.stringContaining(`would delete the records that lead "${api}" and "${chat}" here`),
    ]);
  });
});
