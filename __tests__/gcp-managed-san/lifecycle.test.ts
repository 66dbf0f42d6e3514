import { readFileSync } from "node:fs";
import { join } from "node:path";
import example from "../../config/example";
import compute from "../../config/examples/gcp-compute";
import grouped from "../../config/examples/gcp-grouped";
import { previousStacks } from "../../lib/change/read-previous";
import { checkAgainst } from "../../stacks/change";
import { checkedConfig } from "../../stacks/check";
import type { ConfigInput } from "../../stacks/config";
import { type GoogleApi, type GoogleCall, startGoogleApi } from "../support/servers/google-api";
import { evidence, proofsOf, synthesized } from "../support/terraform/proofs";
import { type Applied, type Json, needsOf, type Workspace, workspace } from "../support/terraform/terraform";

const servers = ["in-memory Google API"];

/** A config's stack with some fields changed; `undefined` removes a field. */
function withChanges(config: ConfigInput, stack: string, changes: Json = {}): object {
  return { ...config, stacks: { [stack]: { ...config.stacks[stack], ...changes } } };
}

/** A stack over an in-memory Google of its own. */
class Deployment {
  readonly #run: Workspace;

  private constructor(
    readonly api: GoogleApi,
    run: Workspace,
    readonly config: (changes: Json) => object,
    readonly stack: string,
  ) {
    this.#run = run;
  }

  static async start(config: ConfigInput, stack: string, changes: Json = {}): Promise<Deployment> {
    const changed = (changes: Json) => withChanges(config, stack, changes);
    const api = await startGoogleApi();
    for (const project of ["test-project", "shared-dns"]) {
      api.put(`dns/projects/${project}/managedZones/example-com`, { name: "example-com" });
    }
    api.put("compute/projects/ml-serving-prod/global/backendServices/llama", { name: "llama" });
    const text = synthesized(changed(changes))[stack] ?? "";
    const run = workspace(text, { overrides: api.override(JSON.parse(text) as Json) });
    await run.init();
    return new Deployment(api, run, changed, stack);
  }

  /** Applies the stack with some fields changed, and returns the calls. @throws if Terraform fails, with its message */
  async apply(changes: Json = {}): Promise<{ readonly applied: Applied; readonly calls: readonly string[] }> {
    this.#run.replace(synthesized(this.config(changes))[this.stack] ?? "");
    this.api.clearLog();
    const applied = await this.#run.apply();
    return { applied, calls: this.api.log().map(short) };
  }

  /** Interruptions that `check --against` finds between the state and a stack with some fields changed. */
  interrupted(changes: Json): readonly string[] {
    const { config, report } = checkedConfig(this.config(changes));
    const state = join(this.#run.folder, "terraform.tfstate");
    // The override puts the test's project into every resource.
    const placed = config.stacks.map((stack) =>
      stack.kind === "gcp-managed-san" ? { ...stack, config: { ...stack.config, project: "test-project" } } : stack,
    );
    const here = { ...config, stacks: placed };
    checkAgainst(here, previousStacks(state, here, report) ?? new Map(), report);
    return report.problems.map(({ message }) => message);
  }

  /** Expects a plan without changes and without warnings. */
  async expectSettled(): Promise<void> {
    const { actions, outputs, warnings } = await this.#run.plan();
    expect({ actions, outputs, warnings }).toEqual({ actions: {}, outputs: [], warnings: [] });
  }

  /** Expects that the hosts had an issued certificate after every call of the last apply. */
  expectServed(...hosts: readonly string[]): void {
    const served = this.api.log().map((call) => ({ call: short(call), ...call.serving }));
    for (const call of served) expect(call).toMatchObject(Object.fromEntries(hosts.map((host) => [host, "ACTIVE"])));
  }

  async destroy(): Promise<readonly string[]> {
    await this.#run.destroy();
    return Object.keys(this.api.objects());
  }

  async stop(): Promise<void> {
    this.#run.remove();
    await this.api.stop();
  }
}

/** A call as tests name it: method, kind and name of the resource, without environment, stack and hash. */
function short({ method, path, body, status }: GoogleCall): string {
  const plain = (text: string) => text.replace(/^[a-z]+-gcp-[a-z]+(?:-san)?-/, "").replace(/-[0-9a-f]{10}$/, "");
  const parts = path.split("/").slice(1);
  const last = parts.at(-1) ?? "";
  const failed = status < 300 ? "" : ` ${status}`;
  if (last === "changes") {
    const { additions = [], deletions = [] } = body as Record<string, { name: string; type: string }[]>;
    const names = (sign: string, records: readonly { name: string; type: string }[]) =>
      records.map(({ name, type }) => `${sign}${type} ${name.replace(/^_acme-challenge_[^.]+/, "_acme-challenge")}`);
    return `records ${[...names("+", additions), ...names("-", deletions)].join(" ")}${failed}`;
  }
  if (/^(set|attach|detach)/.test(last)) return `${last} ${parts.at(-3)} ${plain(parts.at(-2) ?? "")}${failed}`;
  if (method !== "POST") return `${method} ${parts.at(-2)} ${plain(last)}${failed}`;
  return `POST ${last}${failed}`;
}

const left = [
  "compute/projects/ml-serving-prod/global/backendServices/llama",
  "dns/projects/shared-dns/managedZones/example-com",
  "dns/projects/test-project/managedZones/example-com",
];

const MAIN = "gcp-managed-san";
const main = synthesized(example)[MAIN] ?? "";
const needs = needsOf(JSON.parse(main) as Json);
const hosts = ["chat.example.com", "embeddings.example.com"] as const;
const { hosts: routes, backends } = example.stacks[MAIN] as { hosts: Json; backends: Json };

proofsOf(MAIN, needs, (prove) => {
  let google: Deployment;
  afterAll(() => google?.stop());

  prove("apply", "from nothing, warning of certificates that Google has yet to issue", async () => {
    evidence(MAIN, main, servers);
    google = await Deployment.start(example, MAIN);
    google.api.watch([...hosts, "api.example.com"]);
    const { applied } = await google.apply();
    expect(applied.warnings.map(({ detail }) => detail).sort()).toEqual(
      hosts.map((host) => expect.stringContaining(`The certificate for ${host} is not issued.`)),
    );
    expect(google.api.issue()).toEqual([]);
    for (const host of hosts) expect(google.api.serving(host)).toBe("ACTIVE");
  });

  prove("empty plan", "once issued, without a warning", () => google.expectSettled());

  prove("change", "a name added for the default backend touches nothing that is there", async () => {
    const { calls } = await google.apply({ hosts: { ...routes, "api.example.com": { backend: "llama" } } });
    expect([...calls].sort()).toEqual([
      "POST certificateMapEntries",
      "POST certificates",
      "POST dnsAuthorizations",
      "records +A api.example.com.",
      "records +CNAME _acme-challenge.api.example.com.",
    ]);
    const order = ["POST dnsAuthorizations", "records +CNAME _acme-challenge.api.example.com.", "POST certificates"];
    expect(calls.filter((call) => order.includes(call))).toEqual(order);
    google.expectServed(...hosts);
    expect(google.api.issue()).toEqual([]);
    await google.expectSettled();
  });

  prove("change", "a name added for another backend changes the routes besides, in place", async () => {
    const added = { "api.example.com": { backend: "llama", paths: { "/v1/embeddings/*": "embeddings" } } };
    const { calls } = await google.apply({ hosts: { ...routes, ...added } });
    expect(calls).toEqual(["PUT urlMaps routes"]);
    google.expectServed(...hosts, "api.example.com");
    await google.expectSettled();
  });

  prove("change", "a name removed takes its own things and nothing else", async () => {
    const { calls } = await google.apply();
    expect([...calls].sort()).toEqual([
      "DELETE certificateMapEntries api-example-com",
      "DELETE certificates api-example-com",
      "DELETE dnsAuthorizations api-example-com",
      "PUT urlMaps routes",
      "records -A api.example.com.",
      "records -CNAME _acme-challenge.api.example.com.",
    ]);
    google.expectServed(...hosts);
    await google.expectSettled();
  });

  prove("change", "a backend removed is first taken out of the routes", async () => {
    const { calls } = await google.apply({
      hosts: { "chat.example.com": { backend: "llama" }, "embeddings.example.com": { backend: "llama" } },
      backends: { llama: backends.llama },
    });
    expect(calls).toEqual([
      "PUT urlMaps routes",
      "DELETE backendServices embeddings",
      "DELETE networkEndpointGroups embeddings",
    ]);
    google.expectServed(...hosts);
    await google.apply();
    await google.expectSettled();
  });

  prove("change", "a backend of another region serves before the old one goes", async () => {
    const moved = { ...backends, llama: { cloudRun: { region: "us-central1", service: "llama" } } };
    const { calls } = await google.apply({ backends: moved });
    expect(calls).toEqual([
      "POST networkEndpointGroups",
      "PUT backendServices llama",
      "DELETE networkEndpointGroups llama",
    ]);
    await google.apply();
  });

  prove("change", "another keep-alive is another proxy, to which the listener changes over", async () => {
    const { calls } = await google.apply({ keepAlive: "620s" });
    expect(calls).toEqual([
      "POST targetHttpsProxies",
      "setTarget forwardingRules https-ipv4",
      "DELETE targetHttpsProxies https",
    ]);
    google.expectServed(...hosts);
    await google.apply();
    google.expectServed(...hosts);
    await google.expectSettled();
  });

  prove("change", "TLS, HTTP/3 and a default certificate change in place", async () => {
    const { calls } = await google.apply({
      sslPolicy: { profile: "RESTRICTED" },
      quic: false,
      defaultCertificate: "chat.example.com",
    });
    expect([...calls].sort()).toEqual([
      "PATCH sslPolicies tls",
      "POST certificateMapEntries",
      "setQuicOverride targetHttpsProxies https",
    ]);
    expect(google.api.serving("anything.example.org")).toBe("ACTIVE");
    google.expectServed(...hosts);
    await google.apply();
  });

  prove(
    "change",
    "from one certificate for each name to one for all, and back with the gate, without a gap",
    async () => {
      await expect(google.apply({ grouping: "all" })).rejects.toThrow(/Google has not issued the certificate/);
      expect(google.api.log().map(short)).toEqual(["POST certificates"]);
      google.api.issue();
      const { calls } = await google.apply({ grouping: "all" });
      google.expectServed(...hosts);
      expect(calls.slice(0, 2).sort()).toEqual(
        hosts.map((host) => `PATCH certificateMapEntries ${host.replaceAll(".", "-")}`),
      );
      await expect(google.apply({ gate: true })).rejects.toThrow(/Google has not issued the certificate/);
      google.expectServed(...hosts);
      google.api.issue();
      await google.apply({ gate: true });
      google.expectServed(...hosts);
      await google.expectSettled();
    },
  );

  prove("drift", "a record and an entry that somebody took away come back", async () => {
    const objects = Object.keys(google.api.objects());
    const taken = [
      objects.find((path) => path.includes("/certificateMapEntries/")),
      objects.find((path) => path.endsWith("/CNAME")),
    ];
    for (const path of taken) google.api.take(path ?? "");
    const { calls } = await google.apply();
    expect(calls).toHaveLength(2);
    await google.expectSettled();
    expect(Object.keys(google.api.objects())).toEqual(expect.arrayContaining(taken));
  });

  prove("destroy", "leaves what was there before", async () => {
    expect(await google.destroy()).toEqual(left);
  });

  prove("faults", "when every call is refused once, it still applies, plans empty and goes", async () => {
    const flaky = await Deployment.start(example, MAIN);
    try {
      const seen = new Set<string>();
      flaky.api.fail((method, path) => {
        const first = !seen.has(`${method} ${path}`);
        seen.add(`${method} ${path}`);
        return first;
      });
      const { calls } = await flaky.apply();
      expect(calls.filter((call) => call.endsWith(" 503")).length).toBeGreaterThan(10);
      flaky.api.fail(undefined);
      flaky.api.issue();
      await flaky.expectSettled();
      expect(await flaky.destroy()).toEqual(left);
    } finally {
      await flaky.stop();
    }
  });
});

const GROUPED = "gcp-grouped";
proofsOf(`${GROUPED} (${GROUPED})`, needs, (prove) => {
  let google: Deployment;
  afterAll(() => google?.stop());
  const { hosts: names } = grouped.stacks[GROUPED] as { hosts: Json };
  const more = { hosts: { ...names, "new.example.com": { backend: "llama" } } };
  const old = Object.keys(names);

  prove("apply", "ends at the gate, and goes on once the certificate is issued", async () => {
    evidence(`${GROUPED} (${GROUPED})`, synthesized(grouped)[GROUPED] ?? "", servers);
    google = await Deployment.start(grouped, GROUPED);
    google.api.watch(old);
    await expect(google.apply()).rejects.toThrow(
      /Google has not issued the certificate for api\.example\.com and 1 more yet\. Nothing that serves was changed\./,
    );
    expect(google.api.log().map(short)).not.toContain("POST targetHttpsProxies");
    expect(google.api.issue()).toEqual([]);
    await google.apply();
  });

  prove("empty plan", "once issued, without a warning", () => google.expectSettled());

  prove("change", "a name added makes a certificate and nothing else, until that is issued", async () => {
    await expect(google.apply(more)).rejects.toThrow(/Google has not issued/);
    expect(google.api.log().map(short)).toEqual(
      expect.arrayContaining([
        "POST dnsAuthorizations",
        "records +CNAME _acme-challenge.new.example.com.",
        "POST certificates",
      ]),
    );
    expect(
      google.api
        .log()
        .map(short)
        .filter((call) => !/^POST (dnsAuth|certificates$)|^records \+CNAME/.test(call)),
    ).toEqual([]);
    google.expectServed(...old);
    await expect(google.apply(more)).rejects.toThrow(/Google has not issued/);
    expect(google.api.log()).toEqual([]);
  });

  prove("change", "then every entry has the new one before the old one goes", async () => {
    google.api.issue();
    const { calls } = await google.apply(more);
    expect(calls.filter((call) => /certificates|Entries/.test(call)).sort()).toEqual([
      "DELETE certificates all",
      "PATCH certificateMapEntries api-example-com",
      "PATCH certificateMapEntries chat-example-com",
      "POST certificateMapEntries",
    ]);
    expect(calls.at(-1)).toBe("DELETE certificates all");
    google.expectServed(...old);
    expect(google.api.serving("new.example.com")).toBe("ACTIVE");
    await google.expectSettled();
  });

  prove("destroy", "leaves what was there before", async () => {
    expect(await google.destroy()).toEqual(left);
  });
});

const COMPUTE = "gcp-compute";
interface Zonal {
  readonly hosts: Json;
  readonly backends: { readonly llama: { readonly zonalNeg: Json } };
}

proofsOf(`${COMPUTE} (${COMPUTE})`, needs, (prove) => {
  let google: Deployment;
  afterAll(() => google?.stop());
  const { hosts: names, backends } = compute.stacks[COMPUTE] as unknown as Zonal;
  const served = Object.keys(names);
  const more = { hosts: { ...names, "api2.example.com": { backend: "llama" } } };

  prove("apply", "from nothing, then issued through the load balancer", async () => {
    evidence(`${COMPUTE} (${COMPUTE})`, synthesized(compute)[COMPUTE] ?? "", servers);
    google = await Deployment.start(compute, COMPUTE);
    google.api.watch(served);
    await google.apply();
    expect(google.api.issue()).toEqual([]);
    for (const host of served) expect(google.api.serving(host)).toBe("ACTIVE");
  });

  prove("empty plan", "once issued, without a warning", () => google.expectSettled());

  prove("change", "a name added and removed leaves the others their certificates", async () => {
    expect((await google.apply(more)).calls).toEqual([
      "POST sslCertificates",
      "setSslCertificates targetHttpsProxies https",
    ]);
    google.expectServed(...served);
    google.api.issue();
    expect((await google.apply()).calls).toEqual([
      "setSslCertificates targetHttpsProxies https",
      "DELETE sslCertificates api2-example-com",
    ]);
    google.expectServed(...served);
    await google.expectSettled();
  });

  prove("change", "an endpoint that moves is in before the old one is out", async () => {
    const endpoints = {
      "llama-0": { address: "10.0.0.9", port: 8000 },
      "llama-1": { address: "10.0.0.6", port: 8000 },
    };
    const { llama } = backends;
    const { calls } = await google.apply({
      backends: { llama: { ...llama, zonalNeg: { ...llama.zonalNeg, endpoints } } },
    });
    expect(calls.map((call) => call.split(" ")[0])).toEqual(["attachNetworkEndpoints", "detachNetworkEndpoints"]);
    const moved = { ...llama.zonalNeg, zone: "europe-west4-b" };
    const again = await google.apply({ backends: { llama: { ...llama, zonalNeg: moved } } });
    expect(again.calls.map((call) => call.split(" ").slice(0, 2).join(" "))).toEqual([
      "POST networkEndpointGroups",
      "attachNetworkEndpoints networkEndpointGroups",
      "attachNetworkEndpoints networkEndpointGroups",
      "PUT backendServices",
      "detachNetworkEndpoints networkEndpointGroups",
      "detachNetworkEndpoints networkEndpointGroups",
      "DELETE networkEndpointGroups",
    ]);
    await google.apply();
  });

  const managed = { mode: "certificate-manager" };
  prove("change", "to Certificate Manager: the map comes once its certificates are issued", async () => {
    const phase = { ...managed, phase: "add-map" };
    await expect(google.apply(phase)).rejects.toThrow(/Google has not issued/);
    google.expectServed(...served);
    expect(
      google.api
        .log()
        .map(short)
        .filter((call) => /Proxies|sslCertificates/.test(call)),
    ).toEqual([]);
    google.api.issue({ recordsElsewhere: true });
    const { calls } = await google.apply(phase);
    expect(calls.at(-1)).toBe("setCertificateMap targetHttpsProxies https");
    google.expectServed(...served);
    await google.expectSettled();
  });

  prove("change", "then Compute's certificates go, off the proxy first", async () => {
    const { calls } = await google.apply({ ...managed, phase: "drop-certificates" });
    expect([calls[0], ...calls.slice(1).sort()]).toEqual([
      "setSslCertificates targetHttpsProxies https",
      "DELETE sslCertificates api-example-com",
      "DELETE sslCertificates chat-example-com",
    ]);
    google.expectServed(...served);
    expect((await google.apply(managed)).calls).toEqual([]);
    await google.expectSettled();
  });

  prove("change", "back to Compute through the same phase", async () => {
    await google.apply({ ...managed, phase: "add-map" });
    google.expectServed(...served);
    google.api.issue({ recordsElsewhere: true });
    await google.apply();
    google.expectServed(...served);
    await google.expectSettled();
  });

  prove(
    "refusal",
    "in one step nobody would be served for a while, which is why check --against refuses it",
    async () => {
      expect(google.interrupted({})).toEqual([]);
      expect(google.interrupted({ ...managed, phase: "add-map" })).toEqual([]);
      expect(google.interrupted(managed)).toEqual([
        expect.stringContaining("in one apply they would be off the proxy"),
      ]);
      await google.apply(managed);
      const moments = google.api.log().flatMap(({ serving }) => Object.values(serving));
      expect(moments).toContain("nothing");
    },
  );

  prove("destroy", "leaves what was there before", async () => {
    expect(await google.destroy()).toEqual(left);
  });
});

proofsOf("gcp-managed-san (one of Compute for all)", needs, (prove) => {
  prove("change", "the retiring one serves until the new one is issued", async () => {
    const { hosts: names } = compute.stacks[COMPUTE] as { hosts: Json };
    const all = { grouping: "all" };
    const more = { ...all, hosts: { ...names, "new.example.com": { backend: "llama" } } };
    const google = await Deployment.start(compute, COMPUTE, all);
    try {
      google.api.watch(Object.keys(names));
      await google.apply(all);
      google.api.issue();
      const { calls } = await google.apply({ ...more, retiring: Object.keys(names) });
      expect(calls).toEqual(["POST sslCertificates", "setSslCertificates targetHttpsProxies https"]);
      google.expectServed(...Object.keys(names));
      const early = google.interrupted(more);
      expect(early).toEqual(Object.keys(names).map(() => expect.stringContaining("keep retiring until it has")));
      google.api.issue();
      await google.apply({ ...more, retiring: Object.keys(names) });
      expect(google.interrupted(more)).toEqual([]);
      expect((await google.apply(more)).calls).toEqual([
        "setSslCertificates targetHttpsProxies https",
        "DELETE sslCertificates all",
      ]);
      google.expectServed(...Object.keys(names));
      await google.expectSettled();
      // Without it the new certificate, which is not issued, takes its place.
      expect(google.interrupted(all)).toEqual([
        ...Object.keys(names).map(() => expect.stringContaining("would lose the certificate")),
        expect.stringContaining('lacks "new.example.com"'),
      ]);
      await google.apply(all);
      expect(google.api.serving("chat.example.com")).toBe("PROVISIONING");
    } finally {
      await google.stop();
    }
  });
});

const EVERYTHING = "per-name (gcp-everything)";
proofsOf(EVERYTHING, needs, (prove) => {
  let google: Deployment;
  afterAll(() => google?.stop());
  const config = JSON.parse(readFileSync("__tests__/golden/gcp-everything.json", "utf8")) as ConfigInput;
  // Its state belongs in a bucket, and this test has none.
  const local = { ...config, backend: { type: "local" } } as ConfigInput;
  const existing = [
    "compute/projects/other-prod/global/backendServices/files",
    "dns/projects/shared-dns/managedZones/books",
    "dns/projects/shared-dns/managedZones/ml-example-com",
  ];

  prove("apply", "with every kind of backend, IPv6, and a gate", async () => {
    evidence(EVERYTHING, synthesized(config)["per-name"] ?? "", servers);
    google = await Deployment.start(local, "per-name");
    for (const path of existing) google.api.put(path, { name: path.split("/").at(-1) });
    await expect(google.apply()).rejects.toThrow(/Google has not issued the certificate for/);
    expect(google.api.issue()).toEqual([]);
    await google.apply();
    for (const host of ["api.example.com", "any.ml.example.com", "no.such.host"]) {
      expect({ host, serving: google.api.serving(host) }).toEqual({ host, serving: "ACTIVE" });
    }
  });

  prove("empty plan", "once issued, without a warning", () => google.expectSettled());

  prove("destroy", "leaves what was there before", async () => {
    expect(await google.destroy()).toEqual([...left, ...existing].sort());
  });
});
