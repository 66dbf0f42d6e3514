import type { World } from "../terraform/lifecycle";
import { type GoogleApi, type GoogleCall, startGoogleApi } from "./google-api";

/** Google as a stack meets it. */
export interface GoogleWorld extends World {
  api: GoogleApi;
  calls(): readonly string[];
  /** What a watched host was not served after one of the calls, in words. */
  gap(): string | undefined;
}

/** What the record of a run says of it. */
const description = "in-memory Google API";

/** What stands before a stack is applied, and what is looked at while it is. */
interface Surroundings {
  /** Paths of objects that the config says exist. */
  there?: readonly string[];
  /** Host names that must be served after every call. */
  watched?: readonly string[];
  /** Whether records are with another DNS host and stand. @default false */
  recordsElsewhere?: boolean;
}

/** An in-memory Google of its own, which issues what is due between applies. */
export async function startGoogle({
  there = [],
  watched = [],
  recordsElsewhere = false,
}: Surroundings = {}): Promise<GoogleWorld> {
  const api = await startGoogleApi();
  for (const path of there) api.put(path, { name: path.split("/").at(-1) });
  api.watch(watched);
  return {
    api,
    servers: [description],
    overrides: api.override,
    objects: async () =>
      Object.entries(api.objects()).map(([path, object]) => `${path} ${JSON.stringify(object, told)}`),
    beginLog: async () => api.clearLog(),
    calls: () => api.log().map(inWords),
    settle: () => expect(api.issue({ recordsElsewhere })).toEqual([]),
    gap: () => {
      const gaps = api.log().flatMap((call) =>
        Object.entries(call.serving)
          .filter(([, serving]) => serving !== "ACTIVE")
          .map(([host, serving]) => `${host} is served ${serving} after ${inWords(call)}`),
      );
      return gaps[0];
    },
    // It lives in this process.
    died: new Promise(() => undefined),
    stop: () => api.stop(),
  };
}

/** Numbers that another object of the same kind would not have. */
const told = (key: string, value: unknown) =>
  ["id", "fingerprint", "labelFingerprint", "etag"].includes(key) ? undefined : value;

/**
 * A call as tests name it: a verb, the kind of the object and its name, without environment, stack and hash. Of the
 * Certificate Authority Service: `make`, `change`, `delete` or its own verb, and an id; of certificates, in which pool.
 */
function inWords(call: GoogleCall): string {
  const words = call.path.startsWith("privateca/") ? ofAuthorities(call) : ofLoadBalancers(call);
  return call.status < 300 ? words : `${words} ${call.status}`;
}

function ofLoadBalancers({ method, path, body }: GoogleCall): string {
  const plain = (text: string) => text.replace(/^[a-z]+-gcp-[a-z]+(?:-san)?-/, "").replace(/-[0-9a-f]{10}$/, "");
  const parts = path.split("/").slice(1);
  const last = parts.at(-1) ?? "";
  if (last === "changes") {
    const { additions = [], deletions = [] } = body as Record<string, { name: string; type: string }[]>;
    const names = (sign: string, records: readonly { name: string; type: string }[]) =>
      records.map(({ name, type }) => `${sign}${type} ${name.replace(/^_acme-challenge_[^.]+/, "_acme-challenge")}`);
    return `records ${[...names("+", additions), ...names("-", deletions)].join(" ")}`;
  }
  if (/^(set|attach|detach)/.test(last)) return `${last} ${parts.at(-3)} ${plain(parts.at(-2) ?? "")}`;
  return method === "POST" ? `POST ${last}` : `${method} ${parts.at(-2)} ${plain(last)}`;
}

function ofAuthorities({ method, path, query }: GoogleCall): string {
  const [, object = "", verb] = /([^/:]+)(?::(\w+))?$/.exec(path) ?? [];
  const [, pool = ""] = /\/caPools\/([^/:]+)/.exec(path) ?? [];
  if (verb !== undefined) return `${verb} ${object}`;
  if (method === "PATCH") return `change ${object} ${query.updateMask}`;
  if (method === "DELETE") return `delete ${object}`;
  const { caPoolId, certificateAuthorityId, certificateTemplateId, certificateId = "" } = query;
  const id = caPoolId ?? certificateAuthorityId ?? certificateTemplateId;
  if (id !== undefined) return `make ${object} ${id}`;
  const issuer = query.issuingCertificateAuthorityId;
  const what = issuer === undefined ? certificateId.replace(/-[0-9a-f]{12}$/, "") : `an authority's by ${issuer}`;
  return `sign ${what} in ${pool}`;
}
