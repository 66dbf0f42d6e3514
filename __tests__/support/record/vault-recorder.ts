import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import type { IssueLimits } from "../../../lib/vault-role/simulate";
import type { Pair } from "../vault-role/vault-pairs";

/** Where a Vault-compatible server is, and who asks it. */
export interface VaultServer {
  readonly address: string;
  readonly token: string;
  readonly namespace?: string;
}

/** One line of a recording: a pair and what a server answered. */
export interface Recorded extends Pair {
  readonly issued: boolean;
  readonly errors?: readonly string[];
  readonly common_name?: string;
  readonly dns?: readonly string[];
  readonly email?: readonly string[];
  readonly ip?: readonly string[];
  readonly uri?: readonly string[];
  readonly usages?: readonly string[];
  readonly ttl?: number;
  readonly warnings?: readonly string[];
}

/** The limits of the mount that a recording makes for itself. */
export const recordingLimits: IssueLimits = {
  mountDefault: 768 * 3_600,
  mountMax: 87_600 * 3_600,
  caLifetime: 43_800 * 3_600,
};

interface Answer {
  readonly data?: { readonly certificate?: string } | null;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[] | null;
}

/**
 * Asks a server about pairs, one after another. Whatever it makes there is removed again, also after a failure or when
 * the caller stops in between: each role after its answer, and the mount, if none is given.
 *
 * @param mount an existing mount with an issuer; without one, a mount of its own is made
 * @throws if the server cannot be reached or refuses anything but a role or a certificate
 */
export async function* recordVerdicts(
  { address, token, namespace }: VaultServer,
  pairs: Iterable<Pair>,
  mount?: string,
): AsyncGenerator<Recorded> {
  const call = async (method: "POST" | "DELETE", path: string, body?: unknown): Promise<[number, Answer]> => {
    const response = await fetch(new URL(`/v1/${path}`, address), {
      method,
      headers: { "X-Vault-Token": token, ...(namespace === undefined ? {} : { "X-Vault-Namespace": namespace }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return [response.status, text === "" ? {} : (JSON.parse(text) as Answer)];
  };
  const must = async (method: "POST" | "DELETE", path: string, body?: unknown) => {
    const [status, { errors = [] }] = await call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${errors.join("; ")}`);
  };
  const own = `verdicts-${process.pid}-${Date.now().toString(36)}`;
  const at = mount ?? own;
  const seconds = (length: number) => `${length}s`;
  if (mount === undefined) {
    const { mountDefault, mountMax } = recordingLimits;
    const config = { default_lease_ttl: seconds(mountDefault), max_lease_ttl: seconds(mountMax) };
    await must("POST", `sys/mounts/${own}`, { type: "pki", config });
  }
  try {
    if (mount === undefined) {
      const authority = { common_name: own, ttl: seconds(recordingLimits.caLifetime), key_type: "ec", key_bits: 256 };
      await must("POST", [own, "root", "generate", "internal"].join("/"), authority);
    }
    for (const { role, request } of pairs) {
      const [status, { errors = [] }] = await call("POST", `${at}/roles/${own}`, { ...role, no_store: true });
      // 500 where a policy's identifier is none.
      if (status === 400 || status === 500) {
        yield { role, request, issued: false, errors };
        continue;
      }
      if (status >= 300) throw new Error(`the role was not stored: ${status} ${errors.join("; ")}`);
      try {
        const asked = Date.now();
        const [code, answer] = await call("POST", `${at}/issue/${own}`, {
          ...request,
          alt_names: request.alt_names?.join(","),
          ip_sans: request.ip_sans?.join(","),
          uri_sans: request.uri_sans?.join(","),
          other_sans: request.other_sans?.join(","),
        });
        if (code === 403 || code === 404) throw new Error(`nothing was issued: ${code} ${answer.errors?.join("; ")}`);
        const text = answer.data?.certificate;
        yield text === undefined
          ? { role, request, issued: false, errors: answer.errors ?? [] }
          : { role, request, issued: true, ...contents(text, asked), warnings: answer.warnings ?? [] };
      } finally {
        await must("DELETE", `${at}/roles/${own}`);
      }
    }
  } finally {
    if (mount === undefined) await must("DELETE", `sys/mounts/${own}`);
  }
}

const usageNames: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
};

/** What stands in a certificate; the lifetime from the moment it was asked for. */
function contents(text: string, asked: number) {
  // Without the PEM's frame where the request has `format: "der"`.
  const certificate = new X509Certificate(text.startsWith("-----") ? text : Buffer.from(text, "base64"));
  const alternatives = alternativeNames(certificate.subjectAltName ?? "");
  const of = (kind: string) => alternatives.filter(([found]) => found === kind).map(([, value]) => value);
  return {
    common_name: /^CN=(.*)$/m.exec(certificate.subject ?? "")?.[1] ?? "",
    dns: of("DNS"),
    email: of("email"),
    ip: of("IP Address").map((text) => (isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text)),
    uri: of("URI"),
    usages: (certificate.keyUsage ?? []).map((oid) => usageNames[oid] ?? oid),
    ttl: Math.round((Date.parse(certificate.validTo) - asked) / 1_000),
  };
}

/** `DNS:a, URI:"b, c"` taken apart; what needs it is quoted as in JSON. */
function alternativeNames(text: string): readonly (readonly [kind: string, value: string])[] {
  return [...text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(([, kind = "", value = ""]) => [
    kind,
    value.startsWith('"') ? (JSON.parse(value) as string) : value,
  ]);
}
