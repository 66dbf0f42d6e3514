import {
  ingressAnnotations,
  ingressClass,
  kubernetesProvider,
  objectLabels,
} from "../../lib/change/kubernetes-meanings";
import { anew, type Meaning, type Meanings, quiet, refused, ruled, warned } from "../../lib/change/meaning";
import { authorityKey } from "./config";

const stack = () => [];
const ofService = (name: string) => (name === authorityKey ? [] : ["services", name]);
const place = "where the objects are";
const bundle = quiet("it follows the certificates in it");

/** What is made anew for a service, by the authority that clients trust already. */
const leaf = (field: string) => anew(quiet("clients trust the authority, which stays", field));

/** What replaces the authority, and so all that clients trust; or a service's own certificate, which its clients trust. */
const trust =
  (ofAuthority: readonly string[], ofLeaf: string) =>
  (_was: unknown, _is: unknown, name: string): Meaning =>
    name === authorityKey
      ? anew(
          refused(
            "the authority and all that it signed would be made anew, and clients refuse every service until they have the new bundle; go back, make a second stack with the other authority, have clients trust both bundles, lead them over, and take this one out last",
            ...ofAuthority,
          ),
        )
      : leaf(ofLeaf);

/** In mode self-signed clients trust the certificate itself. */
const selfSigned =
  (ofAuthority: Meaning | ReturnType<typeof trust>, field: string) =>
  (was: unknown, is: unknown, name: string): Meaning =>
    name === authorityKey
      ? typeof ofAuthority === "function"
        ? ofAuthority(was, is, name)
        : ofAuthority
      : anew(
          refused(
            "its certificate is what clients trust, and would be made anew: they refuse the service until they have the new bundle; go back, make a second service with the other certificate beside it, lead clients over once they trust both, and take this one out then",
            field,
          ),
        );

const subject = trust(["ca", "subject"], "names");

/** What a change of anything that this scenario makes means to those who use it. */
export const meanings: Meanings = {
  "provider.kubernetes": kubernetesProvider,
  "provider.aws": {
    at: stack,
    changed: {
      region: warned(
        "the load balancer is looked up there, and names lead to another one, if there is one of that name; see that it serves them before you apply",
        "dns",
        "region",
      ),
      allowed_account_ids: ruled("which account the records are in", "dns", "account"),
      default_tags: quiet("tags are for people and their bills, and records have none"),
    },
    gone: quiet("it goes with the last record", "dns"),
  },
  aws_route53_record: {
    at: stack,
    changed: {
      zone_id: anew(
        warned(
          "records move to another zone, and clients find what the zone says that is delegated to; see with dig NS that it is the new one before you apply",
          "dns",
          "zones",
        ),
      ),
      alias: warned(
        "names lead to another load balancer as soon as resolvers forget the old one; see that it serves them before you apply",
        "dns",
        "target",
      ),
    },
    gone: ruled("which names lead nowhere", "services"),
  },
  kubernetes_namespace_v1: {
    at: stack,
    changed: { "metadata.labels": objectLabels, "metadata.name": ruled(place, "namespace", "name") },
    gone: ruled(place, "namespace", "create"),
  },
  kubernetes_config_map_v1: {
    at: stack,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(ruled(place, "namespace", "name")),
      data: bundle,
    },
    gone: quiet("a stack always has it"),
  },
  kubernetes_secret_v1: {
    at: ofService,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(ruled(place)),
      "metadata.name": anew(ruled("which pods mount it", "secret")),
      data: bundle,
    },
    gone: ruled("which services go"),
  },
  kubernetes_service_v1: {
    at: ofService,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(ruled(place)),
      "spec.selector": warned(
        "requests go to the pods that have the new labels, from the apply on; see that they serve, with the Secret mounted",
        "selector",
      ),
      "spec.port": warned("requests go to the new port from the apply on; see that every pod listens there", "port"),
    },
    gone: ruled("which services go"),
  },
  kubernetes_ingress_v1: {
    at: ofService,
    changed: {
      "metadata.labels": objectLabels,
      "metadata.namespace": anew(ruled(place)),
      "metadata.annotations": ingressAnnotations("ingress"),
      "spec.ingress_class_name": ingressClass("ingress"),
      "spec.rule": ruled("which names are served", "names"),
      "spec.tls": ruled("which names are served", "names"),
    },
    gone: warned("nothing serves the service's public names any more; see that nobody uses them", "ingress"),
  },
  tls_private_key: {
    at: ofService,
    changed: {
      algorithm: trust(["key"], "key"),
      ecdsa_curve: trust(["key"], "key"),
      rsa_bits: trust(["key"], "key"),
    },
    gone: ruled("which services go, and which authority"),
  },
  tls_cert_request: {
    at: ofService,
    changed: {
      private_key_pem: leaf("key"),
      subject: leaf("names"),
      dns_names: anew(ruled("which names a certificate loses", "names")),
    },
    gone: ruled("which services go"),
  },
  tls_locally_signed_cert: {
    at: ofService,
    changed: {
      allowed_uses: anew(ruled("whether it is shown by a client", "client")),
      validity_period_hours: leaf("lifetime"),
      early_renewal_hours: quiet("it says when an apply renews", "lifetime"),
      cert_request_pem: leaf("names"),
      ca_cert_pem: leaf("key"),
      ca_private_key_pem: leaf("key"),
    },
    gone: ruled("which services go, and whether the mode stays"),
  },
  tls_self_signed_cert: {
    at: ofService,
    changed: {
      private_key_pem: selfSigned(anew(quiet("its key is told of", "key")), "key"),
      subject: selfSigned(subject, "names"),
      dns_names: selfSigned(quiet("an authority has none"), "names"),
      allowed_uses: (was, is, name) => {
        const uses = (value: unknown) => JSON.stringify([value].flat().filter((use) => use !== "key_encipherment"));
        // Which RSA keys have besides.
        const field = uses(was) === uses(is) ? "key" : "client";
        return selfSigned(quiet("an authority has the same for ever"), field)(was, is, name);
      },
      validity_period_hours: selfSigned(
        // Seen with openssl: who trusts the old one verifies what was signed under the new one, and the other way round.
        anew(quiet("it has the key and the subject that clients trust", "ca", "lifetime")),
        "lifetime",
      ),
      early_renewal_hours: quiet("it says when an apply renews", "lifetime"),
    },
    gone: ruled("which services go, and whether the mode stays"),
  },
};
