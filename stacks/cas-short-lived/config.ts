import type { DnsName } from "../../lib/config/dns-names";
import type { Seconds } from "../../lib/config/duration";
import { defaultKey, type KeyKind, keyKinds } from "../../lib/config/keys";
import type { Place } from "../../lib/config/report";
import { sortedEntries } from "../../lib/config/sorted-map";
import type { Around } from "../scenario";
import { rootKey } from "./addresses";
import { idProblem, type NodeGroupConfig, readDomains, readNodeGroup } from "./config-nodes";
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

/** What a complete stack takes over as the user wrote it. */
type TakenOver = Omit<
  CasShortLivedInput,
  "scenario" | "suffix" | "backdate" | "keys" | "root" | "issuers" | "nodeGroups"
>;

/** A stack of a private certificate authority for training clusters, complete. */
export interface CasShortLivedConfig extends Readonly<TakenOver> {
  /** 0 if certificates are not backdated. */
  readonly backdate: Seconds;
  /** In the order of {@link keyKinds}. */
  readonly keys: readonly KeyKind[];
  readonly rootPoolId: string;
  readonly issuingPoolId: string;
  readonly root: AuthorityConfig;
  readonly issuers: readonly IssuerConfig[];
  readonly nodeGroups: readonly NodeGroupConfig[];
}

/** Completes a stack: builds ids, fills in defaults, reads signing requests. */
export function read(input: CasShortLivedInput, around: Around, place: Place): CasShortLivedConfig {
  const { scenario, suffix, keys, root, issuers, nodeGroups, ...takenOver } = input;
  const prefix = `${around.environment}-${around.stack}`;
  const organization = root.organization ?? around.project;
  const issuingPoolId = `${prefix}-${suffix}`;
  const rootPoolId = `${prefix}-root-${suffix}`;
  // The root pool's id is the longer one.
  place.problem(idProblem(rootPoolId));
  for (const part of ["issuers", "nodeGroups"] as const) {
    if (Object.keys(input[part]).length > 0) continue;
    place.in(part).problem(`is empty; write at least one ${part === "issuers" ? "issuer" : "node group"}`);
  }
  return {
    ...takenOver,
    backdate: input.backdate ?? 0,
    keys: readKeys(keys, place.in("keys")),
    rootPoolId,
    issuingPoolId,
    root: {
      ...readAuthority(root, input.location, place.in("root")),
      id: `${rootKey}-${suffix}`,
      organization,
    },
    issuers: sortedEntries(issuers).map(([name, issuer]) => {
      const id = `${name}-${suffix}`;
      const issuerPlace = place.in("issuers", name);
      issuerPlace.problem(idProblem(id));
      return {
        ...readAuthority(issuer, input.location, issuerPlace),
        name,
        id,
        organization,
        phase: issuer.phase,
      };
    }),
    nodeGroups: sortedEntries(nodeGroups).map(([name, group]) => {
      const ids = { prefix, suffix, pool: issuingPoolId };
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
): Omit<AuthorityConfig, "id" | "organization"> {
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
    lifetime: input.lifetime,
    key: kmsKeyVersion === undefined ? { kind: input.key ?? defaultKey } : { kmsKeyVersion },
    permittedDomains: readDomains(input.permittedDomains ?? [], place.in("permittedDomains")),
  };
}
