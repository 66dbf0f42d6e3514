import type { DnsName } from "../../lib/config/dns-names";
import type { Seconds } from "../../lib/config/duration";
import { keyProblem } from "../../lib/config/identifiers";
import type { KeyKind } from "../../lib/config/keys";
import type { Purpose } from "../../lib/config/purpose";
import { renewalProblem, renewalTimes } from "./config-renewal";
import { bootstrapPathProblem, defaultBootstrapPath, reloadProblem, userProblem } from "./input-bootstrap";
import script from "./node-bootstrap.sh";

/** What the bootstrap of a node group is made from. */
export interface NodeBootstrapProps {
  /** Google Cloud project of pool and template. */
  readonly project: string;
  /** Location of pool and template, such as `us-central1`. */
  readonly location: string;
  /** Id of the issuing pool. */
  readonly pool: string;
  /** Id of the group's certificate template. */
  readonly template: string;
  /** Name of the node group, and of the files and units on the node. */
  readonly nodeGroup: string;
  /** The group's domains, without wildcards. A node has the name `<hostname>.<domain>` in each. */
  readonly domains: readonly DnsName[];
  readonly lifetime: Seconds;
  /** Share of the lifetime after which a certificate is due, between 0 and 1. */
  readonly renewAt: number;
  /** How far the pool backdates certificates, which end sooner by as much. @default 0 */
  readonly backdate?: Seconds;
  readonly key: KeyKind;
  /** The node refuses a certificate that is not valid for this purpose. */
  readonly purpose: Purpose;
  /** The user whose primary group may read the key. @default only root may read it */
  readonly user?: string;
  /** Command line, for `sh`, that makes a service read the new certificate and key. @default no service is reloaded */
  readonly reload?: string;
  /** Folder of the certificates on the node. @default `defaultBootstrapPath(nodeGroup)` */
  readonly path?: string;
  /** PEM text of the root certificates, as a Terraform expression without braces. */
  readonly trustAnchor: string;
}

/** The script's path on a node. All groups use the same script with different settings. */
const scriptPath = "/usr/local/lib/ai-tls-stacks/node-bootstrap.sh";

/** Certificate purposes by their names in `openssl verify`. */
const opensslPurposes: Readonly<Record<Purpose, string>> = {
  server: "sslserver",
  client: "sslclient",
  mutual: "sslserver sslclient",
};

/**
 * The cloud-init user data (`#cloud-config`) with which a node gets and renews its own certificate: settings, trust
 * anchor, script, systemd service and timer, and the commands that start them. It is a Terraform template in which only
 * the trust anchor is evaluated. It has no secret, and equal props give equal text.
 *
 * @throws if a value cannot be written into the node's files; the config refuses such values with a path
 */
export function nodeBootstrap(props: NodeBootstrapProps): string {
  refuse(props);
  const unit = `ai-tls-stacks-${props.nodeGroup}`;
  const settings = `/etc/ai-tls-stacks/${props.nodeGroup}.conf`;
  const anchor = `/etc/ai-tls-stacks/${props.nodeGroup}.root.pem`;
  const times = renewalTimes(props.lifetime, props.renewAt, props.backdate);
  const files: readonly (readonly [path: string, permissions: string, content: string])[] = [
    [settings, "0644", literal(settingsFile(props, anchor))],
    [anchor, "0644", `\${indent(6, trimspace(${props.trustAnchor}))}\n`],
    [scriptPath, "0755", literal(unixLines(script))],
    [`/etc/systemd/system/${unit}.service`, "0644", literal(service(props.nodeGroup, settings, times.retry))],
    [`/etc/systemd/system/${unit}.timer`, "0644", literal(timer(props.nodeGroup, times.interval))],
  ];
  return [
    "#cloud-config",
    `# A TLS certificate for each node of ${props.nodeGroup}. The key is made on the node; nothing here is secret.`,
    "write_files:",
    ...files.flatMap(([path, permissions, content]) => [
      `  - path: ${path}`,
      `    permissions: "${permissions}"`,
      "    content: |",
      ...content
        .trimEnd()
        .split("\n")
        .map((line) => (line === "" ? "" : `      ${line}`)),
    ]),
    "runcmd:",
    "  - [systemctl, daemon-reload]",
    // The timer comes first: it tries again when the service fails.
    `  - [systemctl, enable, --now, ${unit}.timer]`,
    `  - [systemctl, enable, --now, ${unit}.service]`,
    "",
  ].join("\n");
}

/** Refuses values that would have another meaning on the node or in YAML. */
function refuse(props: NodeBootstrapProps): void {
  const id = (text: string) =>
    /^[a-z0-9A-Z][a-zA-Z0-9_.:-]{0,99}$/.test(text) ? undefined : "is no id of Google Cloud";
  const domain = (text: string) => (/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(text) ? undefined : "is no domain of nodes");
  const problems: Readonly<Record<string, string | undefined>> = {
    project: id(props.project),
    location: id(props.location),
    pool: id(props.pool),
    template: id(props.template),
    nodeGroup: keyProblem(props.nodeGroup),
    domains: props.domains.length === 0 ? "is empty" : props.domains.map(domain).find((problem) => problem),
    renewAt: renewalProblem(props.lifetime, props.renewAt, props.backdate),
    user: props.user === undefined ? undefined : userProblem(props.user),
    reload: props.reload === undefined ? undefined : reloadProblem(props.reload),
    path: props.path === undefined ? undefined : bootstrapPathProblem(props.path),
  };
  const [first] = Object.entries(problems).filter(([, problem]) => problem !== undefined);
  if (first !== undefined) throw new Error(`bootstrap of node group ${props.nodeGroup}: ${first.join(" ")}`);
}

/** A text as a checkout on Windows may not have it: a shell takes the CR of a line for a part of its last word. */
const unixLines = (text: string) => text.replaceAll("\r\n", "\n");

/** The script's settings: assignments for `sh`, each value quoted. */
function settingsFile(props: NodeBootstrapProps, anchor: string): string {
  const { lifetime, renewAt, backdate, path = defaultBootstrapPath(props.nodeGroup) } = props;
  const { window, least } = renewalTimes(lifetime, renewAt, backdate);
  const values: Readonly<Record<string, string | number>> = {
    NODE_GROUP: props.nodeGroup,
    DOMAINS: [...new Set(props.domains)].sort().join(" "),
    PROJECT: props.project,
    LOCATION: props.location,
    POOL: props.pool,
    TEMPLATE: props.template,
    LIFETIME: lifetime,
    LEAST: least,
    WINDOW: window,
    KEY: props.key,
    PURPOSES: opensslPurposes[props.purpose],
    TRUST_ANCHOR: anchor,
    FOLDER: path,
    KEY_USER: props.user ?? "",
    RELOAD: props.reload ?? "",
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${String(value).replaceAll("'", "'\\''")}'`);
  return [
    "# Written by cloud-init. Seconds: a new certificate has at least LEAST left and is due WINDOW before its end.",
    ...lines,
  ].join("\n");
}

/**
 * The systemd service. Its reload command may need anything, so hardening leaves out what could break one: there is no
 * private `/tmp` and no read-only `/etc` or home, and devices and privileges stay. Temporary failures are tried again
 * soon; after wrong settings or wrong answers the service waits for the timer.
 */
function service(nodeGroup: string, settings: string, retry: Seconds): string {
  return `[Unit]
Description=TLS certificate of this node (${nodeGroup})
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh ${scriptPath} ${settings}
Restart=on-failure
RestartSec=${retry}
RestartPreventExitStatus=10 30 31 32 33 34 51
TimeoutStartSec=300
SyslogIdentifier=ai-tls-stacks-${nodeGroup}
UMask=0077
ProtectSystem=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}

/** The systemd timer. The service starts at boot by itself; the timer's first check is for when that failed. */
function timer(nodeGroup: string, interval: Seconds): string {
  return `[Unit]
Description=Looks whether the TLS certificate of this node is due (${nodeGroup})

[Timer]
OnBootSec=${interval}
OnUnitActiveSec=${interval}
RandomizedDelaySec=${interval}
AccuracySec=1

[Install]
WantedBy=timers.target
`;
}

/** Escapes a text so that a Terraform template evaluates nothing in it. */
function literal(text: string): string {
  // In a replacement text "$" would be special, so the replacement is a function.
  return text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}
