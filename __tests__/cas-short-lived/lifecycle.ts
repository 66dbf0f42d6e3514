import example from "../../config/example";
import devops from "../../config/examples/cas-devops";
import requests from "../../config/examples/cas-requests";
import training from "../../config/examples/cas-training";
import twoGroups from "../../config/examples/cas-two-groups";
import type { ConfigInput } from "../../stacks/config";
import { type GoogleWorld, startGoogle } from "../support/servers/google-world";
import type { Actions, Lifecycle } from "../support/terraform/lifecycle";
import { synthesized } from "../support/terraform/proofs";
import { type Json, needsOf } from "../support/terraform/terraform";

export const STACK = "cas-short-lived";

/** A config's stack with some fields changed, as the product synthesizes it; `undefined` removes a field. */
const jsonOf = (config: ConfigInput, changes: Json = {}): string =>
  synthesized({ ...config, stacks: { [STACK]: { ...config.stacks[STACK], ...changes } } })[STACK] as string;

/** Terraform's error for a resource that its configuration protects. */
export const protectedError = /Instance cannot be destroyed/;

/** What lets a stack be destroyed at once, which nothing real should be. */
const expendable = { protect: false, skipGracePeriod: true };

const pool = `example-${STACK}-2026a`;
export const rootPool = `example-${STACK}-root-2026a`;

/** Where the issuer A is: what `gcloud privateca subordinates enable` names. */
export const issuerPath = `privateca/projects/ai-training/locations/europe-west1/caPools/${pool}/certificateAuthorities/a-2026a`;

/** The object at a path below the project's region. */
export function object({ api }: GoogleWorld, path: string): Json {
  const [found] = Object.entries(api.objects()).filter(([key]) => key.endsWith(`/${path}`));
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found[1];
}

/** A warning that an authority is in another state than it should be. */
export const stateWarning = (state: string) =>
  new RegExp(`^The authority a-2026a is ${state}, but should be enabled\\.`);

const each = (addresses: readonly string[], actions: readonly string[]): Actions =>
  Object.fromEntries(addresses.map((address) => [address, actions]));
const issuingPool = "google_privateca_ca_pool.issuing_pool";
const authority = (name: string) => `google_privateca_certificate_authority.${name}`;

const json = synthesized("config/example.ts")[STACK] as string;
const needs = needsOf(JSON.parse(json) as Json);

/** The root, then the issuer that it signs. */
const authorities = [
  `make caPools ${rootPool}`,
  "make certificateAuthorities root-2026a",
  "enable root-2026a",
  "make certificateAuthorities a-2026a",
  "fetch a-2026a",
  `sign an authority's by root-2026a in ${rootPool}`,
  "activate a-2026a",
  "enable a-2026a",
];
/** Issuer, root, and the pool of the root, in the order in which they go. */
const ending = ["disable a-2026a", "delete a-2026a", "disable root-2026a", "delete root-2026a", `delete ${rootPool}`];

/** A template, who may use it, and who may ask the pool for certificates. */
const ofGroup = (group: string, verb: "make certificateTemplates" | "delete") => [
  `${verb} example-${STACK}-${group}-2026a`,
  `setIamPolicy example-${STACK}-${group}-2026a`,
  `setIamPolicy ${pool}`,
  `setIamPolicy ${pool}`,
];

const resourcesOfStorage = [
  "google_privateca_certificate_template.nodes_storage",
  "google_privateca_certificate_template_iam_member.nodes_storage_member_storage-76b42249",
  "google_privateca_ca_pool_iam_member.nodes_storage_member_storage-76b42249",
  "google_privateca_ca_pool_iam_member.reader_storage-76b42249",
];

const { nodeGroups } = example.stacks[STACK] as { nodeGroups: Json };
const storage = { domains: ["storage.example.com"], members: ["group:storage@example.com"], lifetime: "12h" };

/** The example: one root, one issuer, one group of nodes. */
export const nodes: Lifecycle<GoogleWorld> = {
  stack: STACK,
  json,
  needs,
  start: () => startGoogle(),
  calls: authorities,
  besides: [`make caPools ${pool}`, ...ofGroup("trainers", "make certificateTemplates")],
  outputs: [
    {
      sentence: "what was meant is made: path length 0, no authority in the pool's policy, roles under a condition",
      holds: ({ world }) => {
        const { config, lifetime } = object(world, "certificateAuthorities/a-2026a") as {
          config: Json;
          lifetime: string;
        };
        expect(lifetime).toBe(`${1095 * 86_400}s`);
        expect((config.x509Config as Json).caOptions).toEqual({ isCa: true, maxIssuerPathLength: 0 });
        const root = object(world, "certificateAuthorities/root-2026a").config as { x509Config: Json };
        expect(root.x509Config.caOptions).toEqual({ isCa: true });
        const { issuancePolicy } = object(world, `caPools/${pool}`) as { issuancePolicy: { baselineValues: Json } };
        expect(issuancePolicy.baselineValues.caOptions).toEqual({ isCa: false });
        expect(object(world, `caPools/${rootPool}`)).not.toHaveProperty("issuancePolicy");
        const { bindings } = object(world, `caPools/${pool}:iam`) as { bindings: Json[] };
        const members = ["serviceAccount:trainers@ai-training.iam.gserviceaccount.com"];
        expect(bindings).toHaveLength(2);
        expect(bindings).toContainEqual({ role: "roles/privateca.poolReader", members });
        expect(bindings).toContainEqual({
          role: "roles/privateca.certificateRequester",
          members,
          condition: expect.objectContaining({
            expression: `api.getAttribute("privateca.googleapis.com/template", "") == "ai-training/-/example-${STACK}-trainers-2026a"`,
          }),
        });
      },
    },
    {
      sentence: "name what nodes need; the trust bundle is the root's certificate",
      holds: async ({ stack }) => {
        const outputs = await stack.output();
        const region = "projects/ai-training/locations/europe-west1";
        const root = `${region}/caPools/${rootPool}/certificateAuthorities/root-2026a`;
        expect(outputs).toMatchObject({
          pool_ids: { root: `${region}/caPools/${rootPool}`, issuing: `${region}/caPools/${pool}` },
          certificate_authorities: { root, "issuer a": `${region}/caPools/${pool}/certificateAuthorities/a-2026a` },
          certificate_templates: { trainers: `${region}/certificateTemplates/example-${STACK}-trainers-2026a` },
        });
        const bundle = String(outputs.trust_bundle);
        expect(Buffer.from(bundle.split("\n")[1] ?? "", "base64").toString()).toBe(root);
        expect((outputs.bootstrap as Json).trainers).toContain(bundle.split("\n")[1]);
      },
    },
  ],
  refusals: [
    {
      sentence: "destroy ends before anything is called while an authority is protected",
      holds: async ({ world, stack }) => {
        await world.beginLog?.();
        await expect(stack.destroy()).rejects.toThrow(protectedError);
        expect(world.calls()).toEqual([]);
      },
    },
  ],
  changes: [
    {
      sentence: "a plan that would destroy an authority ends there: another suffix",
      json: jsonOf(example, { suffix: "2026b" }),
      error: protectedError,
    },
    {
      sentence: "a plan that would destroy an authority ends there: another name",
      json: jsonOf(example, { root: { commonName: "Another root" } }),
      error: protectedError,
    },
    {
      sentence: "a node group touches the pool's names and nothing else that is there",
      json: jsonOf(example, { nodeGroups: { ...nodeGroups, storage } }),
      actions: { ...each(resourcesOfStorage, ["create"]), [issuingPool]: ["update"] },
      calls: [],
      besides: [`change ${pool} issuancePolicy`, ...ofGroup("storage", "make certificateTemplates")],
    },
    {
      sentence: "a node group removed takes its own things and nothing else",
      json,
      actions: { ...each(resourcesOfStorage, ["delete"]), [issuingPool]: ["update"] },
      calls: [],
      besides: [`change ${pool} issuancePolicy`, ...ofGroup("storage", "delete")],
    },
  ],
  drifts: [
    {
      sentence: "an authority that somebody disabled, though the provider sees no change",
      happens: async ({ api }) => api.put(issuerPath, { state: "DISABLED" }),
      actions: {},
      warning: stateWarning("DISABLED"),
      remedy: ({ api }) => api.put(issuerPath, { state: "ENABLED" }),
    },
  ],
  ending: {
    sentence: "without protection first an apply that calls nothing; then pools stay for the grace period",
    unprotected: jsonOf(example, { protect: false }),
    error: /is already being used by/,
    calls: [...ending.slice(0, -1), `delete ${rootPool} 400`],
    besides: [...ofGroup("trainers", "delete"), `delete ${pool} 400`],
    holds: ({ world }) => expect(object(world, "certificateAuthorities/root-2026a").state).toBe("DELETED"),
  },
};

/** Examples of which nothing more is said. */
const plain = Object.entries({ "cas-training": training, "cas-devops": devops }).map(
  ([name, config]): Lifecycle<GoogleWorld> => ({
    stack: `${STACK} (${name})`,
    json: jsonOf(config),
    needs,
    start: () => startGoogle(),
    ending: { sentence: "leaves nothing where the grace period is skipped", unprotected: jsonOf(config, expendable) },
  }),
);

const { gateways } = (requests.stacks[STACK] as unknown as { nodeGroups: { gateways: { certificates: Json } } })
  .nodeGroups;

/** The example of requests with some fields of its one certificate and of its stack changed. */
function withCertificate(changes: Json, ofStack: Json = {}, config: ConfigInput = requests): string {
  const certificates = { gateway: { ...(gateways.certificates.gateway as Json), ...changes } };
  return jsonOf(config, { nodeGroups: { gateways: { ...gateways, certificates } }, ...ofStack });
}

/** The id that a release has for the certificate. */
function idOf(text: string): string {
  const { resource } = JSON.parse(text) as { resource: Record<string, Record<string, { name: string }>> };
  return resource.google_privateca_certificate?.nodes_gateways_gateway?.name ?? "";
}

const first = jsonOf(requests);
const second = withCertificate({ generation: 2 });
const shorter = withCertificate({ generation: 2, lifetime: "60d" });
const labelled = withCertificate(
  { generation: 2, lifetime: "60d" },
  {},
  { ...requests, labels: { team: "ml-platform" } },
);
const third = withCertificate({ generation: 3 });
if (new Set([first, second, shorter, third].map(idOf)).size !== 4)
  throw new Error("ids of certificates are used twice");
const sign = `sign gateways-gateway in ${pool}`;
const ofLabels = each(
  [
    issuingPool,
    "google_privateca_ca_pool.root_pool",
    "google_privateca_certificate_template.nodes_gateways",
    ...["root", "issuer_a"].map(authority),
  ],
  ["update"],
);
const reissued = { "google_privateca_certificate.nodes_gateways_gateway": ["create", "delete"] };

/** A certificate from a request, which Terraform has signed. */
export const signed: Lifecycle<GoogleWorld> = {
  stack: `${STACK} (cas-requests)`,
  json: first,
  needs,
  start: () => startGoogle(),
  calls: [...authorities, sign],
  besides: [`make caPools ${pool}`, ...ofGroup("gateways", "make certificateTemplates")],
  outputs: [
    {
      sentence: "hold the certificate and its issuer, and when it ends",
      holds: async ({ stack }) => {
        const outputs = await stack.output();
        const blocks = String((outputs.certificate_chains as Json)["gateways/gateway"]).match(/BEGIN CERTIFICATE/g);
        expect(blocks).toHaveLength(2);
        const { "gateways/gateway": entry } = outputs.certificate_inventory as Record<string, { not_after: string }>;
        const days = (Date.parse(entry?.not_after ?? "") - Date.now()) / 86_400_000;
        expect([days > 89, days <= 90]).toEqual([true, true]);
      },
    },
  ],
  changes: [
    {
      sentence: "another generation is signed before the old one is revoked, and nothing else is touched",
      json: second,
      actions: reissued,
      calls: [sign, `revoke ${idOf(first)}`],
    },
    {
      sentence: "another lifetime is signed before the old one is revoked too",
      json: shorter,
      actions: reissued,
      calls: [sign, `revoke ${idOf(second)}`],
    },
    {
      sentence: "labels are changed in place",
      json: labelled,
      actions: { ...ofLabels, "google_privateca_certificate.nodes_gateways_gateway": ["update"] },
      calls: [
        [idOf(shorter), pool, rootPool, "a-2026a", "root-2026a", `example-${STACK}-gateways-2026a`].map(
          (name) => `change ${name} labels`,
        ),
      ],
    },
    ...[{ suffix: "2026b" }, { root: { commonName: "Another root" } }].map((changes) => ({
      sentence: `under the certificate's create_before_destroy another ${Object.keys(changes)[0]} is refused before anything is called`,
      json: withCertificate({ generation: 2, lifetime: "60d" }, changes),
      error: protectedError,
    })),
    {
      sentence: "Google refuses an id that was used once, so a generation never goes back",
      json: withCertificate({ generation: 2 }, {}, { ...requests, labels: { team: "ml-platform" } }),
      error: /already exists/,
      calls: [`${sign} 409`],
    },
    {
      sentence: "the next generation is an ordinary one",
      json: third,
      actions: { ...ofLabels, ...reissued },
    },
  ],
  ending: {
    sentence: "revokes the certificate, then deletes issuer, root and pools; nothing is left",
    unprotected: withCertificate({ generation: 3 }, expendable),
    calls: [`revoke ${idOf(third)}`, ...ending],
    besides: [...ofGroup("gateways", "delete"), `delete ${pool}`],
  },
};

const { issuers } = twoGroups.stacks[STACK] as { issuers: Record<"a" | "b", Json> };

/** The example of two groups with its issuers in some phases. */
const withPhases = (a: string, b: string, more: Json = {}, ofStack: Json = {}) =>
  jsonOf(twoGroups, { issuers: { a: { ...issuers.a, phase: a }, b: { ...issuers.b, phase: b }, ...more }, ...ofStack });
const withoutA = (ofStack: Json) =>
  jsonOf(twoGroups, { issuers: { b: { ...issuers.b, phase: "enabled" } }, ...ofStack });
const phase = (sentence: string, a: string, b: string, moved: "a" | "b", verb: string) => ({
  sentence,
  json: withPhases(a, b),
  actions: { [authority(`issuer_${moved}`)]: ["update"] },
  calls: [`${verb} ${moved}-2026a`],
});

/** Two issuers, one of which waits. */
const staged: Lifecycle<GoogleWorld> = {
  stack: `${STACK} (cas-two-groups)`,
  json: jsonOf(twoGroups),
  needs,
  start: () => startGoogle(),
  outputs: [
    {
      sentence: "a staged issuer is made, signed and activated, and not enabled",
      holds: ({ world }) => {
        const order = ["make certificateAuthorities b-2026a", "fetch b-2026a", "activate b-2026a"];
        expect(world.calls().filter((call) => call.endsWith(" b-2026a"))).toEqual(order);
        expect(world.calls()).toContain("enable a-2026a");
      },
    },
  ],
  changes: [
    phase("a staged issuer is enabled by one call", "enabled", "enabled", "b", "enable"),
    phase("an issuer is disabled by one call", "disabled", "enabled", "a", "disable"),
    phase("and enabled again by one", "enabled", "enabled", "a", "enable"),
    phase("and disabled again by one", "disabled", "enabled", "a", "disable"),
    {
      sentence: "back to staged is refused by the plan",
      json: withPhases("staged", "enabled"),
      error: /can only be set to `STAGED` when creating a new CA/,
    },
    {
      sentence: "a new issuer that is disabled is refused by the plan",
      json: withPhases("disabled", "enabled", { c: { commonName: "Training issuer C", phase: "disabled" } }),
      error: /can only be set to `STAGED` or `ENABLED` when creating a new CA/,
    },
    {
      sentence: "a protected issuer does not go, and the apply says why not",
      json: withoutA({}),
      error: /without setting deletion_protection=false/,
      calls: [],
    },
    {
      sentence: "protection goes without a call",
      json: withPhases("disabled", "enabled", {}, expendable),
      actions: each(["root", "issuer_a", "issuer_b"].map(authority), ["update"]),
      calls: [],
    },
    {
      sentence: "then an issuer goes by one call",
      json: withoutA(expendable),
      actions: { [authority("issuer_a")]: ["delete"] },
      calls: ["delete a-2026a"],
    },
  ],
};

/** What the stacks of this scenario say of themselves. */
export const lifecycles: readonly Lifecycle<GoogleWorld>[] = [nodes, ...plain, signed, staged];
