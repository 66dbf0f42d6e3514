import { readFileSync } from "node:fs";
import { join } from "node:path";
import example from "../../config/example";
import devops from "../../config/examples/cas-devops";
import requests from "../../config/examples/cas-requests";
import training from "../../config/examples/cas-training";
import twoGroups from "../../config/examples/cas-two-groups";
import type { ConfigInput } from "../../stacks/config";
import { type GoogleApi, type GoogleCall, startGoogleApi } from "../support/servers/google-api";
import { evidence, proofsOf, synthesized } from "../support/terraform/proofs";
import { type Applied, type Json, needsOf, type Plan, type Workspace, workspace } from "../support/terraform/terraform";

const STACK = "cas-short-lived";
const servers = ["in-memory Google API"];

/** Terraform's error for a resource that its configuration protects. */
const protectedError = /Instance cannot be destroyed/;

/** The JSON of a config's stack with some fields changed; `undefined` removes a field. */
const jsonOf = (config: ConfigInput, changes: Json = {}): string =>
  synthesized({ ...config, stacks: { [STACK]: { ...config.stacks[STACK], ...changes } } })[STACK] ?? "";

/** A stack with an in-memory Google API of its own. */
class Deployment {
  private constructor(
    readonly api: GoogleApi,
    readonly run: Workspace,
  ) {}

  static async start(json: string): Promise<Deployment> {
    const api = await startGoogleApi();
    const run = workspace(json, { overrides: api.override(JSON.parse(json) as Json) });
    await run.init();
    return new Deployment(api, run);
  }

  /** Applies, and returns the calls. */
  async apply(json?: string): Promise<{ readonly applied: Applied; readonly calls: readonly string[] }> {
    if (json !== undefined) this.run.replace(json);
    this.api.clearLog();
    return { applied: await this.run.apply(), calls: this.calls() };
  }

  calls(): readonly string[] {
    return this.api.log().map(short);
  }

  async plan(json?: string): Promise<Plan> {
    if (json !== undefined) this.run.replace(json);
    return this.run.plan();
  }

  /** Expects a plan without changes and warnings. */
  async expectSettled(): Promise<void> {
    const { actions, outputs, warnings } = await this.run.plan();
    expect({ actions, outputs, warnings }).toEqual({ actions: {}, outputs: [], warnings: [] });
  }

  /** Expects an error, and no call that changes anything. */
  async expectRefusal(doing: () => Promise<unknown>, error: RegExp): Promise<void> {
    this.api.clearLog();
    await expect(doing()).rejects.toThrow(error);
    expect(this.calls()).toEqual([]);
  }

  /** The object at a path below the project's region. */
  object(path: string): Json {
    const [found] = Object.entries(this.api.objects()).filter(([key]) => key.endsWith(`/${path}`));
    if (found === undefined) throw new Error(`there is no ${path}`);
    return found[1];
  }

  async stop(): Promise<void> {
    this.run.remove();
    await this.api.stop();
  }
}

/** A call as tests name it: `make`, `change`, `delete` or a verb, a kind, and an id; of certificates, in which pool. */
function short({ method, path, query, status }: GoogleCall): string {
  const [, object = "", verb] = /([^/:]+)(?::(\w+))?$/.exec(path) ?? [];
  const [, pool = ""] = /\/caPools\/([^/:]+)/.exec(path) ?? [];
  const failed = status < 300 ? "" : ` ${status}`;
  if (verb !== undefined) return `${verb} ${object}${failed}`;
  if (method === "PATCH") return `change ${object} ${query.updateMask}${failed}`;
  if (method === "DELETE") return `delete ${object}${failed}`;
  const { caPoolId, certificateAuthorityId, certificateTemplateId, certificateId = "" } = query;
  const id = caPoolId ?? certificateAuthorityId ?? certificateTemplateId;
  if (id !== undefined) return `make ${object} ${id}${failed}`;
  const issuer = query.issuingCertificateAuthorityId;
  const what = issuer === undefined ? certificateId.replace(/-[0-9a-f]{12}$/, "") : `an authority's by ${issuer}`;
  return `sign ${what} in ${pool}${failed}`;
}

/** The named ones of the calls, in their order. */
const among = (calls: readonly string[], named: readonly string[]) => calls.filter((call) => named.includes(call));

const main = jsonOf(example);
const needs = needsOf(JSON.parse(main) as Json);
const pool = `example-${STACK}-2026a`;
const rootPool = `example-${STACK}-root-2026a`;

proofsOf(STACK, needs, (prove) => {
  let google: Deployment;
  afterAll(() => google?.stop());

  prove(
    "apply",
    "the root first; then an issuer made, its request signed in the root's pool, activated, enabled",
    async () => {
      evidence(STACK, main, servers);
      google = await Deployment.start(main);
      const { calls } = await google.apply();
      const order = [
        `make caPools ${rootPool}`,
        "make certificateAuthorities root-2026a",
        "enable root-2026a",
        "make certificateAuthorities a-2026a",
        "fetch a-2026a",
        `sign an authority's by root-2026a in ${rootPool}`,
        "activate a-2026a",
        "enable a-2026a",
      ];
      expect(among(calls, order)).toEqual(order);
      expect([...calls].sort()).toEqual(
        [
          ...order,
          `make caPools ${pool}`,
          `make certificateTemplates example-${STACK}-trainers-2026a`,
          `setIamPolicy example-${STACK}-trainers-2026a`,
          `setIamPolicy ${pool}`,
          `setIamPolicy ${pool}`,
        ].sort(),
      );
    },
  );

  prove(
    "apply",
    "with what was meant: path length 0, no authority in the pool's policy, roles under a condition",
    () => {
      const { config, lifetime } = google.object("certificateAuthorities/a-2026a") as {
        config: Json;
        lifetime: string;
      };
      expect(lifetime).toBe(`${1095 * 86_400}s`);
      expect((config.x509Config as Json).caOptions).toEqual({ isCa: true, maxIssuerPathLength: 0 });
      const root = google.object("certificateAuthorities/root-2026a").config as { x509Config: Json };
      expect(root.x509Config.caOptions).toEqual({ isCa: true });
      const { issuancePolicy } = google.object(`caPools/${pool}`) as { issuancePolicy: { baselineValues: Json } };
      expect(issuancePolicy.baselineValues.caOptions).toEqual({ isCa: false });
      expect(google.object(`caPools/${rootPool}`)).not.toHaveProperty("issuancePolicy");
      const { bindings } = google.object(`caPools/${pool}:iam`) as { bindings: Json[] };
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
  );

  prove("outputs", "name what nodes need; the trust bundle is the root's certificate", async () => {
    const outputs = await google.run.output();
    const region = "projects/ai-training/locations/europe-west1";
    const root = `${region}/caPools/${rootPool}/certificateAuthorities/root-2026a`;
    expect(outputs).toMatchObject({
      pool_ids: { root: `${region}/caPools/${rootPool}`, issuing: `${region}/caPools/${pool}` },
      certificate_authorities: {
        root,
        "issuer a": `${region}/caPools/${pool}/certificateAuthorities/a-2026a`,
      },
      certificate_templates: { trainers: `${region}/certificateTemplates/example-${STACK}-trainers-2026a` },
    });
    const bundle = String(outputs.trust_bundle);
    expect(Buffer.from(bundle.split("\n")[1] ?? "", "base64").toString()).toBe(root);
    expect((outputs.bootstrap as Json).trainers).toContain(bundle.split("\n")[1]);
  });

  prove("empty plan", "nothing to do, nothing warned of", () => google.expectSettled());

  prove("change", "a node group touches the pool's names and nothing else that is there", async () => {
    const { nodeGroups } = example.stacks[STACK] as { nodeGroups: Json };
    const storage = { domains: ["storage.example.com"], members: ["group:storage@example.com"], lifetime: "12h" };
    const { calls } = await google.apply(jsonOf(example, { nodeGroups: { ...nodeGroups, storage } }));
    expect([...calls].sort()).toEqual(
      [
        `change ${pool} issuancePolicy`,
        `make certificateTemplates example-${STACK}-storage-2026a`,
        `setIamPolicy example-${STACK}-storage-2026a`,
        `setIamPolicy ${pool}`,
        `setIamPolicy ${pool}`,
      ].sort(),
    );
    await google.expectSettled();
    const { calls: back } = await google.apply(main);
    expect(back).toContain(`delete example-${STACK}-storage-2026a`);
    await google.expectSettled();
  });

  prove("drift", "an authority that somebody disabled is warned of, though the provider sees no change", async () => {
    const key = `privateca/projects/ai-training/locations/europe-west1/caPools/${pool}/certificateAuthorities/a-2026a`;
    google.api.put(key, { state: "DISABLED" });
    const { actions, warnings } = await google.plan();
    expect(actions).toEqual({});
    expect(warnings.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^The authority a-2026a is DISABLED, but should be enabled\./),
    ]);
    google.api.put(key, { state: "ENABLED" });
    await google.expectSettled();
  });

  prove(
    "refusal",
    "a plan that would destroy an authority ends there: another suffix, another name, destroy",
    async () => {
      const root = { commonName: "Another root" };
      for (const changes of [{ suffix: "2026b" }, { root }]) {
        await google.expectRefusal(() => google.plan(jsonOf(example, changes)), protectedError);
      }
      google.run.replace(main);
      await google.expectRefusal(() => google.run.destroy(), protectedError);
      await google.expectSettled();
    },
  );

  prove(
    "destroy",
    "without protection first an apply that calls nothing; then pools stay for the grace period",
    async () => {
      const unprotected = jsonOf(example, { protect: false });
      const { calls } = await google.apply(unprotected);
      expect(calls).toEqual([]);
      google.api.clearLog();
      await expect(google.run.destroy()).rejects.toThrow(/is already being used by/);
      const order = [
        "disable a-2026a",
        "delete a-2026a",
        "disable root-2026a",
        "delete root-2026a",
        `delete ${rootPool} 400`,
      ];
      expect(among(google.calls(), order)).toEqual(order);
      expect(google.object("certificateAuthorities/root-2026a").state).toBe("DELETED");
    },
  );
});

for (const [name, config] of Object.entries({ "cas-training": training, "cas-devops": devops })) {
  const text = jsonOf(config);
  proofsOf(`${STACK} (${name})`, needs, (prove) => {
    let google: Deployment;
    afterAll(() => google?.stop());

    prove("apply", "from nothing", async () => {
      evidence(`${STACK} (${name})`, text, servers);
      google = await Deployment.start(text);
      await google.apply();
    });

    prove("empty plan", "nothing to do, nothing warned of", () => google.expectSettled());

    prove("destroy", "leaves nothing where the grace period is skipped", async () => {
      await google.apply(jsonOf(config, { protect: false, skipGracePeriod: true }));
      await google.run.destroy();
      expect(Object.keys(google.api.objects())).toEqual([]);
    });
  });
}

proofsOf(`${STACK} (cas-requests)`, needs, (prove) => {
  const { nodeGroups } = requests.stacks[STACK] as unknown as {
    nodeGroups: { gateways: { certificates: { gateway: Json } } };
  };
  const { gateways } = nodeGroups;
  /** The example with some fields of its one certificate and of its stack changed. */
  const withCertificate = (changes: Json, ofStack: Json = {}) => {
    const certificates = { gateway: { ...gateways.certificates.gateway, ...changes } };
    return jsonOf(requests, { nodeGroups: { gateways: { ...gateways, certificates } }, ...ofStack });
  };
  const text = jsonOf(requests);
  const idOf = (json: string) => {
    const { resource } = JSON.parse(json) as { resource: Record<string, Record<string, { name: string }>> };
    return resource.google_privateca_certificate?.nodes_gateways_gateway?.name ?? "";
  };
  let google: Deployment;
  afterAll(() => google?.stop());

  prove("apply", "a certificate is signed only once an issuer signs", async () => {
    evidence(`${STACK} (cas-requests)`, text, servers);
    google = await Deployment.start(text);
    const { calls } = await google.apply();
    const order = ["activate a-2026a", "enable a-2026a", `sign gateways-gateway in ${pool}`];
    expect(among(calls, order)).toEqual(order);
  });

  prove("outputs", "hold the certificate and its issuer, and when it ends", async () => {
    const outputs = await google.run.output();
    const blocks = String((outputs.certificate_chains as Json)["gateways/gateway"]).match(/BEGIN CERTIFICATE/g);
    expect(blocks).toHaveLength(2);
    const { "gateways/gateway": entry } = outputs.certificate_inventory as Record<string, { not_after: string }>;
    const days = (Date.parse(entry?.not_after ?? "") - Date.now()) / 86_400_000;
    expect([days > 89, days <= 90]).toEqual([true, true]);
  });

  prove("empty plan", "nothing to do, nothing warned of", () => google.expectSettled());

  prove(
    "change",
    "another generation is signed before the old one is revoked, and nothing else is touched",
    async () => {
      const next = withCertificate({ generation: 2 });
      const { calls } = await google.apply(next);
      expect(calls).toEqual([`sign gateways-gateway in ${pool}`, `revoke ${idOf(text)}`]);
      expect(idOf(next)).not.toBe(idOf(text));
      await google.expectSettled();
    },
  );

  prove("change", "another lifetime too; labels are changed in place", async () => {
    const next = withCertificate({ generation: 2, lifetime: "60d" });
    const { calls } = await google.apply(next);
    expect(calls).toEqual([
      `sign gateways-gateway in ${pool}`,
      expect.stringMatching(/^revoke gateways-gateway-[0-9a-f]{12}$/),
    ]);
    const labelled = { ...requests, labels: { team: "ml-platform" } };
    const changes = { nodeGroups: JSON.parse(JSON.stringify(nodeGroups)) as Json };
    Object.assign((changes.nodeGroups.gateways as { certificates: { gateway: Json } }).certificates.gateway, {
      generation: 2,
      lifetime: "60d",
    });
    const { calls: labels } = await google.apply(jsonOf(labelled, changes));
    expect([...labels].sort()).toEqual(
      [idOf(next), pool, rootPool, "a-2026a", "root-2026a", `example-${STACK}-gateways-2026a`]
        .map((object) => `change ${object} labels`)
        .sort(),
    );
    await google.expectSettled();
    await google.apply(next);
  });

  prove(
    "refusal",
    "under the certificate's create_before_destroy a changed root is refused before anything is called",
    async () => {
      const next = { generation: 2, lifetime: "60d" };
      for (const changes of [{ suffix: "2026b" }, { root: { commonName: "Another root" } }]) {
        await google.expectRefusal(() => google.plan(withCertificate(next, changes)), protectedError);
      }
      google.run.replace(withCertificate(next));
      await google.expectSettled();
    },
  );

  prove("refusal", "Google refuses an id that was used once, so a generation never goes back", async () => {
    google.api.clearLog();
    await expect(google.apply(withCertificate({ generation: 2 }))).rejects.toThrow(/already exists/);
    expect(google.calls()).toEqual([`sign gateways-gateway in ${pool} 409`]);
    await google.apply(withCertificate({ generation: 3 }));
    await google.expectSettled();
  });

  prove("destroy", "revokes the certificate, then deletes issuer, root and pools; nothing is left", async () => {
    await google.apply(withCertificate({ generation: 3 }, { protect: false, skipGracePeriod: true }));
    google.api.clearLog();
    await google.run.destroy();
    const order = [
      expect.stringMatching(/^revoke gateways-gateway/),
      "disable a-2026a",
      "delete a-2026a",
      "disable root-2026a",
      "delete root-2026a",
      `delete ${rootPool}`,
    ];
    const calls = google.calls();
    expect(calls.filter((call) => /^(revoke|disable|delete (a-|root-))/.test(call) || call === order.at(-1))).toEqual(
      order,
    );
    expect(Object.keys(google.api.objects())).toEqual([]);
  });
});

proofsOf(`${STACK} (cas-two-groups)`, needs, (prove) => {
  const { issuers } = twoGroups.stacks[STACK] as { issuers: Record<"a" | "b", Json> };
  /** The example with its issuers in the given phases. */
  const withPhases = (a: string, b: string, more: Json = {}) =>
    jsonOf(twoGroups, { issuers: { a: { ...issuers.a, phase: a }, b: { ...issuers.b, phase: b }, ...more } });
  const text = jsonOf(twoGroups);
  let google: Deployment;
  afterAll(() => google?.stop());

  prove("apply", "a staged issuer is made, signed and activated, and not enabled", async () => {
    evidence(`${STACK} (cas-two-groups)`, text, servers);
    google = await Deployment.start(text);
    const { calls } = await google.apply();
    const order = ["make certificateAuthorities b-2026a", "fetch b-2026a", "activate b-2026a"];
    expect(calls.filter((call) => call.endsWith(" b-2026a"))).toEqual(order);
    expect(calls).toContain("enable a-2026a");
  });

  prove("empty plan", "nothing to do, nothing warned of", () => google.expectSettled());

  prove("change", "phases, one after the other: each is one call", async () => {
    for (const [a, b, call] of [
      ["enabled", "enabled", "enable b-2026a"],
      ["disabled", "enabled", "disable a-2026a"],
      ["enabled", "enabled", "enable a-2026a"],
      ["disabled", "enabled", "disable a-2026a"],
    ] as const) {
      expect((await google.apply(withPhases(a, b))).calls).toEqual([call]);
      await google.expectSettled();
    }
  });

  prove("refusal", "back to staged, and a new issuer that is disabled, are refused by the plan", async () => {
    await google.expectRefusal(
      () => google.plan(withPhases("staged", "enabled")),
      /can only be set to `STAGED` when creating a new CA/,
    );
    const c = { commonName: "Training issuer C", phase: "disabled" };
    await google.expectRefusal(
      () => google.plan(withPhases("disabled", "enabled", { c })),
      /can only be set to `STAGED` or `ENABLED` when creating a new CA/,
    );
  });

  prove("destroy", "an issuer goes once it is not protected, and before that the apply says why not", async () => {
    const b = { ...issuers.b, phase: "enabled" };
    const without = (more: Json) => jsonOf(twoGroups, { issuers: { b }, skipGracePeriod: true, ...more });
    await expect(google.apply(without({}))).rejects.toThrow(/without setting deletion_protection=false/);
    expect(google.calls()).toEqual([]);
    const a = { ...issuers.a, phase: "disabled" };
    await google.apply(jsonOf(twoGroups, { issuers: { a, b }, protect: false, skipGracePeriod: true }));
    expect((await google.apply(without({ protect: false }))).calls).toEqual(["delete a-2026a"]);
    await google.expectSettled();
  });

  prove("destroy", "leaves nothing", async () => {
    await google.run.destroy();
    expect(Object.keys(google.api.objects())).toEqual([]);
  });
});

proofsOf(`${STACK} (half-failed activation)`, needs, (prove) => {
  const issuer = "google_privateca_certificate_authority.issuer_a";
  let google: Deployment;
  afterAll(() => google?.stop());

  prove(
    "faults",
    "a refused signature leaves an issuer that waits, whose id is burnt, and no plan replaces it",
    async () => {
      google = await Deployment.start(main);
      google.api.fail((method, path) => method === "POST" && path.endsWith(`${rootPool}/certificates`), 403);
      await expect(google.apply()).rejects.toThrow(/Error activating subordinate CA/);
      google.api.fail(undefined);
      expect(google.object("certificateAuthorities/a-2026a").state).toBe("AWAITING_USER_ACTIVATION");
      await google.expectRefusal(() => google.plan(), protectedError);
    },
  );

  prove(
    "faults",
    "terraform untaint and an apply activate it; a plan says that it does not sign until enabled",
    async () => {
      await google.run.untaint(issuer);
      const { calls } = await google.apply();
      const order = ["fetch a-2026a", `sign an authority's by root-2026a in ${rootPool}`, "activate a-2026a"];
      expect(among(calls, order)).toEqual(order);
      const { actions, warnings } = await google.plan();
      expect(actions).toEqual({});
      expect(warnings.map(({ detail }) => detail)).toEqual([
        expect.stringMatching(/^The authority a-2026a is STAGED, but should be enabled\./),
      ]);
      // This is the call of `gcloud privateca subordinates enable`.
      const key = `privateca/projects/ai-training/locations/europe-west1/caPools/${pool}/certificateAuthorities/a-2026a`;
      google.api.put(key, { state: "ENABLED" });
      await google.expectSettled();
    },
  );
});

proofsOf(`${STACK} (what synth refuses)`, needs, (prove) => {
  const golden = join(__dirname, "../golden");

  prove(
    "refusal",
    "would fail in the apply: one pool for root and issuers, whose policy does not sign authorities",
    async () => {
      const { resource, ...rest } = JSON.parse(main) as { resource: Record<string, Record<string, Json>> };
      const authorities = resource.google_privateca_certificate_authority as Record<string, Json>;
      Object.assign(authorities.root as Json, { pool: "${google_privateca_ca_pool.issuing_pool.name}" });
      const google = await Deployment.start(JSON.stringify({ ...rest, resource }));
      try {
        await expect(google.apply()).rejects.toThrow(/lifetime 94608000s is more than the 86400s allowed/);
      } finally {
        await google.stop();
      }
    },
  );

  prove(
    "refusal",
    "would fail in the apply: a certificate that Terraform reads back from a pool of the tier devops",
    async () => {
      const text = readFileSync(join(golden, "cas-requests", STACK, "cdk.tf.json"), "utf8");
      const google = await Deployment.start(text.replaceAll('"ENTERPRISE"', '"DEVOPS"'));
      try {
        await expect(google.apply()).rejects.toThrow(/was present, but now absent/);
      } finally {
        await google.stop();
      }
    },
  );

  prove("refusal", "would fail in the apply: the same extension in pool and template", async () => {
    const text = readFileSync(join(golden, "cas-requests", STACK, "cdk.tf.json"), "utf8");
    const both = text.replace(/"base_key_usage": \{\s*\}/, '"base_key_usage": { "digital_signature": true }');
    expect(both).not.toBe(text);
    const google = await Deployment.start(both);
    try {
      await expect(google.apply()).rejects.toThrow(/pool and template both set BASE_KEY_USAGE/);
    } finally {
      await google.stop();
    }
  });
});
