import type { Json } from "./terraform";

/** A certificate for what is computed: providers compare only PEM, and data sources look into them. */
export const pem = `-----BEGIN CERTIFICATE-----
MIIBfDCCASGgAwIBAgIUfmpFMqNxC9Ppwl2AlEcsWH+Y+dcwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHcGxhbm5lZDAgFw0yNjExMjIxMDA0MTlaGA8yMTI2MTAyOTEw
MDQxOVowEjEQMA4GA1UEAwwHcGxhbm5lZDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABLQPv2bJgG57oFcIj3O/5qu1NE+FPlrG+AcopXCg7K8QxiNGpq4ugjNY/Syb
3RJ05l1YLM8C6LhSS157Yk98zlqjUzBRMB0GA1UdDgQWBBSVyXvzdROmBLAfFU1Q
Xn4UfAX+cTAfBgNVHSMEGDAWgBSVyXvzdROmBLAfFU1QXn4UfAX+cTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCBQbjGVk1nyt3SLpjgYBFuyjM8
doTTbVsXLXDJAaJQJQIhAP7f+WdTnH530sw8HK2TXY661hPB/wiAlZDCnIUrlZ3C
-----END CERTIFICATE-----
`;

const signed = () => ({ cert_pem: pem, ready_for_renewal: false, validity_end_time: "2100-01-01T00:00:00Z" });

/**
 * What a provider tells only after an apply and others refer to, by resource type, where it is no plain text.
 */
export const computed: Readonly<Record<string, (values: Json, address: string) => Json>> = {
  aws_acm_certificate: ({ domain_name: name, subject_alternative_names: others }, address) => ({
    arn: `arn:aws:acm:eu-west-1:111122223333:certificate/${address}`,
    domain_validation_options: [name, ...((others as string[] | undefined) ?? [])].map((domain) => ({
      domain_name: domain,
      resource_record_name: `_proof.${String(domain).replace("*.", "")}.`,
      resource_record_type: "CNAME",
      resource_record_value: "_proof.acm-validations.aws.",
    })),
    not_after: "2100-01-01T00:00:00Z",
    renewal_summary: [],
    validation_emails: [],
    options: [{ certificate_transparency_logging_preference: "ENABLED", export: "DISABLED" }],
  }),

  google_privateca_certificate_authority: ({ desired_state: state }) => ({
    pem_ca_certificates: [pem],
    state: state ?? "ENABLED",
    access_urls: [],
    create_time: "2026-01-01T00:00:00Z",
  }),
  google_privateca_certificate: () => ({
    pem_certificate: pem,
    pem_certificate_chain: [pem],
    certificate_description: [{ subject_description: [{ not_after_time: "2100-01-01T00:00:00Z" }] }],
    revocation_details: [],
  }),

  google_certificate_manager_dns_authorization: ({ domain }) => ({
    dns_resource_record: [
      { name: `_acme-challenge.${domain}.`, type: "CNAME", data: "1.authorize.certificatemanager.goog." },
    ],
  }),
  google_certificate_manager_certificate: ({ managed }) => ({
    managed: (managed as Json[]).map((one) => ({
      ...one,
      state: "ACTIVE",
      authorization_attempt_info: [],
      provisioning_issue: [],
    })),
    san_dnsnames: [],
  }),
  google_certificate_manager_certificate_map: () => ({ gclb_targets: [] }),
  google_compute_managed_ssl_certificate: () => ({ subject_alternative_names: [] }),
  google_compute_ssl_policy: () => ({ enabled_features: [] }),

  tls_private_key: () => ({ private_key_pem: pem }),
  tls_cert_request: () => ({ cert_request_pem: pem }),
  tls_self_signed_cert: signed,
  tls_locally_signed_cert: signed,
  kubernetes_service_v1: () => ({ status: [] }),
  kubernetes_ingress_v1: () => ({ status: [] }),

  vault_mount: () => ({ audit_non_hmac_request_keys: [], audit_non_hmac_response_keys: [] }),
  vault_pki_secret_backend_cert: () => ({ expiration: Date.parse("2100-01-01") / 1000, ca_chain: pem }),
  vault_pki_secret_backend_role: () => ({ cn_validations: ["email", "hostname"] }),
  vault_pki_secret_backend_root_cert: () => ({ certificate: pem }),
  vault_pki_secret_backend_root_sign_intermediate: () => ({ certificate: pem, serial_number: "01:02", ca_chain: [] }),
  vault_pki_secret_backend_intermediate_set_signed: () => ({ imported_issuers: ["intermediate"], imported_keys: [] }),
};
