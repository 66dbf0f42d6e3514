import { isDeepStrictEqual } from "node:util";
import {
  ingressAnnotations,
  ingressClass,
  kubernetesProvider,
  objectLabels,
} from "../../lib/change/kubernetes-meanings";
import { anew, type Meaning, type Meanings, quiet, ruled, type TypeMeaning, warned } from "../../lib/change/meaning";
import { blockOf, type PreviousResource, textOf, textsOf } from "../../lib/change/previous-stack";

const stack = () => [];
const ofCertificate = (name: string) => ["certificates", name];
const ofAuthority = (name: string) => ["pki", name];
/** Of an object that cert-manager works by, whose name starts with its certificate's. */
const ofRequested = (name: string) => ["certificates", name.replace(/_[a-z_]+$/, "")];

const byRemoval = ruled("which certificates go, and how they are delivered");
const inNamespace = ruled("where the objects are");
const issuing = ruled("which mount signs");
const named = anew(ruled("its name is made of those of project, environment, stack and certificate"));
const byAuthority = ruled("whether the authority is made anew");
const byNames = ruled("which names it loses", "names");
const byPurpose = ruled("what it is shown for", "purpose");
const byKey = ruled("whether cert-manager requests another key", "key");
const byRole = (field: string) => ruled("which names requests may have", "role", field);
const clientsTrust =
  "whoever trusts the root or has this one loaded verifies what either signs: key and name are the same";
const signedAnew = anew(quiet(clientsTrust, "lifetime"));
const lifetime = quiet("the certificate is made anew beside the old one, which stays valid", "lifetime");
const protection = quiet("it says what a plan may destroy, and destroys nothing", "protect");

/** What an authority is: each of it makes another one. */
const ofAuthorityItself = {
  backend: anew(byAuthority),
  common_name: anew(byAuthority),
  key_type: anew(byAuthority),
  key_bits: anew(byAuthority),
  lifecycle: protection,
};

/** What a mount has besides an authority: it goes where the authority goes. */
const beside: TypeMeaning = {
  at: ofAuthority,
  changed: { backend: anew(byAuthority) },
  gone: ruled("whether the stack's authorities go"),
};

/** Clients are told in certificates where to ask. */
const urls = (was: unknown, is: unknown): Meaning => {
  const server = (given: unknown) => textsOf(given)[0]?.split("/v1/")[0];
  return server(was) === server(is)
    ? ruled("whether the mount moves")
    : warned(
        "certificates that were issued before carry the old address; see that lists and OCSP answer there until the last of them has ended, the intermediate too",
        "urls",
        "address",
      );
};

/** A domain less is a name less for all that the authority signs from then on. */
const permitted = (was: unknown, is: unknown): Meaning => {
  const [had, has] = [textsOf(was), textsOf(is)];
  const lost = has.length > 0 && (had.length === 0 || had.some((domain) => !has.includes(domain)));
  return anew(
    lost
      ? warned(
          "the intermediate is signed again with fewer domains, and clients refuse what it signs from then on of any other; see that no role of its mount is asked for one",
          "permittedDomains",
        )
      : quiet(clientsTrust, "permittedDomains"),
  );
};

/** The Service and port behind each host of an Ingress. */
const backends = (rules: unknown) =>
  new Map(
    [rules].flat().map((rule) => {
      const { host, http } = blockOf(rule);
      return [host, blockOf(blockOf(blockOf(blockOf(http).path).backend).service)] as const;
    }),
  );

/** Hosts come and go with the names; what is behind them is the user's. */
const rules = (was: unknown, is: unknown): Meaning => {
  const had = backends(was);
  const changes = (part: (service: PreviousResource) => unknown) =>
    [...backends(is)].some(([host, service]) => {
      const before = had.get(host);
      return before !== undefined && !isDeepStrictEqual(part(before), part(service));
    });
  if (changes(({ name }) => textOf(name))) {
    return warned(
      "requests go to the new Service from the apply on; see that it serves",
      "consumer",
      "ingress",
      "service",
    );
  }
  return changes(({ port }) => String(blockOf(port).number))
    ? warned(
        "requests go to the new port from the apply on; see that the Service has it",
        "consumer",
        "ingress",
        "port",
      )
    : byNames;
};

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {
  "provider.kubernetes": kubernetesProvider,
  "provider.vault": { at: stack, changed: {}, gone: quiet("a stack always has it") },
  "provider.tls": {
    at: stack,
    changed: {},
    gone: quiet("it does nothing but read when authorities end, and goes with them"),
  },
  vault_mount: {
    at: ofAuthority,
    changed: {
      // The provider remounts; what refers to the path is made anew.
      path: byAuthority,
      description: byAuthority,
      default_lease_ttl_seconds: quiet("a limit that follows the lifetime, whose change is judged", "lifetime"),
      max_lease_ttl_seconds: quiet("a limit that follows the lifetime, whose change is judged", "lifetime"),
      lifecycle: protection,
    },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_root_cert: {
    at: ofAuthority,
    changed: {
      ...ofAuthorityItself,
      ttl: ruled("the provider only writes it down", "lifetime"),
    },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_intermediate_cert_request: {
    at: ofAuthority,
    changed: ofAuthorityItself,
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_root_sign_intermediate: {
    at: ofAuthority,
    changed: {
      backend: anew(byAuthority),
      common_name: anew(byAuthority),
      csr: anew(byAuthority),
      issuer_ref: byAuthority,
      ttl: quiet("it says nothing of what was signed; the mount's limit has it signed again", "lifetime"),
      permitted_dns_domains: permitted,
      replace_triggered_by: signedAnew,
      lifecycle: protection,
    },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_intermediate_set_signed: {
    at: ofAuthority,
    changed: { backend: anew(byAuthority), certificate: signedAnew },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_issuer: {
    at: ofAuthority,
    changed: {
      backend: anew(byAuthority),
      issuer_ref: signedAnew,
      issuer_name: quiet("it is made of the serial number, and roles ask for the default"),
      replace_triggered_by: signedAnew,
    },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_config_issuers: {
    at: ofAuthority,
    changed: { backend: byAuthority, default: quiet(clientsTrust, "lifetime") },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_config_ca: {
    at: ofAuthority,
    changed: { backend: anew(byAuthority), pem_bundle: anew(byAuthority) },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_config_urls: {
    at: () => ["pki"],
    changed: {
      backend: byAuthority,
      issuing_certificates: urls,
      crl_distribution_points: urls,
      ocsp_servers: urls,
    },
    gone: ruled("whether the stack's authorities go"),
  },
  vault_pki_secret_backend_crl_config: beside,
  // The provider writes to the new mount in place.
  vault_pki_secret_backend_config_auto_tidy: { ...beside, changed: { backend: byAuthority } },
  vault_pki_secret_backend_role: {
    at: ofCertificate,
    changed: {
      backend: anew(issuing),
      name: named,
      allowed_domains: byNames,
      allow_bare_domains: byRole("allowBareDomains"),
      allow_subdomains: byRole("allowSubdomains"),
      allow_glob_domains: byRole("allowGlobDomains"),
      allow_wildcard_certificates: byNames,
      require_cn: quiet("a request may have a common name all the same", "names"),
      server_flag: byPurpose,
      client_flag: byPurpose,
      key_type: byKey,
      key_bits: byKey,
      key_usage: byKey,
      ttl: quiet("Vault shortens what asks for more", "lifetime"),
      max_ttl: quiet("Vault shortens what asks for more", "lifetime"),
    },
    gone: byRemoval,
  },
  vault_policy: {
    at: ofCertificate,
    changed: { name: named, policy: ruled("which mount signs, and how the certificate is delivered", "delivery") },
    gone: byRemoval,
  },
  vault_kubernetes_auth_backend_role: {
    at: ofCertificate,
    changed: {
      backend: anew(ruled("where it logs in")),
      role_name: named,
      bound_service_account_names: ruled("who may log in no more", "serviceAccounts"),
      bound_service_account_namespaces: ruled("who may log in no more", "serviceAccounts"),
      audience: ruled("whose tokens are refused"),
      token_policies: ruled("they are named like the role"),
    },
    gone: ruled("who may log in no more", "serviceAccounts"),
  },
  vault_pki_secret_backend_cert: {
    at: ofCertificate,
    changed: {
      backend: anew(issuing),
      name: named,
      common_name: anew(quiet("clients look at the names", "names")),
      alt_names: anew(byNames),
      ttl: lifetime,
      min_seconds_remaining: quiet("it says when an apply renews", "lifetime"),
      replace_triggered_by: anew(lifetime),
      lifecycle: quiet("what it is made anew for"),
    },
    gone: quiet("it is not revoked, and the Secret, whose going is judged, is what is served"),
  },
  kubernetes_namespace_v1: {
    at: stack,
    changed: { "metadata.labels": objectLabels, "metadata.name": anew(inNamespace) },
    gone: inNamespace,
  },
  kubernetes_config_map_v1: {
    at: stack,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(inNamespace),
      data: ruled("what clients trust", "pki", "caBundle"),
    },
    gone: ruled("what clients trust", "pki", "caBundle"),
  },
  kubernetes_secret_v1: {
    at: ofCertificate,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(inNamespace),
      "metadata.name": anew(ruled("which pods mount it", "secret")),
      data: quiet("it follows the certificate"),
    },
    gone: byRemoval,
  },
  kubernetes_manifest: {
    at: ofRequested,
    changed: {
      "manifest.metadata.labels": objectLabels,
      "manifest.metadata.namespace": anew(inNamespace),
      "manifest.metadata.name": anew(ruled("who may log in no more", "serviceAccounts")),
      // Of an Issuer and a Certificate: what they say is what the config says of mount, login, names, key and Secret.
      "manifest.spec": ruled("what cert-manager requests, and where"),
      "manifest.rules": quiet("cert-manager makes tokens for the account that its Issuer names", "serviceAccounts"),
      "manifest.subjects": quiet("they are cert-manager's own account"),
      "manifest.roleRef": quiet("it names the role beside it"),
    },
    gone: ruled("how it is delivered"),
  },
  kubernetes_ingress_v1: {
    at: ofCertificate,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(inNamespace),
      "metadata.annotations": ingressAnnotations("consumer", "ingress"),
      "spec.ingress_class_name": ingressClass("consumer", "ingress"),
      "spec.rule": rules,
      "spec.tls": ruled("which names are served, with which Secret", "names"),
    },
    gone: warned("nothing serves its names any more; see that nobody asks for them", "consumer"),
  },
};
