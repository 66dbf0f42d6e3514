import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { type KeyKind, keyKinds } from "./keys";
import { show } from "./report";

/** A certificate signing request (PKCS #10, RFC 2986) whose signature is right. */
export interface SigningRequest {
  /** The request in one form, whatever the layout of the text that held it. */
  readonly pem: string;
  /** The DNS names it asks for, in lower case and sorted. */
  readonly names: readonly string[];
  /** Other subject alternative names it asks for, in words. */
  readonly otherNames: readonly string[];
  /** Whether it asks to be an authority. */
  readonly authority: boolean;
  /** Extensions it asks for besides names, by name or object id. */
  readonly extensions: readonly string[];
  /** Its key, in words. */
  readonly keyText: string;
  /** Its key, if it is one of the config's kinds. */
  readonly key: KeyKind | undefined;
}

/** Object ids of the attributes in which a request asks for extensions: RFC 2985, and Microsoft's own. */
const extensionAttributes = ["1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"];

const oids = { subjectAltName: "2.5.29.17", basicConstraints: "2.5.29.19" };

/** Extensions that requests often ask for (RFC 5280, section 4.2.1). */
const extensionNames: Readonly<Record<string, string>> = {
  "2.5.29.14": "subjectKeyIdentifier",
  "2.5.29.15": "keyUsage",
  "2.5.29.19": "basicConstraints",
  "2.5.29.30": "nameConstraints",
  "2.5.29.32": "certificatePolicies",
  "2.5.29.37": "extKeyUsage",
};

/** Digests by signature algorithm: RSA (RFC 4055) and ECDSA (RFC 5758). */
const digests: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
};

/** Reads a certificate request in PEM and verifies its signature, which proves possession of the key (RFC 2986). */
export function parseRequest(text: string): { readonly request: SigningRequest } | { readonly mistake: string } {
  const remedy = "write the one block that `openssl req -new` prints";
  const lines = text.trim().replaceAll("\r\n", "\n");
  const blocks = [...lines.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label]) => label);
  const [label] = blocks;
  if (label === undefined) return { mistake: `is no PEM; ${remedy}` };
  if (blocks.length > 1) {
    return { mistake: `holds ${blocks.length} PEM blocks (${blocks.join(", ")}); ${remedy}` };
  }
  if (!/^(NEW )?CERTIFICATE REQUEST$/.test(label)) {
    return { mistake: `is a PEM block ${show(label)}, no certificate request; ${remedy}` };
  }
  const [, body] = /^-----BEGIN [A-Z ]+-----\n([A-Za-z0-9+/=\n]+)\n-----END [A-Z ]+-----$/.exec(lines) ?? [];
  if (body === undefined) return { mistake: `is no whole PEM block, or has text around it; ${remedy}` };
  const der = Buffer.from(body, "base64");
  return read(der) ?? { mistake: `is a PEM block, but holds no certificate request (RFC 2986); ${remedy}` };
}

/** Reads the request; `undefined` where the bytes are none. */
function read(der: Buffer): { readonly request: SigningRequest } | { readonly mistake: string } | undefined {
  // Loaded only for configs with requests.
  const { AsnConvert } = require("@peculiar/asn1-schema") as typeof import("@peculiar/asn1-schema");
  const { CertificationRequest } = require("@peculiar/asn1-csr") as typeof import("@peculiar/asn1-csr");
  const { BasicConstraints, Extensions, SubjectAlternativeName } =
    require("@peculiar/asn1-x509") as typeof import("@peculiar/asn1-x509");
  try {
    const signed = AsnConvert.parse(der, CertificationRequest);
    const { certificationRequestInfo: info, certificationRequestInfoRaw: given = new ArrayBuffer(0) } = signed;
    const raw = Buffer.from(given);
    const bytes = (part: object) => Buffer.from(AsnConvert.serialize(part));
    if (!isExact(der, raw, bytes(signed), bytes(info))) return undefined;
    const key = createPublicKey({ key: bytes(info.subjectPKInfo), format: "der", type: "spki" });
    const digest = digests[signed.signatureAlgorithm.algorithm];
    if (digest === undefined) {
      return {
        mistake: `is signed with an algorithm (${signed.signatureAlgorithm.algorithm}) other than RSA or ECDSA with SHA-2; make it again with \`openssl req -new -sha256\``,
      };
    }
    if (!verify(digest, raw, key, Buffer.from(signed.signature))) {
      return {
        mistake:
          "has a signature that is not of its own key, so it was changed or cut after it was made; make it again",
      };
    }
    const extensions = [...(info.attributes ?? [])]
      .filter(({ type }) => extensionAttributes.includes(type))
      .flatMap(({ values }) => values.flatMap((value) => [...AsnConvert.parse(value, Extensions)]));
    const of = (oid: string) => extensions.filter(({ extnID }) => extnID === oid);
    const names = of(oids.subjectAltName).flatMap(({ extnValue }) => [
      ...AsnConvert.parse(extnValue.buffer, SubjectAlternativeName),
    ]);
    return {
      request: {
        pem: pemOf(der),
        names: [...new Set(names.flatMap(({ dNSName }) => dNSName?.toLowerCase() ?? []))].sort(),
        otherNames: names.flatMap(({ dNSName, iPAddress, rfc822Name, uniformResourceIdentifier }) => {
          if (dNSName !== undefined) return [];
          if (iPAddress !== undefined) return [`the IP address ${show(iPAddress)}`];
          if (rfc822Name !== undefined) return [`the e-mail address ${show(rfc822Name)}`];
          if (uniformResourceIdentifier !== undefined) return [`the URI ${show(uniformResourceIdentifier)}`];
          return ["a name that is no DNS name"];
        }),
        authority: of(oids.basicConstraints).some(
          ({ extnValue }) => AsnConvert.parse(extnValue.buffer, BasicConstraints).cA,
        ),
        extensions: extensions
          .filter(({ extnID }) => extnID !== oids.subjectAltName)
          .map(({ extnID }) => extensionNames[extnID] ?? extnID),
        ...kindOf(key),
      },
    };
  } catch {
    // The library and Node throw for bytes that have another structure.
    return undefined;
  }
}

/**
 * Whether the bytes are the signed part, and around it only what the library would write: it reads over other tags, and
 * over what follows.
 */
function isExact(der: Buffer, raw: Buffer, written: Buffer, writtenInfo: Buffer): boolean {
  const signature = written.subarray(written.indexOf(writtenInfo) + writtenInfo.length);
  const content = Buffer.concat([raw, signature]);
  // A sequence, and its length in one byte or after a byte that says in how many (X.690, section 8.1.3).
  const first = der[1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  const length = size === 0 ? first : der.readUIntBE(2, size);
  return der[0] === 0x30 && length === content.length && der.subarray(2 + size).equals(content);
}

/** How Node describes a key of each kind: an RSA key by its size, one on a curve by the curve's name in OpenSSL. */
const details: Readonly<Record<KeyKind, { readonly modulusLength: number } | { readonly namedCurve: string }>> = {
  "ecdsa-p256": { namedCurve: "prime256v1" },
  "ecdsa-p384": { namedCurve: "secp384r1" },
  "rsa-2048": { modulusLength: 2048 },
  "rsa-3072": { modulusLength: 3072 },
  "rsa-4096": { modulusLength: 4096 },
};

function kindOf(key: KeyObject): Pick<SigningRequest, "key" | "keyText"> {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isRsa = key.asymmetricKeyType === "rsa";
  const kind = keyKinds.find((one) => {
    const own = details[one];
    return "namedCurve" in own ? own.namedCurve === namedCurve : isRsa && own.modulusLength === modulusLength;
  });
  if (isRsa) return { key: kind, keyText: `an RSA key of ${modulusLength} bits` };
  const keyText =
    namedCurve === undefined ? `a key of the kind ${show(key.asymmetricKeyType)}` : `a key on the curve ${namedCurve}`;
  return { key: kind, keyText };
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE REQUEST-----", ...lines, "-----END CERTIFICATE REQUEST-----", ""].join("\n");
}
