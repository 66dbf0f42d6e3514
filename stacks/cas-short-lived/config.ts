import type { DnsName } from "../../lib/config/dns-names";
import type { Seconds } from "../../lib/config/duration";
import { defaultKey, type KeyKind, keyKinds } from "../../lib/config/keys";
import type { Place } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import { rootKey } from "./addresses";
import { checkId } from "./config-ids";
import { type NodeGroupConfig, readDomains, readNodeGroup } from "./config-nodes";
import type { CasShortLivedInput, Phase } from "./input";

/** Google's names for the keys of authorities (CertificateAuthority.SignHashAlgorithm). */
export const authorityAlgorithms: Readonly<Record<KeyKind, string>> = {
  "ecdsa-p256": "EC_P256_SHA256",
  "ecdsa-p384": "EC_P384_SHA384",
  "rsa-2048": "RSA_PKCS1_2048_SHA256",
  "rsa-3072": "RSA_PKCS1_3072_SHA256",
  "rsa-4096": "RSA_PKCS1_4096_SHA256",
};

/** A certificate authority, complete. */
export interface AuthorityConfig {
  /** Its id in Google. */
  readonly id: string;
  readonly commonName: string;
  readonly organization: string;
  readonly lifetime: Seconds;
  readonly key: { readonly kind: KeyKind } | { readonly kmsKeyVersion: string };
  /** Sorted; empty if every domain is permitted. */
  readonly permittedDomains: readonly DnsName[];
}

/** An issuing authority, complete. */
export interface IssuerConfig extends AuthorityConfig {
  readonly name: string;
  readonly phase: Phase;
}

/** A stack of a private certificate authority for training clusters, complete. */
export interface CasShortLivedConfig {
  readonly project: string;
  readonly location: string;
  readonly tier: "enterprise" | "devops";
  readonly protect: boolean;
  readonly skipGracePeriod: boolean;
  /** 0 if certificates are not backdated. */
  readonly backdate: Seconds;
  readonly publish: { readonly caCertificate: boolean; readonly crl: boolean };
  /** In the order of {@link keyKinds}. */
  readonly keys: readonly KeyKind[];
  readonly rootPoolId: string;
  readonly issuingPoolId: string;
  readonly root: AuthorityConfig;
  readonly issuers: readonly IssuerConfig[];
  readonly maximumLifetime: Seconds;
  readonly nodeGroups: readonly NodeGroupConfig[];
}

/** Completes a stack: builds ids, fills in defaults, reads signing requests. */
export function read(input: CasShortLivedInput, around: Around, place: Place): CasShortLivedConfig {
  const prefix = `${around.environment}-${around.stack}`;
  const organization = input.root.organization ?? around.project;
  const issuingPoolId = `${prefix}-${input.suffix}`;
  const rootPoolId = `${prefix}-root-${input.suffix}`;
  // The root pool's id is the longer one.
  checkId(rootPoolId, place);
  for (const part of ["issuers", "nodeGroups"] as const) {
    if (Object.keys(input[part]).length > 0 || place.in(part).refused) continue;
    place.in(part).problem(`is empty; write at least one ${part === "issuers" ? "issuer" : "node group"}`);
  }
  return {
    project: input.project,
    location: input.location,
    tier: input.tier,
    protect: input.protect,
    skipGracePeriod: input.skipGracePeriod,
    backdate: input.backdate ?? 0,
    publish: input.publish,
    keys: readKeys(input.keys, place.in("keys")),
    rootPoolId,
    issuingPoolId,
    root: {
      ...readAuthority(input.root, input.location, place.in("root")),
      id: `${rootKey}-${input.suffix}`,
      organization,
      lifetime: input.root.lifetime,
    },
    issuers: sortedEntries(input.issuers).map(([name, issuer]) => {
      const id = `${name}-${input.suffix}`;
      checkId(id, place.in("issuers", name));
      return {
        ...readAuthority(issuer, input.location, place.in("issuers", name)),
        name,
        id,
        organization,
        lifetime: issuer.lifetime,
        phase: issuer.phase,
      };
    }),
    maximumLifetime: input.maximumLifetime,
    nodeGroups: sortedEntries(input.nodeGroups).map(([name, group]) => {
      const ids = { prefix, suffix: input.suffix, pool: issuingPoolId };
      return readNodeGroup(name, group, ids, place.in("nodeGroups", name));
    }),
  };
}

function readKeys(input: readonly KeyKind[], place: Place): readonly KeyKind[] {
  if (input.length === 0) place.problem("is empty, so no key would do; write at least one kind or leave it out");
  return keyKinds.filter((kind) => input.includes(kind));
}

function readAuthority(
  input: CasShortLivedInput["root"] | CasShortLivedInput["issuers"][string],
  location: string,
  place: Place,
): Pick<AuthorityConfig, "commonName" | "key" | "permittedDomains"> {
  const { kmsKeyVersion } = input;
  if (input.key !== undefined && kmsKeyVersion !== undefined) {
    place.in("key").problem("has no use beside kmsKeyVersion, which is a key already; leave one of them out");
  }
  const [, region] = /\/locations\/([^/]+)\//.exec(kmsKeyVersion ?? "") ?? [];
  if (region !== undefined && location !== "" && region !== location) {
    place
      .in("kmsKeyVersion")
      .problem(
        `is in ${region}, the stack in ${location}, and an authority signs with keys of its own region only; write a key in ${location}`,
      );
  }
  return {
    commonName: input.commonName,
    key: kmsKeyVersion === undefined ? { kind: input.key ?? defaultKey } : { kmsKeyVersion },
    permittedDomains: readDomains(input.permittedDomains ?? [], place.in("permittedDomains")),
  };
}
