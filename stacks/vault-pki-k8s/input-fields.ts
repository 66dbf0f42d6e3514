import { X509Certificate } from "node:crypto";
import { text } from "../../lib/config/fields";
import { show } from "../../lib/config/report";

/** Paths that Vault keeps for its own endpoints; no secrets engine can be mounted below them. */
const ownPaths: readonly string[] = ["auth", "cubbyhole", "identity", "sys"];

const pathPattern = "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$";

/** Why the text cannot be the path of a mount, if it cannot. */
function pathProblem(value: string): string | undefined {
  if (new RegExp(pathPattern).test(value)) return undefined;
  const bare = withoutSlashes(value);
  if (bare !== value && pathProblem(bare) === undefined) {
    return `is ${show(value)}; write ${show(bare)}, without "/" at its ends`;
  }
  return `is ${show(value)}; write letters, digits, "_", "." and "-", with "/" between parts`;
}

/** The path without the "/" that `vault secrets list` shows at its end. */
const withoutSlashes = (path: string) => path.replace(/^\/+|\/+$/g, "");

const pathInput = (description: string, example: string, problem: (value: string) => string | undefined) =>
  text({ description, examples: [example], pattern: pathPattern }, (value) => problem(value) ?? pathProblem(value));

/** The schema of the path of a PKI mount. */
export const mountInput = (description: string, example: string) =>
  pathInput(description, example, (value) => {
    const [start = ""] = value.split("/");
    if (!ownPaths.includes(start)) return undefined;
    return `is ${show(value)}; below ${show(start)} Vault keeps its own, write another path`;
  });

/** The schema of the path of an auth mount. */
export const authPathInput = (description: string, example: string) =>
  pathInput(description, example, (value) => {
    const [, below] = /^(?:v1\/)?auth\/(.*)/s.exec(value) ?? [];
    if (below === undefined) return undefined;
    const path = withoutSlashes(below);
    return `is ${show(value)}; write the path below "auth", such as ${show(pathProblem(path) === undefined ? path : example)}`;
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
    if (/^https?:\/\/[^/@\s?#]+(\/[^\s?#]*)?$/.test(value) && URL.canParse(value)) return undefined;
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

const pemBlocks = (text: string): readonly string[] => text.match(pemBlock) ?? [];

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
