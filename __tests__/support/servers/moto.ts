import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Json, Need } from "../terraform/terraform";

/** The one version whose models the strict launcher knows. */
const MOTO_VERSION = "5.2.1";

let python: string | null | undefined;

/** A Python that has moto's server: `TLS_STACKS_MOTO_PYTHON`, the project's own environment, or the one on the PATH. */
function findPython(): string | undefined {
  if (python !== undefined) return python ?? undefined;
  const own = resolve(".venv-moto", "bin", "python");
  const candidates = [process.env.TLS_STACKS_MOTO_PYTHON, existsSync(own) ? own : undefined, "python3"];
  const ask = "import flask_cors, importlib.metadata as m; print(m.version('moto'))";
  python = null;
  for (const candidate of candidates) {
    if (!candidate) continue;
    const said = spawnSync(candidate, ["-c", ask], { timeout: 30_000 });
    if (said.status !== 0 || said.stdout.toString().trim() !== MOTO_VERSION) continue;
    python = candidate;
    return candidate;
  }
  return undefined;
}

/** The AWS server as a need of a proof. */
export function motoNeed(): Need {
  const missing = findPython() ? undefined : `no Python here has moto[server] ${MOTO_VERSION} (TLS_STACKS_MOTO_PYTHON)`;
  return { name: "moto", missing };
}

/** Which calls are refused, and how. Zero `share` for none. */
export interface Faults {
  /** Share of calls, 0 to 1. */
  share: number;
  seed?: number;
  /** @default "throttle" */
  kind?: "throttle" | "unavailable" | "reset" | "slow";
  /** Signing names (`acm`, `route53`, `elasticloadbalancing`, `monitoring`, `sts`). @default all */
  services?: string[];
  actions?: string[];
}

/** One call as the server saw it. */
export interface Call {
  at: number;
  service: string;
  region: string;
  action: string;
  parameters: Record<string, unknown>;
  /** HTTP status; 0 when the connection was cut. */
  status: number;
  /** Set when the call was refused on purpose. */
  fault?: string;
}

/** Everything the server holds that a certificate stack can make. */
export interface Inventory {
  zones: {
    account: string;
    id: string;
    name: string;
    private: boolean;
    records: { name: string; type: string; ttl: number; values: string[] }[];
  }[];
  certificates: (Json & {
    CertificateArn: string;
    Status: string;
    SubjectAlternativeNames: string[];
    tags: Record<string, string>;
  })[];
  /** Certificates beside the listener's own default. */
  listeners: { arn: string; certificates: string[] }[];
  alarms: { region: string; name: string }[];
}

/** A running server and what tests do with it. */
export interface Moto {
  endpoint: string;
  account: string;
  /** The override that sends the aws provider here instead of to AWS, for every provider block of the configuration. */
  override(configuration: Json): Json;
  inventory(): Promise<Inventory>;
  log(): Promise<Call[]>;
  clearLog(): Promise<void>;
  setFaults(faults: Faults): Promise<void>;
  /** A hosted zone with an id the test chooses, since configurations name zones by id. */
  addZone(zone: { id: string; name: string; private?: boolean; account?: string }): Promise<void>;
  /** A load balancer and an HTTPS (or TLS) listener with a default certificate of its own, by the listener's ARN. */
  addListener(arn: string): Promise<void>;
  /** Changes records behind Terraform's back. */
  changeRecords(zone: string, changes: RecordChange[], account?: string): Promise<void>;
  /**
   * A call of a query protocol service (`elasticloadbalancing`, `monitoring`) behind Terraform's back, with its
   * parameters flattened as on the wire: `AlarmNames.member.1`.
   */
  call(service: string, region: string, parameters: Record<string, string>): Promise<void>;
  /** A call of ACM behind Terraform's back. */
  callAcm(region: string, action: string, body: Json): Promise<void>;
  /** Kills the server, as a machine out of memory would. */
  kill(): void;
  /** Settles with a sentence if the server ends by itself. */
  died: Promise<string>;
  stop(): Promise<void>;
}

/** One change of a record set. */
export interface RecordChange {
  action: "CREATE" | "UPSERT" | "DELETE";
  name: string;
  type: string;
  ttl?: number;
  values: string[];
}

/** Endpoints a certificate stack may call; the provider sends every other service to AWS, where test keys get nowhere. */
const SERVICES = ["acm", "route53", "elbv2", "cloudwatch", "sns", "sts", "ec2", "iam"];

/**
 * Starts the strict server on a free loopback port. It ends with {@link Moto.stop}, or by itself when this process
 * does.
 *
 * @param options.account the account that credentials without a role belong to
 * @param options.waitForChanges whether a record change has to be polled as on AWS: the provider then sleeps 10 to 30 s
 * per record before it asks. Off by default: the change is complete either way.
 */
export async function startMoto(
  options: { account?: string; waitForChanges?: boolean; faults?: Faults; namesQuota?: number } = {},
): Promise<Moto> {
  const { account = "123456789012", waitForChanges = false, faults, namesQuota = 10 } = options;
  const interpreter = findPython();
  if (!interpreter) throw new Error(motoNeed().missing);
  const flags = ["--account", account, "--names-quota", String(namesQuota)];
  if (!waitForChanges) flags.push("--skip-change-wait");
  if (faults) flags.push("--faults", String(faults.share), "--seed", String(faults.seed ?? 0));
  if (faults?.kind) flags.push("--fault-kind", faults.kind);
  const script = join(__dirname, "strict_moto.py");
  const child = spawn(interpreter, [script, ...flags], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const port = await new Promise<number>((done, failed) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    child.once("error", failed);
    child.once("exit", () => failed(new Error(`moto did not start\n${errors.join("")}`)));
    child.stdout.once("data", (line: Buffer) => {
      clearTimeout(timer);
      done((JSON.parse(line.toString()) as { port: number }).port);
    });
  });
  const endpoint = `http://127.0.0.1:${port}`;

  const send = async (method: string, path: string, body?: unknown): Promise<string> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(`${endpoint}/_strict/${path}`, { method, body: text });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${said}`);
    return said;
  };
  let stopping = false;
  const died = new Promise<string>((tell) => {
    child.once("exit", () => stopping || tell(`moto ended by itself:\n${errors.join("").slice(-2_000)}`));
  });
  return {
    endpoint,
    account,
    died,
    kill: () => void child.kill("SIGKILL"),
    override: (configuration) => ({ provider: { aws: awsOverride(configuration, endpoint) } }),
    inventory: async () => JSON.parse(await send("GET", "inventory")) as Inventory,
    log: async () =>
      (await send("GET", "log"))
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Call),
    clearLog: async () => void (await send("DELETE", "log")),
    setFaults: async (given) => void (await send("PUT", "faults", given)),
    addZone: async (zone) => void (await send("PUT", "zone", zone)),
    addListener: async (arn) => void (await send("PUT", "listener", { arn })),
    changeRecords: async (zone, changes, of) => void (await send("POST", "records", { zone, changes, account: of })),
    call: (service, region, parameters) => callQuery(endpoint, service, region, parameters),
    callAcm: async (region, action, body) => {
      const type = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `CertificateManager.${action}` };
      await callSigned(endpoint, "acm", region, type, JSON.stringify(body));
    },
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((done) => child.once("exit", done));
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      child.stdin.end();
      await ended;
      clearTimeout(killer);
    },
  };
}

/**
 * One override block per provider block of the configuration. Terraform matches them by alias and merges arguments;
 * nested blocks such as `assume_role` stay because the override has none. A block without a partner in the
 * configuration is an error, and a block left out would go on talking to AWS.
 */
function awsOverride(configuration: Json, endpoint: string): Json[] {
  const blocks = [(configuration.provider as { aws?: Json | Json[] } | undefined)?.aws ?? {}].flat();
  return blocks.map(({ alias }) => ({
    ...(alias ? { alias } : {}),
    access_key: "test",
    secret_key: "test",
    skip_metadata_api_check: "true",
    skip_region_validation: true,
    // The default of 25 turns a permanent refusal into a hang.
    max_retries: 8,
    endpoints: [Object.fromEntries(SERVICES.map((service) => [service, endpoint]))],
  }));
}

async function callQuery(endpoint: string, service: string, region: string, parameters: Record<string, string>) {
  await callSigned(endpoint, service, region, {}, new URLSearchParams(parameters));
}

/** The server reads service and region from the signature's scope, and checks no signature. */
async function callSigned(
  endpoint: string,
  service: string,
  region: string,
  headers: Record<string, string>,
  body: string | URLSearchParams,
) {
  const scope = `Credential=test/20250101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`;
  const signed = { ...headers, authorization: `AWS4-HMAC-SHA256 ${scope}` };
  const answer = await fetch(endpoint, { method: "POST", headers: signed, body });
  if (!answer.ok) throw new Error(`${service}: ${answer.status} ${await answer.text()}`);
}
