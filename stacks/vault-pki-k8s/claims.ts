import { type Place, show } from "../../lib/config/report";
import type { Claim, Owner } from "../../lib/ownership";
import { isPlaced, namespaceClaims, objectClaim, objectIn, secretClaim } from "../../lib/shared-claims";
import { renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";
import { readAddress } from "./input-fields";

/** Mounts and roles in Vault, and objects of the cluster. */
export function claims(config: VaultPkiK8sConfig, place: Place): readonly Claim[] {
  const placed = isPlaced(config, place);
  return [
    ...mounts(config, place),
    ...(placed ? namespaceClaims(config, place) : []),
    ...config.certificates.flatMap((certificate) => {
      const inCertificate = place.in("certificates", certificate.name);
      return [
        ...roles(config, certificate, inCertificate),
        ...(placed ? objects(config, certificate, inCertificate) : []),
      ];
    }),
  ];
}

/** A second mount on a path fails half-way through an apply; Vault refuses one inside or around another as well. */
function mounts({ pki }: VaultPkiK8sConfig, place: Place): readonly Claim[] {
  if (!pki.own) return [];
  return (["root", "intermediate"] as const).flatMap((authority) => {
    const { mount } = pki[authority];
    const inMount = place.in("pki", authority, "mount");
    if (mount === "" || inMount.refused) return [];
    return {
      kind: "Vault mount",
      id: mount,
      within: serverOf(pki),
      nests: true,
      part: `the ${authority}`,
      place: inMount,
      taken({ name, claim: { id } }: Owner) {
        const how = id === mount ? "is the mount" : `lies inside or around ${show(id)}, the mount`;
        return `is ${show(mount)}, which ${how} of ${name} already; write another path`;
      },
    };
  });
}

/**
 * Vault takes a second role, policy or login of one name, and each apply undoes what the other wrote. Policies lie on no
 * mount, so the name alone decides. It is joined with "-", which names may hold: stack `a`, certificate `b-c` and stack
 * `a-b`, certificate `c` have one.
 */
function roles({ pki }: VaultPkiK8sConfig, certificate: VaultCertificateConfig, place: Place): readonly Claim[] {
  const { name } = certificate.role;
  const role: Claim = {
    kind: "Vault role",
    id: name,
    within: serverOf(pki),
    part: part(certificate),
    place,
    taken: (by) => `would have the role ${show(name)}, which is that of ${by.name}; rename one of them`,
  };
  const anywhere: Claim = {
    ...role,
    // What clients reach by two addresses can be one Vault, and Terraform goes by VAULT_ADDR.
    kind: "Vault role at any address",
    within: undefined,
    advice: true,
    after: role,
    taken: (by) =>
      `would have the role ${show(name)}, as ${by.name} has at another address; if one Vault is behind both, rename one of them`,
  };
  return [role, anywhere];
}

/** The Vault that clients reach by the address, however it is written: letter case and usual ports make no other. */
function serverOf({ address }: VaultPkiK8sConfig["pki"]): string | undefined {
  return address !== undefined && URL.canParse(address) ? readAddress(new URL(address).href) : undefined;
}

/** The objects that a certificate becomes: the second owner's apply would fail half-way. */
function objects(config: VaultPkiK8sConfig, certificate: VaultCertificateConfig, place: Place): readonly Claim[] {
  const { name, consumer } = certificate;
  const secret = secretClaim(config, part(certificate), certificate, place);
  const kinds = [
    ...(renewsItself(certificate) ? ["Issuer"] : []),
    ...(consumer !== undefined && "ingress" in consumer ? ["Ingress"] : []),
  ];
  const others = kinds.map((kind) => objectClaim(config, kind, name, part(certificate), place));
  // Where the Secret is called like the certificate, a new name gives the other objects new ones as well.
  const after = certificate.secret === name ? secret : undefined;
  return [secret, ...[...mounted(config, certificate, place), ...others].map((claim) => ({ ...claim, after }))];
}

/** Of two patches with one mount path, or one volume, the second would put its Secret in the place of the first's. */
function mounted(config: VaultPkiK8sConfig, certificate: VaultCertificateConfig, place: Place): readonly Claim[] {
  const { name, consumer } = certificate;
  if (consumer === undefined || !("deployment" in consumer)) return [];
  const { name: deployment, container, mountPath } = consumer.deployment;
  return [
    {
      ...objectIn(config, "Mount", `${deployment}/${container}:${mountPath}`),
      part: part(certificate),
      place: place.in("consumer", "deployment", "mountPath"),
      taken: (by) =>
        `would be ${show(mountPath)}, where the container ${show(container)} of the Deployment ${show(deployment)} has the Secret of ${by.name} already; write another mountPath for one of them`,
    },
    {
      ...objectIn(config, "Volume", `${deployment}:${name}`),
      part: part(certificate),
      place,
      taken: (by) =>
        `would have the volume ${show(name)} in the Deployment ${show(deployment)}, which is that of ${by.name}; rename it`,
    },
  ];
}

const part = ({ name }: VaultCertificateConfig) => `certificate ${name}`;
