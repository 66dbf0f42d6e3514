import { Manifest as KubernetesManifest } from "@cdktf/provider-kubernetes/lib/manifest";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Construct } from "constructs";
import { showDuration } from "../../lib/config/duration";
import { shell } from "../../lib/config/quoting";
import type { Settings } from "../../lib/config/settings";
import type { InventoryEntry } from "../../lib/constructs/inventory";
import {
  type Placement,
  placementIn,
  tlsIngress,
  tlsSecret,
  trustConfigMap,
  trustName,
} from "../../lib/constructs/kubernetes";
import { BaseStack } from "../../lib/synthesis/base-stack";
import { makeAuthorities, type SigningMount } from "./authorities";
import { certManagerManifests, deploymentPatch, type Manifest } from "./cert-manager";
import { allowRequests, requestCertificate, type VaultIssued } from "./certificate";
import { issuingMount, renewsItself, type VaultCertificateConfig, type VaultPkiK8sConfig } from "./config";

/** What the stack made for one certificate. */
interface Delivered {
  readonly entry: InventoryEntry;
  readonly requestPath: string;
  /** `undefined` if cert-manager requests it. */
  readonly issued: VaultIssued | undefined;
  /** Objects that are left to an operator to apply. */
  readonly manifests: readonly Manifest[];
}

/** A PKI in Vault, or roles on an existing one, and certificates in Kubernetes. */
export class VaultPkiK8sStack extends BaseStack {
  constructor(scope: Construct, name: string, settings: Settings, config: VaultPkiK8sConfig) {
    super(scope, name, settings);
    const { pki } = config;
    // Address and token come from the operator's environment.
    new VaultProvider(this, "provider_vault");
    // Reads when the authorities end, which the Vault provider does not export.
    if (pki.own) new TlsProvider(this, "provider_tls");
    const longestLeaf = Math.max(...config.certificates.map(({ lifetime }) => lifetime));
    const authorities = pki.own ? makeAuthorities(this, pki, longestLeaf) : undefined;
    const roots = pki.own ? undefined : pki.caBundle;
    const signing: SigningMount = authorities?.signing ?? {
      path: issuingMount(pki),
      ready: [],
      trustPem: roots,
      knownRoots: roots === undefined ? undefined : JSON.stringify(roots),
    };
    const placement = placementIn(this, config, this.labels);
    const delivered = config.certificates.map(
      (certificate) => [certificate.name, this.#deliver(certificate, config, signing, placement)] as const,
    );
    const byName = <Value>(value: (one: Delivered) => Value) =>
      Object.fromEntries(delivered.map(([key, one]) => [key, value(one)]));
    const trust = signing.trustPem ?? delivered.find(([, { issued }]) => issued)?.[1].issued?.trustPem;
    if (trust !== undefined) {
      trustConfigMap(this, trust, placement);
      this.output("ca_bundle", "Trust bundle of clients (PEM).", trust);
    }
    this.#writeManifests(
      config.kubernetes.context,
      delivered.flatMap(([, { manifests }]) => manifests),
    );
    this.output(
      "secret_names",
      "Secrets by certificate, as `<namespace>/<name>`.",
      byName(({ entry }) => entry.secret),
    );
    this.output(
      "request_paths",
      "Where in Vault each certificate is requested, which is all that its policy allows.",
      byName(({ requestPath }) => requestPath),
    );
    if (authorities !== undefined) {
      this.output("issuer_ids", "Issuers in Vault by authority.", authorities.issuerIds);
    }
    const entries = { ...authorities?.entries, ...byName(({ entry }) => entry) };
    this.output(
      "certificate_not_after",
      "When each authority, and each certificate that Terraform requested, expires.",
      Object.fromEntries(Object.entries(entries).map(([key, { notAfter }]) => [key, notAfter])),
    );
    this.inventory(entries);
  }

  #deliver(
    certificate: VaultCertificateConfig,
    config: VaultPkiK8sConfig,
    signing: SigningMount,
    placement: Placement,
  ): Delivered {
    const { pki, namespace, applyManifests } = config;
    const scope = new Construct(this, certificate.name);
    const byController = renewsItself(certificate);
    const { role, requestPath, ready } = allowRequests(scope, certificate, config, signing);
    const issued = byController ? undefined : requestCertificate(scope, certificate, signing, role);
    if (issued !== undefined) tlsSecret(scope, certificate.secret, issued, placement);
    const manifests = byController ? certManagerManifests(certificate, config, this.labels) : {};
    if (applyManifests) {
      for (const [part, manifest] of Object.entries(manifests)) {
        // If Vault refuses the first request, cert-manager may wait an hour before the next.
        new KubernetesManifest(scope, part, {
          manifest,
          // Over a field that somebody changed with kubectl, the apply would end in a conflict that no config can mend.
          fieldManager: { forceConflicts: true },
          dependsOn: [...ready, ...placement.ready],
        });
      }
    }
    const trusted = signing.trustPem !== undefined || !config.certificates.every(renewsItself);
    this.#serveConsumer(scope, certificate, placement, {
      namespace: namespace.name,
      trust: trusted ? trustName(this) : undefined,
    });
    const secret = `${namespace.name}/${certificate.secret}`;
    const secretReaders = `the Secret ${secret}, for everyone who may read Secrets there`;
    return {
      requestPath,
      issued,
      manifests: applyManifests ? [] : Object.values(manifests),
      entry: {
        names: certificate.names,
        issuer: `Vault, mount ${issuingMount(pki)}`,
        lifetime: showDuration(certificate.lifetime),
        renewedBy: byController
          ? `cert-manager, ${showDuration(certificate.renewBefore)} before its end`
          : `an apply in its last ${showDuration(certificate.renewBefore)}`,
        keyLocation: byController
          ? secretReaders
          : `Terraform's state, saved plans and \`show -json\`, for everyone who reads one of them; and ${secretReaders}`,
        keyInState: !byController,
        notAfter: issued?.notAfter,
        secret,
      },
    };
  }

  #serveConsumer(
    scope: Construct,
    { name, names, secret, consumer }: VaultCertificateConfig,
    placement: Placement,
    around: { readonly namespace: string; readonly trust: string | undefined },
  ): void {
    if (consumer === undefined) return;
    if ("deployment" in consumer) {
      this.manifestFile(`patch-${name}.yaml`, [deploymentPatch(name, secret, consumer.deployment, around)]);
      return;
    }
    tlsIngress(scope, { ...consumer.ingress, name, hosts: names, secretName: secret }, placement);
  }

  /** Writes cert-manager's objects to a file: a plan looks their kinds up in the cluster, so a first plan would fail. */
  #writeManifests(context: string, manifests: readonly Manifest[]): void {
    if (manifests.length === 0) return;
    const usage = shell`kubectl --context ${context} apply -f manifests.yaml`;
    this.manifestFile("manifests.yaml", manifests, usage);
  }
}
