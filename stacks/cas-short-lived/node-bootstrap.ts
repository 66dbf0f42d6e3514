import type { Seconds } from "../../lib/config/duration";
import { defaultKey, type Purpose } from "../../lib/config/keys";
import type { CasShortLivedConfig } from "./config";
import type { BootstrapConfig, NodeGroupConfig } from "./config-nodes";
import { renewalTimes } from "./config-renewal";
import script from "./node-bootstrap.sh";

/** What a node must know of the pool that signs for it. */
type IssuingPool = Pick<CasShortLivedConfig, "project" | "location" | "issuingPoolId" | "backdate" | "keys">;

/** The script's path on a node. All groups use the same script with different settings. */
const scriptPath = "/usr/local/lib/ai-tls-stacks/node-bootstrap.sh";

/** Certificate purposes by their names in `openssl verify`: a node refuses a certificate that is not valid for its own. */
const opensslPurposes: Readonly<Record<Purpose, string>> = {
  server: "sslserver",
  client: "sslclient",
  mutual: "sslserver sslclient",
};

/**
 * The cloud-init user data (`#cloud-config`) with which a node gets and renews its own certificate: settings, trust
 * anchor, script, systemd service and timer, and the commands that start them. It is a Terraform template in which only
 * the trust anchor is evaluated. It has no secret, and equal configs give equal text.
 *
 * @param trustAnchor - PEM text of the root certificates, as a Terraform expression without braces
 */
export function nodeBootstrap(
  group: NodeGroupConfig,
  bootstrap: BootstrapConfig,
  pool: IssuingPool,
  trustAnchor: string,
): string {
  const { name } = group;
  const unit = `ai-tls-stacks-${name}`;
  const settings = `/etc/ai-tls-stacks/${name}.conf`;
  const anchor = `/etc/ai-tls-stacks/${name}.root.pem`;
  const times = renewalTimes(group.lifetime, group.renewAt, pool.backdate);
  const values: Readonly<Record<string, string | number>> = {
    NODE_GROUP: name,
    // A node has the name `<hostname>.<domain>` in each.
    DOMAINS: group.domains.join(" "),
    PROJECT: pool.project,
    LOCATION: pool.location,
    POOL: pool.issuingPoolId,
    TEMPLATE: group.templateId,
    LIFETIME: group.lifetime,
    LEAST: times.least,
    WINDOW: times.window,
    KEY: pool.keys[0] ?? defaultKey,
    PURPOSES: opensslPurposes[group.purpose],
    TRUST_ANCHOR: anchor,
    FOLDER: bootstrap.path,
    KEY_USER: bootstrap.user ?? "",
    RELOAD: bootstrap.reload ?? "",
  };
  const files: readonly (readonly [path: string, permissions: string, content: string])[] = [
    [settings, "0644", literal(settingsFile(values))],
    [anchor, "0644", `\${indent(6, trimspace(${trustAnchor}))}\n`],
    [scriptPath, "0755", literal(unixLines(script))],
    [`/etc/systemd/system/${unit}.service`, "0644", literal(service(name, settings, times.retry))],
    [`/etc/systemd/system/${unit}.timer`, "0644", literal(timer(name, times.interval))],
  ];
  return [
    "#cloud-config",
    `# A TLS certificate for each node of ${name}. The key is made on the node; nothing here is secret.`,
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

/** A text without the CR that a checkout on Windows may have: a shell takes it for a part of a line's last word. */
const unixLines = (text: string) => text.replaceAll("\r\n", "\n");

/** The script's settings: assignments for `sh`, each value quoted. */
function settingsFile(values: Readonly<Record<string, string | number>>): string {
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
