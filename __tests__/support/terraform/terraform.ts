import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { guardGroup, removeFolder, temporaryFolder } from "../temporary";

/** A JSON object whose shape belongs to somebody else: Terraform, a provider, or the stack under test. */
export type Json = Record<string, unknown>;

/** The Terraform or OpenTofu found on the PATH. */
export interface Engine {
  path: string;
  name: "terraform" | "tofu";
  version: string;
}

/** A provider version that lies in a mirror on this machine. */
export interface MirroredProvider {
  version: string;
  mirror: string;
}

/** One diagnostic as Terraform prints it with `-json`. */
export interface Diagnostic {
  severity: "error" | "warning";
  summary: string;
  detail?: string;
  address?: string;
}

/** The parts of `terraform show -json <plan>` that proofs look at. */
export interface PlanJson {
  resource_changes?: {
    address: string;
    change: { actions: string[]; before: Json | null; after: Json | null; after_unknown: Json };
  }[];
  resource_drift?: { address: string; change: { actions: string[]; before: Json | null; after: Json | null } }[];
  output_changes?: Record<string, { actions: string[] }>;
  checks?: { address: { to_display: string }; status: string }[];
  errored?: boolean;
}

/** A plan: what Terraform would do, and the saved file with which exactly that can be applied. */
export interface Plan {
  /** 0: nothing to do, 2: something to do. Anything else is thrown. */
  exitCode: 0 | 2;
  /** All of it; takes seconds, since the provider's schema is read again. */
  json(): Promise<PlanJson>;
  /** Address to actions, only what is not `no-op` or `read`. Replacement is two actions, in the order they happen. */
  actions: Record<string, string[]>;
  /** Outputs whose value would change. */
  outputs: string[];
  warnings: Diagnostic[];
  file: string;
}

/** What an apply or destroy did, from the machine readable log. */
export interface Applied {
  added: number;
  changed: number;
  destroyed: number;
  warnings: Diagnostic[];
  seconds: number;
  log: string;
}

/** A command that failed or took too long, with what it said. */
export class TerraformError extends Error {
  constructor(
    command: string,
    readonly exitCode: number | null,
    readonly diagnostics: Diagnostic[],
    readonly log: string,
  ) {
    const said = diagnostics.map((d) => `${d.severity}: ${d.address ?? ""} ${d.summary}\n${d.detail ?? ""}`).join("\n");
    super(`${command}: ${exitCode === null ? "took too long" : `exit code ${exitCode}`}\n${said || log.slice(-4000)}`);
  }
}

let engine: Engine | null | undefined;

/** The engine on the PATH (`terraform` first), or undefined. */
export function findEngine(): Engine | undefined {
  if (engine !== undefined) return engine ?? undefined;
  engine = null;
  for (const name of ["terraform", "tofu"] as const) {
    for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
      const path = join(folder, name);
      if (!existsSync(path)) continue;
      const said = spawnSync(path, ["version", "-json"], { env: cleanEnvironment(tmpdir()), timeout: 20_000 });
      if (said.status !== 0) continue;
      const { terraform_version: version } = JSON.parse(said.stdout.toString()) as { terraform_version: string };
      engine = { path, name, version };
      return engine;
    }
  }
  return undefined;
}

/** The first folder of a mirror: the host that Terraform takes a provider source without one to belong to. */
const MIRROR_HOST = "registry.terraform.io";

/**
 * Folders laid out as a Terraform provider mirror: those named in `TLS_STACKS_PLUGIN_MIRROR`, the ones Terraform
 * itself looks into, and direct children of the usual places for software that no package manager put there.
 */
export function mirrorFolders(): string[] {
  const home = homedir();
  const named = (process.env.TLS_STACKS_PLUGIN_MIRROR ?? "").split(delimiter).filter(Boolean);
  const implicit = [
    resolve("terraform.d/plugins"),
    join(home, ".terraform.d/plugins"),
    join(process.env.XDG_DATA_HOME || join(home, ".local/share"), "terraform/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
  ];
  const conventional = ["/opt", "/usr/local/lib", "/usr/local/share", "/usr/share", "/usr/lib"].flatMap((parent) =>
    list(parent).map((child) => join(parent, child)),
  );
  const holdsMirror = (folder: string) => existsSync(join(folder, MIRROR_HOST));
  return [...new Set([...named.map((folder) => resolve(folder)), ...implicit, ...conventional])].filter(holdsMirror);
}

/** Versions of `<namespace>/<type>` in the mirrors for this platform, newest first, read from disk. */
export function mirroredVersions(source: string, folders: string[] = mirrorFolders()): MirroredProvider[] {
  const path = source.split("/").slice(-2).join("/");
  const type = path.split("/")[1];
  const platform = `${process.platform === "win32" ? "windows" : process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const packed = new RegExp(`^terraform-provider-${type}_(.+)_${platform}\\.zip$`);
  const found: MirroredProvider[] = [];
  for (const mirror of folders) {
    for (const entry of list(join(mirror, MIRROR_HOST, path))) {
      const unpacked = list(join(mirror, MIRROR_HOST, path, entry, platform));
      const isUnpacked = unpacked.some((file) => file.startsWith(`terraform-provider-${type}`));
      const version = isUnpacked ? entry : packed.exec(entry)?.[1];
      if (version) found.push({ version, mirror });
    }
  }
  return found.sort((a, b) => compareVersions(b.version, a.version));
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The providers a configuration asks for: local name to source and constraint. */
export function requiredProviders(json: Json): Record<string, { source: string; version?: string }> {
  const terraform = (json.terraform ?? {}) as { required_providers?: Json };
  return (terraform.required_providers ?? {}) as Record<string, { source: string; version?: string }>;
}

/** Whether the registry may be asked. Off by default: what a test run proves must not depend on the network. */
function registryAllowed(): boolean {
  return process.env.TLS_STACKS_ALLOW_REGISTRY === "1";
}

/** Something a proof cannot do without, and the sentence that says it is not here. */
export interface Need {
  /** The word for it in `TLS_STACKS_REQUIRE`: `terraform`, a provider's type such as `aws`, or a server. */
  name: string;
  /** Undefined when it is here. */
  missing: string | undefined;
}

/** Why the engine found cannot run a configuration: there is none, or it is older than the configuration's floor. */
function engineProblem(json: Json): string | undefined {
  const found = findEngine();
  if (found === undefined) return "neither terraform nor tofu is on the PATH";
  const { required_version: required = "" } = (json.terraform ?? {}) as { required_version?: string };
  const floor = /^>= *(\d[\d.]*)$/.exec(required)?.[1];
  if (floor === undefined || compareVersions(found.version, floor) >= 0) return undefined;
  return `${found.name} ${found.version} is older than ${floor}, which the stack asks for`;
}

/** What running a configuration needs: an engine, and each of its providers in a mirror (or a registry to ask). */
export function needsOf(json: Json): Need[] {
  const noEngine = engineProblem(json);
  const providers = Object.values(requiredProviders(json)).map(({ source }) => {
    const there = registryAllowed() || mirroredVersions(source).length > 0;
    return { name: source.split("/").at(-1) ?? source, missing: there ? undefined : `no mirror here has ${source}` };
  });
  return [{ name: "terraform", missing: noEngine }, ...providers];
}

/**
 * Version pins for the providers of a configuration: the newest in the mirrors, whatever the configuration asks for.
 * An override file replaces `required_providers` entry by entry, so the product's constraint stays as it is.
 */
export function pinnedProviders(json: Json): Record<string, { source: string; version: string }> {
  const pins: Record<string, { source: string; version: string }> = {};
  for (const [name, { source }] of Object.entries(requiredProviders(json))) {
    const newest = mirroredVersions(source)[0];
    if (!newest) continue;
    // OpenTofu takes a source without a host to belong to another one.
    const plain = findEngine()?.name === "terraform" || source.split("/").length === 3;
    pins[name] = { source: plain ? source : `${MIRROR_HOST}/${source}`, version: newest.version };
  }
  return pins;
}

/**
 * The environment of every command: a PATH and settings of ours, nothing else. A user's credentials, profiles,
 * `TF_VAR_*`, CLI configuration and proxies must neither reach a test nor be reached by one.
 */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = ["PATH", "LANG", "TMPDIR", "TMP", "TEMP", "SystemRoot"];
  if (registryAllowed()) kept.push("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR");
  const environment = Object.fromEntries(kept.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])));
  const nowhere = join(home, "none");
  return {
    ...environment,
    HOME: home,
    NO_PROXY: "127.0.0.1,localhost",
    CHECKPOINT_DISABLE: "1",
    // Providers build large schemas at every start; collecting garbage less often takes a quarter off that.
    GOGC: "400",
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    TF_CLI_CONFIG_FILE: join(home, "cli.tfrc"),
    TF_DATA_DIR: join(home, "data"),
    AWS_CONFIG_FILE: nowhere,
    AWS_SHARED_CREDENTIALS_FILE: nowhere,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

interface Finished {
  exitCode: number | null;
  log: string;
}

/** Seconds after which a command is stopped, unless its caller knows better. */
const LIMITS = { init: 180, validate: 120, plan: 180, show: 120, apply: 900, destroy: 900, output: 60, untaint: 60 };

/** Interrupts a command once its log has said something, as a person or a stopped CI job would. */
export interface Interruption {
  signal: NodeJS.Signals;
  after: RegExp;
}

/** What ends a command before it is done. */
interface Stops {
  interruption?: Interruption | undefined;
  /** Settles with a sentence when a server that the command needs has ended: waiting for it would take minutes. */
  died?: Promise<string> | undefined;
}

/** Runs a command, its standard output and error in one log, in a process group of its own; the group is interrupted when time is up, then killed. */
export function run(
  command: string,
  args: string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  seconds: number,
  { interruption, died }: Stops = {},
) {
  return new Promise<Finished>((done, failed) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    let late = false;
    const signalGroup = (signal: NodeJS.Signals) => {
      try {
        if (child.pid) process.kill(-child.pid, signal);
      } catch {
        // The group has ended by itself.
      }
    };
    const killer = () => signalGroup("SIGKILL");
    const ended = child.pid === undefined ? undefined : guardGroup(child.pid);
    const end = () => {
      signalGroup("SIGINT");
      setTimeout(killer, 5_000).unref();
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    let lost: string | undefined;
    void died?.then((reason) => {
      lost = reason;
      end();
    });
    let waiting = interruption;
    child.stdout.on("data", (chunk: Buffer) => {
      output.push(chunk);
      if (!waiting?.after.test(Buffer.concat(output).toString())) return;
      signalGroup(waiting.signal);
      waiting = undefined;
    });
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", failed);
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      ended?.();
      if (lost !== undefined) failed(new Error(`${lost}, while terraform ${args[0]} ran`));
      else done({ exitCode: late ? null : exitCode, log: Buffer.concat(output).toString() });
    });
  });
}

interface Message {
  type?: string;
  diagnostic?: Diagnostic;
  changes?: { add: number; change: number; remove: number; operation: string };
}

function messages(log: string): Message[] {
  // A killed command may have printed half a line.
  return log.split("\n").flatMap((line) => (/^\{.*\}$/.test(line) ? [JSON.parse(line) as Message] : []));
}

function diagnosticsOf(log: string): Diagnostic[] {
  return messages(log).flatMap((message) => (message.diagnostic ? [message.diagnostic] : []));
}

/** A folder in which one configuration is run, and the commands that run it. */
export interface Workspace {
  folder: string;
  /** Versions installed here instead of what the configuration asks for. */
  pins: Record<string, { source: string; version: string }>;
  /** Puts other bytes in place of the configuration: a new release of the stack, over the same state. */
  replace(json: string): void;
  /** Puts another override in place, beside the version pins and the local backend. */
  override(more: Json): void;
  /** Writes another file of the folder, or removes it. */
  put(name: string, text: string | undefined): void;
  init(): Promise<void>;
  /** Throws on any diagnostic, warnings included. */
  validate(): Promise<void>;
  plan(options?: { refresh?: boolean; refreshOnly?: boolean; destroy?: boolean }): Promise<Plan>;
  /** Applies a saved plan, or plans and applies. Throws {@link TerraformError} when Terraform fails. */
  apply(plan?: Plan, interruption?: Interruption): Promise<Applied>;
  destroy(): Promise<Applied>;
  /** Takes the mark off a resource whose creation failed half-way, as an operator would. */
  untaint(address: string): Promise<void>;
  /** Whether the state file is whole, or there is none. */
  stateReadable(): boolean;
  /** Address to attributes, from the state file. */
  state(): Record<string, Json>;
  /** Address to addresses that it depends on, from the state file. */
  dependencies(): Record<string, readonly string[]>;
  output(): Promise<Record<string, unknown>>;
  remove(): void;
}

/** What a test needs to be different, or beside the configuration. */
export interface WorkspaceOptions {
  /** Merged by Terraform: nested blocks replace all blocks of their kind, arguments replace arguments. */
  overrides?: Json;
  /** Texts of other files of the folder, by name. */
  beside?: Readonly<Record<string, string>>;
  /** Settles with a sentence when a server that the stack needs has ended. */
  died?: Promise<string>;
}

/**
 * Puts a configuration, byte for byte as given, into a fresh folder. What a test needs to be different (versions,
 * endpoints, credentials, the place of the state) goes into an override file, which Terraform merges over it.
 *
 * @param json the text of a `cdk.tf.json`
 */
export function workspace(json: string, { overrides = {}, beside = {}, died }: WorkspaceOptions = {}): Workspace {
  const found = findEngine();
  if (!found) throw new Error("neither terraform nor tofu is on the PATH");
  const home = commandHome("workspace");
  const folder = join(home, "stack");
  mkdirSync(folder);
  // Nothing but the engine is on the PATH: what a stack needs besides would be missing for operations too.
  const bin = join(home, "bin");
  mkdirSync(bin);
  symlinkSync(found.path, join(bin, found.name));
  const environment = { ...cleanEnvironment(home), PATH: bin };
  const pins = pinnedProviders(JSON.parse(json) as Json);
  let plans = 0;

  const command = async (name: keyof typeof LIMITS, args: string[], allowed = [0], interruption?: Interruption) => {
    const finished = await run(found.path, [name, ...args], folder, environment, LIMITS[name], { interruption, died });
    if (finished.exitCode === null || !allowed.includes(finished.exitCode)) {
      const streamed = args.includes("-json") && name !== "validate" && name !== "output" && name !== "show";
      throw new TerraformError(name, finished.exitCode, streamed ? diagnosticsOf(finished.log) : [], finished.log);
    }
    return finished;
  };
  const changing = async (name: "apply" | "destroy", args: string[], stop?: Interruption): Promise<Applied> => {
    const started = Date.now();
    const { log } = await command(name, ["-json", "-input=false", ...args], [0], stop);
    const summary = messages(log).findLast((message) => message.type === "change_summary")?.changes;
    if (!summary) throw new TerraformError(`${name} reported no summary`, 0, [], log);
    return {
      added: summary.add,
      changed: summary.change,
      destroyed: summary.remove,
      warnings: diagnosticsOf(log),
      seconds: (Date.now() - started) / 1000,
      log,
    };
  };
  const self: Workspace = {
    folder,
    pins,
    replace: (text) => writeFileSync(join(folder, "cdk.tf.json"), text),
    override: (more) => {
      const { terraform = {}, ...rest } = more as { terraform?: Json };
      const base = { required_providers: pins, backend: { local: { path: "terraform.tfstate" } } };
      const text = JSON.stringify({ ...rest, terraform: { ...base, ...terraform } }, null, 2);
      writeFileSync(join(folder, "zz_test_override.tf.json"), text);
    },
    init: async () => {
      await command("init", ["-input=false", "-no-color"]);
    },
    validate: async () => {
      const { log } = await command("validate", ["-json"], [0, 1]);
      const { diagnostics } = JSON.parse(log) as { diagnostics: Diagnostic[] };
      if (diagnostics.length > 0) throw new TerraformError("validate", 1, diagnostics, log);
    },
    plan: async ({ refresh = true, refreshOnly = false, destroy = false } = {}) => {
      plans += 1;
      const file = join(home, `${plans}.tfplan`);
      const flags = [`-out=${file}`, `-refresh=${refresh}`, "-detailed-exitcode", "-json", "-input=false"];
      if (refreshOnly) flags.push("-refresh-only");
      if (destroy) flags.push("-destroy");
      const { exitCode, log } = await command("plan", flags, [0, 2]);
      let shown: Promise<PlanJson> | undefined;
      const show = () => {
        shown ??= command("show", ["-json", file]).then((said) => JSON.parse(said.log) as PlanJson);
        return shown;
      };
      const changes = exitCode === 2 ? await show() : {};
      return {
        exitCode: exitCode === 2 ? 2 : 0,
        json: show,
        actions: changedAddresses(changes.resource_changes ?? []),
        outputs: Object.entries(changes.output_changes ?? {})
          .filter(([, change]) => change.actions.join() !== "no-op")
          .map(([name]) => name)
          .sort(),
        warnings: diagnosticsOf(log),
        file,
      };
    },
    apply: (plan, interruption) => changing("apply", plan ? [plan.file] : ["-auto-approve"], interruption),
    destroy: () => changing("destroy", ["-auto-approve"]),
    untaint: async (address) => {
      await command("untaint", [address]);
    },
    stateReadable: () => {
      try {
        stateOf(join(folder, "terraform.tfstate"), () => undefined);
        return true;
      } catch {
        return false;
      }
    },
    state: () => stateOf(join(folder, "terraform.tfstate"), ({ attributes }) => attributes),
    dependencies: () => stateOf(join(folder, "terraform.tfstate"), ({ dependencies = [] }) => dependencies),
    output: async () => {
      const { log } = await command("output", ["-json"]);
      const outputs = JSON.parse(log) as Record<string, { value: unknown }>;
      return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
    },
    put: (name, text) => {
      if (text === undefined) rmSync(join(folder, name), { force: true });
      else writeFileSync(join(folder, name), text);
    },
    remove: () => removeFolder(home),
  };
  self.replace(json);
  for (const [name, text] of Object.entries(beside)) self.put(name, text);
  self.override(overrides);
  return self;
}

/** A home folder for commands of {@link cleanEnvironment}, with a CLI configuration of ours that knows the mirrors. */
export function commandHome(name: string): string {
  const home = temporaryFolder(name);
  writeFileSync(join(home, "cli.tfrc"), cliConfiguration());
  return home;
}

function cliConfiguration(): string {
  const mirrors = mirrorFolders().map((path) => `  filesystem_mirror {\n    path = ${JSON.stringify(path)}\n  }\n`);
  const direct = registryAllowed() ? "  direct {}\n" : "";
  return `disable_checkpoint = true\nprovider_installation {\n${mirrors.join("")}${direct}}\n`;
}

function changedAddresses(changes: NonNullable<PlanJson["resource_changes"]>): Record<string, string[]> {
  const acting = changes.filter(({ change }) => !["no-op", "read"].includes(change.actions.join()));
  return Object.fromEntries(acting.map(({ address, change }) => [address, change.actions]));
}

interface StateFile {
  resources: {
    mode: string;
    type: string;
    name: string;
    instances: Instance[];
  }[];
}

interface Instance {
  index_key?: string | number;
  attributes: Json;
  dependencies?: string[];
}

function stateOf<Part>(file: string, part: (instance: Instance) => Part): Record<string, Part> {
  if (!existsSync(file)) return {};
  const { resources } = JSON.parse(readFileSync(file, "utf8")) as StateFile;
  const entries = resources.flatMap(({ mode, type, name, instances }) =>
    instances.map((instance): [string, Part] => {
      const { index_key: key } = instance;
      const index = key === undefined ? "" : `[${JSON.stringify(key)}]`;
      return [`${mode === "data" ? "data." : ""}${type}.${name}${index}`, part(instance)];
    }),
  );
  return Object.fromEntries(entries);
}
