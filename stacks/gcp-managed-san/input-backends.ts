import { isIP } from "node:net";
import { z } from "zod";
import { type DurationNotes, day, type Seconds, secondsInput, showDuration } from "../../lib/config/duration";
import { above0, fields, flag, mapOf, setOf, text, whole, word } from "../../lib/config/fields";
import { computeNamePattern, computeNameProblem, googleRegionInput, googleZoneInput } from "../../lib/config/google";
import { keyPattern } from "../../lib/config/identifiers";
import { show } from "../../lib/config/report";

/** The longest timeout that Compute takes (Backend service timeout). */
const longestTimeout: Seconds = day;

/** A duration within limits. */
export const limitedInput = (notes: DurationNotes, least: Seconds, most: Seconds) =>
  secondsInput(notes, (seconds, value) =>
    seconds >= least && seconds <= most
      ? undefined
      : `is ${show(value)}; write ${showDuration(least)} to ${showDuration(most)}`,
  );

/** A link to a resource in Google Cloud, with or without the host that the console shows in front. */
const linkInput = (description: string, example: string, path: string, what: string) =>
  text({ description, examples: [example] }, (value) =>
    new RegExp(`^(https://(www|compute)\\.googleapis\\.com/compute/v1/)?projects/[a-z0-9.:-]+/${path}/${name}$`).test(
      value,
    )
      ? undefined
      : `is ${show(value)}, which is no link of ${what}; write one such as ${show(example)}`,
  );
const name = "[a-z]([-a-z0-9]{0,61}[a-z0-9])?";

const nameInput = (description: string, example: string, what: string) =>
  text({ description, examples: [example], pattern: computeNamePattern }, (value) => computeNameProblem(value, what));

const protocols = ["HTTP", "HTTPS", "HTTP2", "H2C"] as const;
const affinities = ["NONE", "CLIENT_IP", "GENERATED_COOKIE"] as const;

const logging = flag("Whether every request is logged.").prefault(false);

const ofServers = {
  protocol: word(protocols, "What the load balancer speaks with the servers; gRPC needs HTTP2, or H2C without TLS.", {
    GRPC: 'it is for another kind of proxy; write "HTTP2" for servers with TLS or "H2C" for servers without, which carry gRPC as well',
  }).prefault("HTTP"),
  timeout: limitedInput(
    { description: "How long a whole answer may take; a streamed one is cut off there.", example: "10m" },
    1,
    longestTimeout,
  ).prefault(
    // A model that streams takes longer than the 30 s of Compute's default.
    "5m",
  ),
  healthCheck: fields(
    {
      path: text({ description: "The path that answers 200.", examples: ["/health"] }, (value) =>
        /^\/[^\s#]*$/.test(value)
          ? undefined
          : `is ${show(value)}; write a path that starts with "/", such as "/health"`,
      ),
      port: whole(1, 65_535, {
        description: "Its port.",
        examples: [8081],
        default: "the port that serves",
      }).optional(),
    },
    "How a server shows that it is well.",
  ).prefault({ path: "/" }),
  logging,
  affinity: word(affinities, "What keeps a client at one server, such as one that holds its cache.").prefault("NONE"),
};

const backendInput = z
  .union([
    fields({
      service: linkInput(
        "Link of a backend service that exists: global, of the scheme EXTERNAL_MANAGED.",
        "projects/ml-serving-prod/global/backendServices/llama",
        "global/backendServices",
        "a global backend service",
      ),
    }),
    fields({
      instanceGroups: setOf(
        linkInput(
          "Link of an instance group.",
          "projects/ml-serving-prod/zones/europe-west4-a/instanceGroups/llama",
          "(zones|regions)/[a-z0-9-]+/instanceGroups",
          "an instance group",
        ),
        "Instance groups whose machines serve.",
      ),
      port: nameInput("The named port of the groups.", "http", "the name of a named port of the groups, no number"),
      ...ofServers,
    }),
    fields({
      zonalNeg: fields(
        {
          zone: googleZoneInput("The zone.", "europe-west4-a"),
          network: nameInput("The network.", "serving", "a network's name"),
          subnetwork: nameInput("The subnetwork, in the zone's region.", "serving", "a subnetwork's name"),
          endpoints: mapOf(
            fields({
              address: text({ description: "Its IPv4 address in the subnetwork.", examples: ["10.0.0.5"] }, (value) =>
                isIP(value) === 4 ? undefined : `is ${show(value)}; write an IPv4 address, such as "10.0.0.5"`,
              ),
              port: whole(1, 65_535, { description: "The port that it serves on.", examples: [8000] }),
            }),
            "What serves, by the name of its virtual machine.",
            computeNamePattern,
          ),
          maxRatePerEndpoint: above0(1_000_000, {
            description: "Requests per second that one endpoint takes: the load is spread by it.",
            examples: [20],
          }),
        },
        "Virtual machines of a zone by address: a network endpoint group (NEG) that this stack makes.",
      ),
      ...ofServers,
    }),
    fields({
      cloudRun: fields(
        {
          region: googleRegionInput("The region.", "europe-west4"),
          service: nameInput("The service.", "llama", "a Cloud Run service's name"),
        },
        "A Cloud Run service, through a serverless network endpoint group that this stack makes.",
      ),
      logging,
    }),
  ])
  .meta({
    description: "What serves: a backend service by link, instance groups, machines by address, or Cloud Run.",
    examples: [{ cloudRun: { region: "europe-west4", service: "llama" } }],
  });

/** Backends by name, as the user writes them. */
export const backendsInput = mapOf(backendInput, "What serves, by a name that is part of addresses.", keyPattern);
