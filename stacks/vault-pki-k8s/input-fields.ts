import { X509Certificate } from "node:crypto";
import { text } from "../../lib/config/fields";
import { show } from "../../lib/config/report";

/** Paths that Vault keeps for its own endpoints; no secrets engine can be mounted at or below them. */
const ownPaths: readonly string[] = ["audit", "auth", "cubbyhole", "identity", "sys"];

/** The auth mount of Vault's own tokens, beside or below which it mounts no other. */
const tokenPath = "token";

// A part that is "." or ".." is none of the mount: Vault's server answers with a redirection to the path without it, and
// clients take it away themselves. Any other dots are letters like others.
const part = "(\\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*|\\.{3,})";
const pathPattern = `^${part}(/${part})*$`;

const isPath = (value: string) => new RegExp(pathPattern).test(value);

/** The parts of a path but those that lead nowhere: empty ones, as before the "/" that `vault secrets list` ends with, and ".". */
const partsOf = (path: string) => path.split("/").filter((part) => part !== "" && part !== ".");

/** Why the text cannot be the path of a mount, if it cannot. */
function pathProblem(value: string): string | undefined {
  if (isPath(value)) return undefined;
  const meant = partsOf(value).join("/");
  if (isPath(meant)) {
    const extra = value.replace(/^\/+|\/+$/g, "") === meant ? '"/" at its ends' : '"." and empty parts';
    return `is ${show(value)}; write ${show(meant)}, without ${extra}`;
  }
  if (partsOf(value).includes("..")) {
    return `is ${show(value)}, and ".." leads out of a path in Vault; write the mount's own, as Vault lists it, without ".."`;
  }
  return `is ${show(value)}; write letters, digits, "_", "." and "-", with "/" between parts`;
}

const pathInput = (description: string, example: string, problem: (value: string) => string | undefined) =>
  text({ description, examples: [example], pattern: pathPattern }, (value) => problem(value) ?? pathProblem(value));

/** The schema of the path of a PKI mount. */
export const mountInput = (description: string, example: string) =>
  pathInput(description, example, (value) => {
    const [start = ""] = partsOf(value);
    if (!ownPaths.includes(start)) return undefined;
    return `is ${show(value)}; below ${show(start)} Vault keeps its own, write another path`;
  });

/** The schema of the path of an auth mount. */
export const authPathInput = (description: string, example: string) =>
  pathInput(description, example, (value) => {
    const [, below] = /^\/*(?:v1\/+)?(?:auth\/+)+(.*)/s.exec(value) ?? [];
    const path = partsOf(below ?? value).join("/");
    const isTokens = partsOf(path)[0] === tokenPath;
    if (below !== undefined) {
      return `is ${show(value)}; write the path below "auth", such as ${show(isPath(path) && !isTokens ? path : example)}`;
    }
    return isTokens
      ? `is ${show(value)}; below ${show(tokenPath)} Vault keeps its own tokens, write the path of a Kubernetes auth mount, such as ${show(example)}`
      : undefined;
  });

/** The schema of the address at which clients reach Vault. */
export const addressInput = (description: string) =>
  text({ description, examples: ["https://vault.example.com:8200"] }, (value) => {
    // The value is not shown: a password in it would be a secret.
    if (!/^https?:\/\//.test(value)) {
      return `is ${show(value)}; write scheme and host, such as "https://vault.example.com:8200"`;
    }
    const [, server] = /^(https?:\/\/[^@\s?#]*?)\/+(?:v1|ui)(?:\/[^@\s?#]*)?$/.exec(value) ?? [];
    if (server !== undefined && URL.canParse(server)) {
      return `is ${show(value)}, with a path that clients add themselves; write ${show(server)}, and the mount in its own field`;
    }
    const [, origin = "", path = ""] = /^(https?:\/\/[^/\\@\s?#]+)([/\\][^\s?#]*)?$/.exec(value) ?? [];
    if (origin !== "" && URL.canParse(value) && !/%(?![0-9A-Fa-f]{2})/.test(path)) {
      // Clients take away "." and "..", also as escapes, each in its own way: in certificates stands what they all mean.
      const read = new URL(value).pathname.replace(/\/{2,}/g, "/");
      if (readAddress(read) === readAddress(path)) return undefined;
      return `is ${show(value)}, whose path clients read as another one; write ${show(`${origin}${readAddress(read)}`)}`;
    }
    return "is no plain http(s) address; write scheme, host and port, with no credentials, query or fragment";
  });

/** The address without "/" at its end, so that paths can be appended. */
export function readAddress(value: string): string {
  return value.replace(/\/+$/, "");
}

/** The schema of trusted certificates. */
export const trustInput = (description: string) =>
  text({ description, examples: ["-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"] }, trustProblem);

/** Why the text is not a series of authorities' certificates in PEM, if it is not. */
function trustProblem(value: string): string | undefined {
  const wanted = "write the certificates of authorities in PEM, one after the other";
  const blocks = pemBlocks(value);
  if (blocks.length === 0 || value.replace(pemBlock, "").trim() !== "") return `is no PEM; ${wanted}`;
  for (const [index, block] of blocks.entries()) {
    const which = blocks.length === 1 ? "" : ` (certificate ${index + 1})`;
    try {
      if (!new X509Certificate(block).ca) return `is the certificate of no authority${which}; ${wanted}`;
    } catch {
      return `is damaged and cannot be read${which}; ${wanted}`;
    }
  }
  return undefined;
}

/** It ends before the next begins: otherwise a text of a million characters with no end is read again from each beginning. */
const pemBlock =
  /-----BEGIN CERTIFICATE-----[^-]*(?:-(?!----(?:BEGIN|END) CERTIFICATE-----)[^-]*)*-----END CERTIFICATE-----/g;

/** The certificates of a text in PEM. */
export const pemBlocks = (text: string): readonly string[] => text.match(pemBlock) ?? [];

/** Trusted certificates in normal form: in their order, each with one line break after it. */
export function readTrust(value: string): string {
  return pemBlocks(value)
    .map((block) => `${block.replaceAll("\r\n", "\n")}\n`)
    .join("");
}

/** Whether one of the certificates is self-signed, and so a root, where chains end. */
export function isRoot(pem: string): boolean {
  return pemBlocks(pem).some((block) => {
    const certificate = new X509Certificate(block);
    return certificate.checkIssued(certificate);
  });
}
