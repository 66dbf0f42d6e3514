import { createHash, createPrivateKey, type X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { ConfigInput } from "../../stacks/config";
import {
  type Connection,
  certificatesIn,
  extensionsOf,
  type Identity,
  opensslNeed,
  opensslVerdict,
  plainTable,
  shakeHands,
  trials,
} from "../support/handshake";
import {
  type Cluster,
  freePorts,
  kubernetesNeed,
  type Namespace,
  namespaceOf,
  startCluster,
  startOwnCluster,
} from "../support/servers/kubernetes-server";
import { mounted, trustIn } from "../support/servers/kubernetes-world";
import { type Moto, motoNeed, startMoto } from "../support/servers/moto";
import { addressesOf, alone, interruptionsOf, lifecycleOf } from "../support/terraform/lifecycle";
import { evidence, type Prove, proofsOf, synthesized } from "../support/terraform/proofs";
import {
  type Applied,
  type Json,
  type Need,
  needsOf,
  type Plan,
  TerraformError,
  type Workspace,
  workspace,
} from "../support/terraform/terraform";
import { lifecycle, recovery } from "./lifecycle";

/** A stack of this scenario, as a user writes it. */
type PipelineTlsInput = Extract<ConfigInput["stacks"][string], { readonly scenario: "pipeline-tls" }>;

const STACK = "pipeline-tls";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a plan says of a resource that it replaces. */
const replaced = ["delete", "create"];

type Services = PipelineTlsInput["services"];

const pods = { port: 8443, selector: { app: "any" } };
const publicNames = (domain: string) => [`inference.${domain}`, `*.models.${domain}`];
/** Every key but the slowest, with and without client authentication, with and without public names. */
const servicesIn = (domain: string): Services => ({
  archive: { ...pods, key: "rsa-3072" },
  embedder: { ...pods, key: "ecdsa-p384", client: true },
  inference: { ...pods, key: "rsa-2048", client: true, names: publicNames(domain) },
  ingest: pods,
  trainer: { ...pods, client: true, lifetime: "60d" },
});
const two: Services = { ingest: pods, trainer: { ...pods, client: true } };
const zoneId = "Z0123456789ABCDEFGHIJ";
const awsAccount = "111122223333";
const region = "eu-west-1";
const balancer = `arn:aws:elasticloadbalancing:${region}:${awsAccount}:listener/app/pipeline/1a2b3c4d5e6f7a8b/9c0d1e2f3a4b5c6d`;
const target = { dnsName: "pipeline-1234567890.eu-west-1.elb.amazonaws.com", zoneId: "Z32O12XQLNTSW2" };
const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" };
const publicServices = (domain: string): Services => ({
  inference: {
    ...pods,
    names: publicNames(domain),
    secret: `inference.${domain}`,
    ingress: { className: "nginx", annotations },
  },
  trainer: { ...pods, client: true },
});

/** Stacks of this file's own, each for another cluster, so that none of their objects are the same. */
const stacks = {
  "local-ca": {
    services: servicesIn("example.com"),
    dns: { in: "route53", region, zones: { "example.com": zoneId }, target },
  },
  "self-signed": {
    mode: "self-signed",
    services: { ...servicesIn("example.org"), archive: { ...pods, key: "rsa-4096" } },
    dns: { in: "route53", region, zones: { "example.org": zoneId }, target },
  },
  "p384-ca": { services: two, key: "ecdsa-p384", ca: { lifetime: "365d", subject: { commonName: "Pipeline CA" } } },
  "rsa-ca": { services: two, key: "rsa-2048" },
  serving: {
    mode: "self-signed",
    namespace: { name: "serving" },
    services: publicServices("example.net"),
    dns: { in: "route53", region, zones: { "example.net": zoneId }, target },
  },
  "public-names": {
    services: publicServices("example.edu"),
    dns: {
      in: "route53",
      account: awsAccount,
      region,
      zones: { "example.edu": "lookup" },
      target: { name: "pipeline" },
    },
  },
} satisfies Record<string, Partial<PipelineTlsInput>>;
type StackName = keyof typeof stacks;

/** Stacks as the product synthesizes them. */
function synthesizedStacks<Name extends string>(
  of: Readonly<Record<Name, Partial<PipelineTlsInput>>>,
): Record<Name, string> {
  const entries = Object.entries<Partial<PipelineTlsInput>>(of).map(([name, stack]) => [
    name,
    { scenario: STACK, kubernetes: { context: name }, namespace: { name: "pipeline" }, ...stack },
  ]);
  return synthesized({
    project: "ai-platform",
    environment: "test",
    backend: { type: "local" },
    privateKeys: "allowed",
    stacks: Object.fromEntries(entries),
  }) as Record<Name, string>;
}

const json = synthesizedStacks(stacks);
type Resources = Record<string, Record<string, Json>>;
interface Document extends Json {
  resource: Resources;
  data?: Resources;
  provider: Json;
  output: Json;
  terraform: { required_providers: Json };
}

/** The part of a configuration that some providers are enough for, with other outputs. */
function withProviders(text: string, kept: string[], outputs: (all: Document) => Json): string {
  const all = JSON.parse(text) as Document;
  const { check, data = {}, resource, provider, terraform, ...rest } = all;
  const only = <Value>(map: Record<string, Value>) =>
    Object.fromEntries(Object.entries(map).filter(([type]) => kept.includes(type.split("_")[0] ?? "")));
  const looksUp = Object.keys(only(data)).length > 0;
  return JSON.stringify({
    ...rest,
    // Of certificates.
    ...(kept.includes("tls") ? { check } : {}),
    ...(looksUp ? { data: only(data) } : {}),
    resource: only(resource),
    provider: only(provider),
    terraform: { ...terraform, required_providers: only(terraform.required_providers) },
    output: outputs(all),
  });
}

function withoutDomainNames({ output }: Document): Json {
  const { domain_names: _needsAws, ...outputs } = output;
  return outputs;
}

/** A stack without the cloud: what is in its cluster, and the certificates. */
const clusterOnly = (text: string) => withProviders(text, ["tls", "kubernetes"], withoutDomainNames);

/** The records of a stack, without the cluster that they lead to. */
const aliasOnly = (text: string) =>
  withProviders(text, ["aws"], ({ output }) => ({ domain_names: output.domain_names as Json }));

/**
 * A stack without cluster and cloud: keys, certificates, checks, and outputs. What it would put into Secrets and
 * ConfigMaps become outputs, so that Terraform makes of them what it would give to the cluster.
 */
function certificatesOnly(text: string): string {
  return withProviders(text, ["tls"], (all) => {
    const dataOf = (type: string) => {
      const entries = Object.entries(all.resource[type] ?? {}).map(([name, { data }]) => [name, data]);
      return { value: Object.fromEntries(entries), sensitive: true };
    };
    const secrets = dataOf("kubernetes_secret_v1");
    return { ...withoutDomainNames(all), secrets, trust: dataOf("kubernetes_config_map_v1") };
  });
}

/** What is printed when the file is done. */
const figures: { run: string; what: string; applied: Applied }[] = [];
const { tried, surprises, table: handshakes } = trials();

function noted(run: string, what: string, applied: Applied): Applied {
  expect(applied.log).not.toContain("PRIVATE KEY");
  figures.push({ run, what, applied });
  return applied;
}

const counts = ({ added, changed, destroyed }: Applied) => ({ added, changed, destroyed });

/** Certificates that were made for real, and the folder that they were made in. */
interface Issued {
  stack: Workspace;
  /** What each service's pods mount, and what they trust in their own Secret. */
  identities: Readonly<Record<string, Identity & { trust: string }>>;
  /** What clients mount to trust (PEM). */
  trust: string;
  outputs: Readonly<Record<string, unknown>>;
  applied: Applied;
}

async function issue(run: string, text: string): Promise<Issued> {
  const stack = workspace(text);
  try {
    await stack.init();
    const applied = noted(run, "apply", await stack.apply());
    return { stack, applied, ...(await certificatesOf(stack)) };
  } catch (error) {
    stack.remove();
    throw error;
  }
}

async function certificatesOf(stack: Workspace): Promise<Omit<Issued, "stack" | "applied">> {
  const outputs = await stack.output();
  const { secrets, trust } = outputs as Record<"secrets" | "trust", Record<string, Record<string, string>>>;
  return {
    identities: Object.fromEntries(Object.entries(secrets).map(([name, data]) => [name, identityOf(data)])),
    trust: trust.trust_bundle?.["ca.crt"] ?? "",
    outputs,
  };
}

function identityOf(data: Readonly<Record<string, string>>): Identity & { trust: string } {
  return { chain: data["tls.crt"] ?? "", key: data["tls.key"] ?? "", trust: data["ca.crt"] ?? "" };
}

/** Makes something when it is first asked for, and only then. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Every name of a service's certificate, by the rules of Kubernetes and the config. */
function namesOf(name: string, { names = [] }: { names?: string[] } = {}, namespace = "pipeline"): string[] {
  return [name, ...["", ".svc", ".svc.cluster.local"].map((rest) => `${name}.${namespace}${rest}`), ...names].sort();
}

/** A name that the wildcard covers, or the name itself. */
const asked = (name: string) => name.replace("*", "any");

const leafOf = ({ chain }: Identity): X509Certificate => certificatesIn(chain)[0] as X509Certificate;

const proofs = (run: string, needs: Need[], define: (prove: Prove) => void, options: { fromStart?: boolean } = {}) =>
  proofsOf(run === "" ? STACK : `${STACK} (${run})`, needs, define, options);

/** Ordered pairs of different things. */
const pairsOf = (names: string[]) =>
  names.flatMap((client) => names.filter((name) => name !== client).map((server) => ({ client, server })));

proofs(
  "certificates",
  [...needsOf(JSON.parse(certificatesOnly(json["local-ca"])) as Json), opensslNeed()],
  (prove) => {
    const made: Issued[] = [];
    const issued = Object.fromEntries(
      Object.keys(stacks).map((name) => [
        name,
        once(async () => {
          const result = await issue(name, certificatesOnly(json[name as StackName]));
          made.push(result);
          return result;
        }),
      ]),
    ) as Record<StackName, () => Promise<Issued>>;
    /** Certificates that ended as they were made: a lifetime of no hours is more than the config allows. */
    const expired = Object.fromEntries(
      (["local-ca", "self-signed"] as const).map((name) => [
        name,
        once(async () => {
          const result = await issue(`${name}, expired`, withoutLifetime(certificatesOnly(json[name])));
          made.push(result);
          return result;
        }),
      ]),
    ) as Record<"local-ca" | "self-signed", () => Promise<Issued>>;

    afterAll(() => {
      for (const { stack } of made) stack.remove();
    });

    for (const mode of ["local-ca", "self-signed"] as const) {
      const given = stacks[mode].services as Services;
      const each = async (use: (name: string, service: Services[string], all: Issued) => void | Promise<void>) => {
        const all = await issued[mode]();
        expect(Object.keys(all.identities).sort()).toEqual(Object.keys(given).sort());
        for (const [name, service] of Object.entries(given)) await use(name, service, all);
      };

      prove("apply", `${mode}: makes a key and a certificate of each kind, and a second plan is empty`, async () => {
        evidence(`${STACK} (certificates)`, certificatesOnly(json[mode]));
        const { stack, applied } = await issued[mode]();
        const perService = mode === "local-ca" ? 3 : 2;
        const added = perService * Object.keys(given).length + (mode === "local-ca" ? 2 : 0);
        expect(counts(applied)).toEqual({ added, changed: 0, destroyed: 0 });
        expect(applied.warnings).toEqual([]);
        expect(await stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
      });

      prove("outputs", `${mode}: certificates have exactly the names, key and lifetime of their service`, () =>
        each((name, service, { identities }) => {
          const identity = identities[name] as Identity;
          const leaf = leafOf(identity);
          const names = leaf.subjectAltName?.split(", ").map((entry) => entry.replace(/^DNS:/, ""));
          expect(names?.sort()).toEqual(namesOf(name, service));
          expect(leaf.checkPrivateKey(createPrivateKey(identity.key))).toBe(true);
          expect(keyOf(leaf)).toBe(service.key ?? "ecdsa-p256");
          const days = Number.parseInt(service.lifetime ?? "90d", 10);
          expect((Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / DAY).toBe(days);
          const [commonName, ...organization] = leaf.subject.split("\n").sort();
          expect(namesOf(name, service)).toContain(commonName?.replace("CN=", ""));
          expect(organization).toEqual(["O=ai-platform"]);
        }),
      );

      prove("outputs", `${mode}: fingerprints, ends and endpoints are those of the certificates`, async () => {
        const { identities, outputs, trust } = await issued[mode]();
        const leaves = Object.entries(identities).map(([name, identity]) => [name, leafOf(identity)] as const);
        const [authority] = mode === "local-ca" ? certificatesIn(trust) : [];
        const sha1 = (leaf: X509Certificate) => createHash("sha1").update(leaf.raw).digest("hex");
        const end = (text: string) => new Date(Math.floor(Date.parse(text) / 1000) * 1000).toISOString();
        expect(outputs.certificate_fingerprints).toEqual(
          Object.fromEntries(leaves.map(([name, leaf]) => [name, sha1(leaf)])),
        );
        const ends = Object.entries(outputs.certificate_not_after as Record<string, string>);
        const all = [...leaves, ...(authority ? [["ca", authority] as const] : [])];
        expect(Object.fromEntries(ends.map(([name, text]) => [name, end(text)]))).toEqual(
          Object.fromEntries(all.map(([name, certificate]) => [name, end(certificate.validTo)])),
        );
        expect(outputs.ca_bundle).toBe(trust);
        expect(outputs.service_endpoints).toEqual(
          Object.fromEntries(Object.keys(given).map((name) => [name, `https://${name}.pipeline.svc.cluster.local`])),
        );
      });

      prove("outputs", `${mode}: extensions say what the certificate is for, and nothing more`, () =>
        each((name, { key = "", client }, { identities, trust }) => {
          const [leaf, ...above] = certificatesIn((identities[name] as Identity).chain);
          const extensions = extensionsOf(String(leaf));
          expect(extensions).toEqual({
            "Key Usage": `critical, Digital Signature${key.startsWith("rsa") ? ", Key Encipherment" : ""}`,
            "Extended Key Usage": `TLS Web Server Authentication${client ? ", TLS Web Client Authentication" : ""}`,
            "Basic Constraints": "critical, CA:FALSE",
            "Subject Key Identifier": expect.stringMatching(/^[0-9A-F:]{59}$/),
            "Subject Alternative Name": expect.any(String),
            ...(mode === "local-ca" ? { "Authority Key Identifier": keyIdOf(trust) } : {}),
          });
          expect(above.map(String)).toEqual(mode === "local-ca" ? [trust] : []);
        }),
      );

      prove("outputs", `${mode}: OpenSSL's strict rules accept each for its purpose, from start to end`, () =>
        each((name, { client }, { identities, trust }) => {
          const { chain, trust: own } = identities[name] as Issued["identities"][string];
          const [leaf] = certificatesIn(chain);
          const [first, last] = [Date.parse(leaf?.validFrom ?? ""), Date.parse(leaf?.validTo ?? "")];
          const at = (time: number, purpose: "sslserver" | "sslclient" = "sslserver") =>
            opensslVerdict(String(leaf), trust, { purpose, at: new Date(time) });
          for (const connected of namesOf(name, given[name]).map(asked)) {
            expect(opensslVerdict(chain, own, { purpose: "sslserver", name: connected })).toBe("OK");
            expect(opensslVerdict(chain, own, { purpose: "sslserver", name: `x.${connected}` })).toBe(
              "hostname mismatch",
            );
          }
          const unsuitable = expect.stringMatching(/^(unsupported|unsuitable) certificate purpose$/);
          expect(at(Date.now() + HOUR, "sslclient")).toEqual(client ? "OK" : unsuitable);
          expect(at(first - 1000)).toBe("certificate is not yet valid");
          expect([at(first), at(last - 1000)]).toEqual(["OK", "OK"]);
          expect(at(last + 1000)).toBe("certificate has expired");
        }),
      );

      prove("handshake", `${mode}: every service with every other one, and who must be refused is`, async () => {
        const [all, foreign, over] = await Promise.all([issued[mode](), issued["p384-ca"](), expired[mode]()]);
        const stranger = foreign.identities.trainer as Identity;
        const unknown = mode === "local-ca" ? "SELF_SIGNED_CERT_IN_CHAIN" : "DEPTH_ZERO_SELF_SIGNED_CERT";
        const untrusted = `refused by client: ${unknown}`;
        const strange = "refused by server: SELF_SIGNED_CERT_IN_CHAIN";
        const late = "CERT_HAS_EXPIRED";
        const wildcards = (given.inference?.names ?? []).filter((name) => name.startsWith("*"));
        for (const pair of pairsOf(Object.keys(given))) {
          const [server, client] = [pair.server, pair.client].map((name) => all.identities[name] as Identity);
          const [lateServer, lateClient] = [pair.server, pair.client].map((name) => over.identities[name] as Identity);
          if (!server || !client || !lateServer || !lateClient) throw new Error("a service has no certificate");
          const names = namesOf(pair.server, given[pair.server]).map(asked);
          const others = [
            ...namesOf(pair.client, given[pair.client]).map(asked),
            // A wildcard is one label.
            ...wildcards.map((name) => name.replace("*", "a.b")),
          ];
          const plain = { server, trust: all.trust };
          const mutual = { ...plain, clientTrust: all.trust };
          const may = given[pair.client]?.client === true;
          const tries: [string, string, Omit<Connection, "name">, string[]?][] = [
            ["each name of the server", "accepted", plain, names],
            ["other names", "refused by client: ERR_TLS_CERT_ALTNAME_INVALID", plain, others],
            ["trust in another authority", untrusted, { server, trust: foreign.trust }],
            ["trust in a namesake of its authority", untrusted, { server, trust: over.trust }],
            ["expired", `refused by client: ${late}`, { server: lateServer, trust: over.trust }],
            ["mutual, no certificate", "refused by server: ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", mutual],
            ["mutual, certificate of another authority", strange, { ...mutual, client: stranger }],
          ];
          const [own, ended] = [
            { ...mutual, client },
            { ...mutual, clientTrust: over.trust, client: lateClient },
          ];
          if (may) {
            tries.push(["mutual, certificate with client usage", "accepted", own]);
            tries.push(["mutual, expired", `refused by server: ${late}`, ended]);
          } else {
            tries.push(["mutual, certificate without client usage", "refused by server: INVALID_PURPOSE", own]);
          }
          for (const [handshake, expected, connection, asks = names.slice(0, 1)] of tries) {
            const trial = { stack: mode, pair: `${pair.client} -> ${pair.server}`, handshake, expected };
            await tried(trial, connection, asks);
          }
        }
        expect(surprises(mode)).toEqual([]);
      });
    }

    prove("handshake", "a server shows its own certificate first, then the authority's, and nothing else", async () => {
      const [{ identities, trust }, foreign] = await Promise.all([issued["local-ca"](), issued["p384-ca"]()]);
      for (const [name, server] of Object.entries(identities)) {
        const { chain } = await shakeHands({ server, trust: foreign.trust, name, judged: false });
        expect(chain.map(String)).toEqual([String(leafOf(server)), trust]);
        expect(server.trust).toBe(trust);
      }
    });

    prove("handshake", "with authorities of other keys too", async () => {
      for (const mode of ["p384-ca", "rsa-ca"] as const) {
        const { identities, trust } = await issued[mode]();
        for (const pair of pairsOf(Object.keys(two))) {
          const [server, client] = [identities[pair.server] as Identity, identities[pair.client]];
          const may = two[pair.client]?.client === true;
          const trial = { stack: mode, pair: `${pair.client} -> ${pair.server}` };
          const plain = { ...trial, handshake: "each name of the server", expected: "accepted" };
          await tried(plain, { server, trust }, namesOf(pair.server));
          if (!may) continue;
          const mutual = { ...trial, handshake: "mutual, certificate with client usage", expected: "accepted" };
          await tried(mutual, { server, trust, clientTrust: trust, client }, namesOf(pair.server));
        }
        expect(surprises(mode)).toEqual([]);
      }
    });

    prove("outputs", "an authority signs certificates and revocations, and nothing else", async () => {
      for (const [name, key, days, commonName] of [
        ["local-ca", "ecdsa-p256", 3650, "ai-platform test local-ca CA"],
        ["p384-ca", "ecdsa-p384", 365, "Pipeline CA"],
        ["rsa-ca", "rsa-2048", 3650, "ai-platform test rsa-ca CA"],
      ] as const) {
        const { trust, identities } = await issued[name]();
        const [authority, ...others] = certificatesIn(trust);
        if (authority === undefined) throw new Error(`${name} has no authority`);
        expect(others).toEqual([]);
        expect(extensionsOf(trust)).toEqual({
          "Key Usage": "critical, Certificate Sign, CRL Sign",
          "Basic Constraints": "critical, CA:TRUE",
          "Subject Key Identifier": keyIdOf(trust),
          "Authority Key Identifier": keyIdOf(trust),
        });
        expect(keyOf(authority)).toBe(key);
        expect(authority.subject.split("\n").sort()).toEqual([`CN=${commonName}`, "O=ai-platform"]);
        expect(authority.verify(authority.publicKey)).toBe(true);
        expect((Date.parse(authority.validTo) - Date.parse(authority.validFrom)) / DAY).toBe(days);
        for (const identity of Object.values(identities)) {
          expect(leafOf(identity).checkIssued(authority)).toBe(true);
          expect(leafOf(identity).verify(authority.publicKey)).toBe(true);
        }
      }
    });

    prove("change", "an expired certificate is replaced by any plan, without its key and its authority", async () => {
      const { stack } = await expired["local-ca"]();
      const leaves = Object.keys(stacks["local-ca"].services).map((name) => [
        `tls_locally_signed_cert.${name}`,
        replaced,
      ]);
      expect((await stack.plan()).actions).toEqual(Object.fromEntries(leaves));
    });

    prove("destroy", "leaves no state", async () => {
      const { stack } = await issued["rsa-ca"]();
      const applied = noted("rsa-ca", "destroy", await stack.destroy());
      expect(counts(applied)).toEqual({ added: 0, changed: 0, destroyed: 8 });
      expect(stack.state()).toEqual({});
    });
  },
  { fromStart: true },
);

/** A key in the words of a config. */
function keyOf({ publicKey }: X509Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const curves: Readonly<Record<string, string>> = { prime256v1: "ecdsa-p256", secp384r1: "ecdsa-p384" };
  return namedCurve === undefined ? `rsa-${modulusLength}` : (curves[namedCurve] ?? namedCurve);
}

/** The identifier of a certificate's key, as extensions that name it have it. */
function keyIdOf(certificate: string): unknown {
  const id = extensionsOf(certificate)["Subject Key Identifier"] ?? "no identifier";
  // OpenSSL 1 writes a word before it.
  return expect.stringMatching(new RegExp(`^(keyid:)?${id}$`));
}

/** The same with services' certificates that end when they begin. */
function withoutLifetime(text: string): string {
  const document = JSON.parse(text) as Document;
  for (const type of ["tls_locally_signed_cert", "tls_self_signed_cert"]) {
    for (const certificate of Object.values(document.resource[type] ?? {})) {
      if (certificate.is_ca_certificate) continue;
      Object.assign(certificate, { validity_period_hours: 0, early_renewal_hours: 0 });
    }
  }
  return JSON.stringify(document);
}

interface State extends Json {
  resources: { type: string; name: string; instances: { attributes: Json; dependencies?: string[] }[] }[];
}

const stateFile = ({ folder }: Workspace) => join(folder, "terraform.tfstate");
const stateOf = (stack: Workspace) => JSON.parse(readFileSync(stateFile(stack), "utf8")) as State;

/** Moves the end of certificates in the state, which is where the provider looks: the clock stays what it is. */
function moveEnds(stack: Workspace, ends: Readonly<Record<string, Date>>): void {
  const state = stateOf(stack);
  for (const [address, end] of Object.entries(ends)) {
    const resource = state.resources.find(({ type, name }) => `${type}.${name}` === address);
    if (!resource?.instances[0]) throw new Error(`${address} is not in the state`);
    resource.instances[0].attributes.validity_end_time = end.toISOString();
  }
  writeFileSync(stateFile(stack), JSON.stringify(state));
}

const inDays = (days: number) => new Date(Date.now() + days * DAY);

proofs("renewal", needsOf(JSON.parse(certificatesOnly(json["local-ca"])) as Json), (prove) => {
  let stack: Workspace;
  let before: Issued;
  const leaf = (name: string) => `tls_locally_signed_cert.${name}`;
  const warningsOf = async () => {
    const { warnings, actions } = await stack.plan({ refreshOnly: true });
    expect(actions).toEqual({});
    expect(warnings.filter(({ summary }) => summary !== "Check block assertion failed")).toEqual([]);
    return warnings.map(({ detail = "" }) => detail.replaceAll("\n", " ")).sort();
  };

  afterAll(() => stack?.remove());

  prove("apply", "makes certificates whose window is closed", async () => {
    const text = certificatesOnly(json["local-ca"]);
    evidence(`${STACK} (renewal)`, text);
    before = await issue("renewal", text);
    stack = before.stack;
  });

  prove("empty plan", "until the last third of a lifetime, and no check warns", async () => {
    moveEnds(stack, { [leaf("ingest")]: inDays(30.1), [leaf("trainer")]: inDays(20.1) });
    expect(await stack.plan()).toMatchObject({ actions: {}, warnings: [] });
    expect(await warningsOf()).toEqual([]);
  });

  prove("drift", "in it, the drift job's plan warns by name and says what to do", async () => {
    moveEnds(stack, { [leaf("ingest")]: inDays(29.9), [leaf("trainer")]: inDays(19.9) });
    expect(await warningsOf()).toEqual([
      expect.stringMatching(/Certificate ingest expires on \S+Z\. An apply renews it: plan and apply this stack\.$/),
      expect.stringMatching(/Certificate trainer expires on \S+Z\. An apply renews it: plan and apply this stack\.$/),
    ]);
  });

  prove("change", "in it, an apply replaces these certificates and nothing else", async () => {
    const plan = await stack.plan();
    expect(plan.actions).toEqual({ [leaf("ingest")]: replaced, [leaf("trainer")]: replaced });
    const applied = noted("renewal", "two certificates renewed", await stack.apply(plan));
    expect(counts(applied)).toEqual({ added: 2, changed: 0, destroyed: 2 });
    expect(await stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
    expect(await warningsOf()).toEqual([]);
  });

  prove("handshake", "clients that trusted the old certificate trust the new one", async () => {
    const { identities, trust } = await certificatesOf(stack);
    expect(trust).toBe(before.trust);
    for (const name of ["ingest", "trainer"]) {
      const [old, server] = [before.identities[name] as Identity, identities[name] as Identity];
      expect(leafOf(server).fingerprint256).not.toBe(leafOf(old).fingerprint256);
      expect((await shakeHands({ server, trust: before.trust, name })).verdict).toBe("accepted");
    }
  });

  prove("change", "an authority about to end is never replaced by itself, but warned of", async () => {
    moveEnds(stack, { "tls_self_signed_cert.ca": inDays(90.1) });
    expect(await warningsOf()).toEqual([]);
    for (const days of [89.9, 0.01]) {
      moveEnds(stack, { "tls_self_signed_cert.ca": inDays(days) });
      expect((await stack.plan()).actions).toEqual({});
      expect(await warningsOf()).toEqual([
        expect.stringMatching(/Certificate ca \(the authority\) expires on \S+Z\. Nothing replaces it by itself: /),
      ]);
    }
  });

  prove("change", "an authority that has ended is replaced at last, with everything that it signed", async () => {
    moveEnds(stack, { "tls_self_signed_cert.ca": inDays(-0.01) });
    const signed = Object.keys(stacks["local-ca"].services).map((name) => [leaf(name), replaced]);
    expect((await stack.plan()).actions).toEqual({
      ...Object.fromEntries(signed),
      "tls_self_signed_cert.ca": replaced,
    });
  });
});

/** One cluster for the whole file; stacks in it have namespaces of their own. */
const sharedCluster = once(() => startCluster(["serving"]));
let clusterStarted = false;

async function cluster(): Promise<Cluster> {
  clusterStarted = true;
  return sharedCluster();
}

const idsIn = async (namespace: Namespace) => (await namespace.objects()).map(({ id }) => id).sort();

/** What is to be undone, the last first. */
function undoing(): { later(undo: () => unknown): void; all(): Promise<void> } {
  const undos: (() => unknown)[] = [];
  return {
    later: (undo) => void undos.push(undo),
    all: async () => {
      for (const undo of undos.reverse()) await undo();
    },
  };
}

lifecycleOf(lifecycle);
interruptionsOf(lifecycle, recovery, 41);

proofsOf(
  STACK,
  [...lifecycle.needs],
  (prove) => {
    prove("refusal", "a kubeconfig without the stack's context stops before anything is made", async () => {
      const world = await lifecycle.start();
      const before = await world.objects();
      const elsewhere = lifecycle.json.replaceAll('"kind-pipeline"', '"kind-elsewhere"');
      await alone(world, elsewhere, async ({ stack }) => {
        await expect(stack.apply()).rejects.toThrow(/context "kind-elsewhere" does not exist/);
        expect(Object.keys(stack.state()).filter((address) => address.startsWith("kubernetes_"))).toEqual([]);
        expect(await world.objects()).toEqual(before);
      });
    });

    prove("refusal", "a port that somebody has taken is no end: others are tried", async () => {
      const other = createServer();
      await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
      const { port: taken } = other.address() as AddressInfo;
      const asked: (readonly number[])[] = [];
      const cluster = await startOwnCluster(["any"], async (count) => {
        const ports = await freePorts(count);
        asked.push(asked.length === 0 ? [taken, ...ports.slice(1)] : ports);
        return asked.at(-1) ?? [];
      });
      try {
        expect(asked).toHaveLength(2);
        expect(await namespaceOf(cluster, "default").phase()).toBe("Active");
      } finally {
        await cluster.stop();
        other.close();
      }
    });

    prove("refusal", "a cluster that dies is named at once", async () => {
      const world = await lifecycle.start();
      const stopped = alone(world, lifecycle.json, async ({ stack }) => {
        const applying = stack.apply();
        await new Promise((next) => setTimeout(next, 1_000));
        world.kill();
        await applying;
      });
      await expect(stopped).rejects.toThrow(/kube-apiserver ended by itself[\s\S]*while terraform apply ran/);
    });
  },
  { fromStart: true },
);

/** An Ingress as a stack of `publicServices` must have made it. */
const ingressFor = (domain: string) => {
  const hosts = publicNames(domain).sort();
  const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name: "inference", port: { number: 443 } } } }];
  return {
    metadata: { annotations },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts, secretName: `inference.${domain}` }],
      rules: hosts.map((host) => ({ host, http: { paths } })),
    },
  };
};

const selfSigned = clusterOnly(json.serving);
proofs("self-signed", [...needsOf(JSON.parse(selfSigned) as Json), kubernetesNeed()], (prove) => {
  let stack: Workspace;
  let serving: Namespace;
  const { later, all } = undoing();
  const secret = "inference.example.net";
  const made = [
    "configmaps/serving-trust",
    "ingresses/inference",
    `secrets/${secret}`,
    "secrets/trainer",
    "services/inference",
    "services/trainer",
  ];
  const applied = async (what: string, plan?: Plan) => counts(noted("self-signed", what, await stack.apply(plan)));

  afterAll(all);

  prove("validate", "no diagnostic at all, not even a warning", async () => {
    const { call, provider, description } = await cluster();
    evidence(`${STACK} (self-signed)`, selfSigned, [description]);
    serving = namespaceOf({ call }, "serving");
    await serving.make();
    later(() => serving.end());
    stack = workspace(selfSigned, { overrides: { provider: { kubernetes: provider } } });
    later(() => stack.remove());
    await stack.init();
    await stack.validate();
  });

  prove("apply", "into a namespace that was there, with an Ingress for the public names", async () => {
    expect(await applied("apply")).toEqual({ added: addressesOf(selfSigned).length, changed: 0, destroyed: 0 });
    expect(await idsIn(serving)).toEqual(made);
    expect(await serving.read("ingresses", "inference")).toMatchObject(ingressFor("example.net"));
  });

  prove("empty plan", "right after the apply", async () => {
    expect(await stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
  });

  prove("handshake", "what the cluster gives to pods and to the Ingress opens by every name", async () => {
    const trust = await trustIn(serving, "serving");
    const [server, client] = await Promise.all([mounted(serving, secret), mounted(serving, "trainer")]);
    for (const name of namesOf("inference", publicServices("example.net").inference, "serving").map(asked)) {
      expect((await shakeHands({ server, trust, name })).verdict).toBe("accepted");
      expect((await shakeHands({ server, trust: server.trust, name })).verdict).toBe("accepted");
    }
    const mutual = { server, trust, name: "inference", clientTrust: trust, client };
    expect((await shakeHands(mutual)).verdict).toBe("accepted");
    // Each certificate is trusted for its own names only.
    const swapped = await shakeHands({ server: client, trust, name: "inference" });
    expect(swapped.verdict).toBe("refused by client: ERR_TLS_CERT_ALTNAME_INVALID");
  });

  prove("change", "a renewal reaches the Secret and what clients trust in one apply", async () => {
    moveEnds(stack, { "tls_self_signed_cert.inference": inDays(29.9) });
    const plan = await stack.plan();
    expect(plan.actions).toEqual({
      "tls_self_signed_cert.inference": replaced,
      "kubernetes_secret_v1.inference": ["update"],
      "kubernetes_config_map_v1.trust_bundle": ["update"],
    });
    expect(await applied("a certificate renewed", plan)).toEqual({ added: 1, changed: 2, destroyed: 1 });
    const [trust, server] = [await trustIn(serving, "serving"), await mounted(serving, secret)];
    expect((await shakeHands({ server, trust, name: "inference" })).verdict).toBe("accepted");
  });

  prove("destroy", "leaves the namespace that was there, and nothing in it", async () => {
    noted("self-signed", "destroy", await stack.destroy());
    expect(stack.state()).toEqual({});
    expect(await idsIn(serving)).toEqual([]);
    expect(await serving.phase()).toBe("Active");
  });

  prove("interrupt", "an apply stopped while it makes objects goes on at the next one", async () => {
    const stop = { signal: "SIGINT", after: /kubernetes_\S+: Creating/ } as const;
    await expect(stack.apply(undefined, stop)).rejects.toThrow(TerraformError);
    await applied("apply after an interrupted one");
    expect((await stack.plan()).exitCode).toBe(0);
    expect(await idsIn(serving)).toEqual(made);
    await stack.destroy();
    expect(await idsIn(serving)).toEqual([]);
  });
});

/** What Route 53 has in the zone, as the API tells it: `name type target` with the target's zone. */
async function aliasesOf(moto: Moto): Promise<string[]> {
  const scope = "Credential=test/20250101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=none";
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}` };
  const answer = await fetch(`${moto.endpoint}/2013-04-01/hostedzone/${zoneId}/rrset`, { headers });
  const sets = (await answer.text()).match(/<ResourceRecordSet>[\s\S]*?<\/ResourceRecordSet>/g) ?? [];
  const field = (text: string, name: string) => new RegExp(`<${name}>([^<]*?)\\.?</${name}>`).exec(text)?.[1] ?? "";
  return sets
    .filter((set) => !["NS", "SOA"].includes(field(set, "Type")))
    .map((set) => ["Name", "Type", "DNSName", "HostedZoneId"].map((name) => field(set, name)).join(" "))
    .sort();
}

/** The aliases that lead a domain's public names to a target. */
const aliasesTo = (domain: string, { dnsName, zoneId: of }: typeof target) => [
  `\\052.models.${domain} A ${dnsName} ${of}`,
  `inference.${domain} A ${dnsName} ${of}`,
];

async function awsWithBalancer(zone: string): Promise<Moto> {
  const moto = await startMoto({ account: awsAccount });
  await moto.addZone({ id: zoneId, name: zone });
  await moto.addListener(balancer);
  return moto;
}

const byName = json["public-names"];
const { dns } = stacks["public-names"];
const byAddress = synthesizedStacks({
  "public-names": { ...stacks["public-names"], dns: { ...dns, target } },
});
const fromStart = { fromStart: true };

proofs(
  "alias",
  needsOf(JSON.parse(byName) as Json),
  (prove) => {
    prove("validate", "with a cluster beside it, no diagnostic at all, not even a warning", async () => {
      const stack = workspace(byName);
      try {
        await stack.init();
        await stack.validate();
      } finally {
        stack.remove();
      }
    });
  },
  fromStart,
);

proofs(
  "alias",
  [...needsOf(JSON.parse(aliasOnly(byName)) as Json), motoNeed()],
  (prove) => {
    const sentence = "public names lead to a balancer looked up, then to a target given by address, and go";
    prove("apply", sentence, async () => {
      const { later, all } = undoing();
      try {
        const [first, second] = [aliasOnly(byName), aliasOnly(byAddress["public-names"])];
        evidence(`${STACK} (alias)`, first, ["moto 5.2.1 made strict: our reading of AWS, not AWS"]);
        const moto = await awsWithBalancer("example.edu");
        later(() => moto.stop());
        const stack = workspace(first, { overrides: moto.override(JSON.parse(first) as Json) });
        later(() => stack.remove());
        await stack.init();
        const applied = noted("alias", "apply", await stack.apply());
        expect(counts(applied)).toEqual({ added: 2, changed: 0, destroyed: 0 });
        const found = stack.state()["data.aws_lb.load_balancer"] as { dns_name: string; zone_id: string };
        expect(found.dns_name).toMatch(/^pipeline/);
        expect(await aliasesOf(moto)).toEqual(
          aliasesTo("example.edu", { dnsName: found.dns_name, zoneId: found.zone_id }),
        );
        expect((await stack.output()).domain_names).toEqual(
          Object.fromEntries(publicNames("example.edu").map((name) => [name, name])),
        );
        expect(await stack.plan()).toMatchObject({ exitCode: 0, warnings: [] });
        stack.replace(second);
        // In place: the names never lead nowhere.
        expect(counts(noted("alias", "another target", await stack.apply()))).toEqual({
          added: 0,
          changed: 2,
          destroyed: 0,
        });
        expect(await aliasesOf(moto)).toEqual(aliasesTo("example.edu", target));
        noted("alias", "destroy", await stack.destroy());
        expect(await aliasesOf(moto)).toEqual([]);
      } finally {
        await all();
      }
    });
  },
  fromStart,
);

afterAll(async () => {
  if (clusterStarted) await (await sharedCluster()).stop();
  if (figures.length === 0) return;
  const table = plainTable(["stack", "what", "added", "changed", "destroyed", "seconds"]);
  for (const { run, what, applied } of figures) {
    const { added, changed, destroyed, seconds } = applied;
    table.push([run, what, added, changed, destroyed, seconds.toFixed(1)]);
  }
  process.stderr.write(`\n${handshakes()}\n\n${table}\n`);
});
