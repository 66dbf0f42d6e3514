import type { Place } from "../../lib/config/report";
import type { Claim } from "../../lib/ownership";
import { addressClaims, isPlaced, namespaceClaims, objectClaim, objectIn, secretClaim } from "../../lib/shared-claims";
import type { PipelineServiceConfig, PipelineTlsConfig } from "./config";

/** Every object of a cluster, and every public name, has one owner: the second one's apply would fail half-way. */
export function claims(config: PipelineTlsConfig, place: Place): readonly Claim[] {
  const placed = isPlaced(config, place);
  return [
    ...(placed ? namespaceClaims(config, place) : []),
    ...config.services.flatMap((service) => {
      const inService = place.in("services", service.name);
      const names = config.dns === undefined ? [] : service.publicNames;
      return [
        ...(placed ? objects(config, service, inService) : []),
        ...names.flatMap((name) => addressClaims(name, inService.in("names", { member: name }), part(service))),
      ];
    }),
  ];
}

function objects(config: PipelineTlsConfig, service: PipelineServiceConfig, place: Place): readonly Claim[] {
  const { name, secret, ingress } = service;
  const object: Claim = {
    ...objectIn(config, "Service", name),
    place,
    taken: (by) =>
      `is a Service of ${by.name} already, in the same namespace; rename it, or give one of the stacks another namespace`,
  };
  return [
    object,
    // Two Ingresses of one name belong to two Services of one name, but other things have Ingresses as well.
    ...(ingress ? [{ ...objectClaim(config, "Ingress", name, part(service), place), after: object }] : []),
    // Either remedy for the Service, a new name or another namespace, settles this too, unless the Secret has a name of
    // its own: then a renamed Service would still have the other's Secret.
    { ...secretClaim(config, part(service), service, place), after: secret === name ? object : undefined },
  ];
}

const part = ({ name }: PipelineServiceConfig) => `service ${name}`;
