import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../terraform/terraform";
import { serviceOf, type UrlMap } from "./url-map";

/** One call that changed something, or tried to, as the server saw it. */
export interface GoogleCall {
  /** `POST`, `PUT`, `PATCH` or `DELETE`. */
  readonly method: string;
  /** Service and path of the object or method, without query: `compute/projects/p/global/urlMaps/m`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  /** HTTP status of the answer. */
  readonly status: number;
  /** What each watched host name is served, after the call. */
  readonly serving: Readonly<Record<string, Serving>>;
}

/** What a client gets that asks a load balancer for a host name: the state of the best certificate, or `"nothing"`. */
export type Serving = "ACTIVE" | "PROVISIONING" | "nothing";

/** A running server and what tests do with it. */
export interface GoogleApi {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  /** The override that sends the google provider here instead of to Google, for every provider block. */
  override(configuration: Json): Json;
  /** Every call that was no reading, in the order the server saw them. */
  log(): readonly GoogleCall[];
  clearLog(): void;
  /** Everything the server holds, by service and path. */
  objects(): Readonly<Record<string, Json>>;
  /** Puts an object there, or changes its fields, behind Terraform's back. Zones of Cloud DNS must be there first. */
  put(path: string, fields: Json): void;
  /** Takes an object away behind Terraform's back. */
  take(path: string): void;
  /** Host names for which every call notes what is served. */
  watch(hosts: readonly string[]): void;
  /** What a client is served now. */
  serving(host: string): Serving;
  /**
   * What answers a request, followed from the forwarding rule of the port over its proxy and its URL map.
   *
   * @returns the path of a backend service, or `redirect`; `undefined` where nothing listens
   * @throws where the chain is broken, or rules of one port lead to different answers
   */
  servedBy(host: string, path: string, port?: 80 | 443): string | undefined;
  /**
   * Lets Google issue: certificates of Certificate Manager whose every authorization has its record in Cloud DNS become
   * ACTIVE, and Compute's whose proxy is reached.
   *
   * @param options.recordsElsewhere whether records are with another DNS host and stand @default false
   * @returns names of the certificates that stay PROVISIONING
   */
  issue(options?: { recordsElsewhere?: boolean }): readonly string[];
  /**
   * Refuses calls until told otherwise; `undefined` for none.
   *
   * @param matches - decides by method and path, with the verb of custom methods (`...:activate`)
   * @param status - 503 says that it may pass, 403 that it will not @default 503
   */
  fail(matches: ((method: string, path: string) => boolean) | undefined, status?: 403 | 503): void;
  stop(): Promise<void>;
}

/** An error as Google's APIs answer it. */
class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** An answer: a resource, an operation, or a list. */
type Answer = Json;

interface Request {
  readonly method: string;
  readonly service: string;
  /** Below the service's version, such as `projects/p/global/urlMaps/m`. */
  readonly path: string;
  /** The part of the last segment after a colon: `enable`. */
  readonly verb: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** Where Compute says that its objects are. */
const computeRoot = "https://www.googleapis.com/compute/v1/";

/**
 * Starts an in-memory Google on a free loopback port: it stores what is posted and patched, answers with operations that
 * are done, refuses what refers to nothing and the deletion of what something refers to, and logs calls in their order.
 * It proves order and blast radius. It issues nothing by itself: see {@link GoogleApi.issue}; what the Certificate
 * Authority Service signs is a text.
 */
export async function startGoogleApi(): Promise<GoogleApi> {
  const store = new Map<string, Json>();
  const burnt = new Set<string>();
  let calls: GoogleCall[] = [];
  let watched: readonly string[] = [];
  let failing: ((method: string, path: string) => boolean) | undefined;
  let failure: 403 | 503 = 503;
  let counter = 0;
  const next = () => {
    counter += 1;
    return counter;
  };

  const known = (key: string): Json => {
    const object = store.get(key);
    if (object === undefined) throw new ApiError(404, "notFound", `The resource '${pathOf(key)}' was not found`);
    return object;
  };
  const users = (key: string): readonly string[] => {
    const names = aliasesOf(key, store.get(key) ?? {});
    return [...store]
      .filter(([other]) => other !== key && !other.startsWith(`${key}/`))
      .filter(([, object]) => textsIn(object).some((text) => names.some((name) => refersTo(text, name))))
      .map(([other]) => other);
  };
  const requireReferences = (body: Json) => {
    for (const text of textsIn(body)) {
      const [, path = ""] =
        /(?:^|\/)(projects\/[^/]+\/(?:global|regions\/[^/]+|zones\/[^/]+)\/[^/]+\/[^/]+)$/.exec(text) ?? [];
      const kind = path.split("/").at(-2) ?? "";
      if (made.has(kind)) known(`compute/${path}`);
      const [, map] = /^\/\/certificatemanager\.googleapis\.com\/(.+)$/.exec(text) ?? [];
      if (map !== undefined) known(`certificatemanager/${map}`);
    }
  };

  const compute = ({ method, path, body }: Request): Answer => {
    const parts = path.split("/");
    const method_ = parts.at(-1) ?? "";
    const custom = customMethods[method_];
    const operation = (target: string, type: string): Answer => ({
      kind: "compute#operation",
      id: String(next()),
      name: `operation-${counter}`,
      operationType: type,
      status: "DONE",
      progress: 100,
      targetLink: `${computeRoot}${target}`,
    });
    if (method_ === "listNetworkEndpoints") {
      const { endpoints = [] } = known(`compute/${parts.slice(0, -1).join("/")}`) as { endpoints?: Json[] };
      return { kind: "compute#list", items: endpoints.map((networkEndpoint) => ({ networkEndpoint })) };
    }
    if (method === "POST" && custom !== undefined) {
      const target = parts.slice(0, -1).join("/");
      const object = known(`compute/${target}`);
      requireReferences(body);
      store.set(`compute/${target}`, custom(object, qualified(body) as Json));
      return operation(target, method_);
    }
    const key = `compute/${path}`;
    if (method === "POST") {
      const { name } = body as { name: string };
      const target = `${path}/${name}`;
      if (store.has(`compute/${target}`)) {
        throw new ApiError(409, "alreadyExists", `The resource '${target}' already exists`);
      }
      requireReferences(body);
      store.set(`compute/${target}`, { ...createdFields(target, next()), ...(qualified(body) as Json) });
      return operation(target, "insert");
    }
    if (method === "DELETE") {
      known(key);
      const [user] = users(key);
      if (user !== undefined) {
        throw new ApiError(
          400,
          "resourceInUseByAnotherResource",
          `The ${parts.at(-2)} resource '${path}' is already being used by '${pathOf(user)}'`,
        );
      }
      store.delete(key);
      return operation(path, "delete");
    }
    const object = known(key);
    if (method === "GET") return object;
    requireReferences(body);
    const { id, creationTimestamp, selfLink, kind } = object;
    const kept = method === "PATCH" ? object : { id, creationTimestamp, selfLink, kind };
    store.set(key, withoutNulls({ ...kept, ...(qualified(body) as Json), fingerprint: fingerprint(next()) }));
    return operation(path, method === "PATCH" ? "patch" : "update");
  };

  const certificateManager = ({ method, path, query, body }: Request): Answer => {
    const done = (response: Json): Answer => ({
      name: `${path.split("/").slice(0, 4).join("/")}/operations/operation-${next()}`,
      done: true,
      response,
    });
    const requireMembers = ({ certificates = [], managed = {} }: Json) => {
      const { dnsAuthorizations = [] } = managed as { dnsAuthorizations?: string[] };
      for (const name of [...(certificates as string[]), ...dnsAuthorizations]) known(`certificatemanager/${name}`);
    };
    if (method === "POST") {
      const id = Object.entries(query).find(([name]) => name.endsWith("Id"))?.[1] ?? "";
      const target = `${path}/${id}`;
      const key = `certificatemanager/${target}`;
      const siblings = [...store].filter(([other]) => other.startsWith(`certificatemanager/${path}/`));
      const twin = (fields: readonly string[]) =>
        siblings.some(([, one]) => fields.some((field) => body[field] !== undefined && one[field] === body[field]));
      if (store.has(key) || (path.endsWith("/certificateMapEntries") && twin(["hostname", "matcher"]))) {
        throw new ApiError(409, "ALREADY_EXISTS", `Resource '${target}' already exists`);
      }
      if (path.includes("/certificateMaps/")) known(`certificatemanager/${path.split("/").slice(0, -1).join("/")}`);
      requireMembers(body);
      const object = {
        ...body,
        name: target,
        createTime: startOfTime,
        updateTime: startOfTime,
        ...computedFields(path, body, next()),
      };
      store.set(key, object);
      return done(object);
    }
    const key = `certificatemanager/${path}`;
    const object = known(key);
    if (method === "GET") return object;
    if (method === "DELETE") {
      const inside = [...store.keys()].filter((other) => other.startsWith(`${key}/`));
      const [user] = [...users(key), ...inside];
      if (user !== undefined) {
        throw new ApiError(
          400,
          "FAILED_PRECONDITION",
          `can't delete ${path}, which is referenced by a resource: it is already being used by '${pathOf(user)}'`,
        );
      }
      store.delete(key);
      return done({});
    }
    requireMembers(body);
    const changed = { ...object, ...masked(body, query.updateMask) };
    store.set(key, changed);
    return done(changed);
  };

  const privateCa = ({ method, path, verb, query, body }: Request): Answer => {
    const key = `privateca/${path}`;
    const done = (response: Json): Answer => ({
      name: `${path.split("/").slice(0, 4).join("/")}/operations/operation-${next()}`,
      done: true,
      response,
    });
    if (verb === "getIamPolicy") {
      known(key);
      return store.get(`${key}:iam`) ?? { etag: fingerprint(0), version: 1 };
    }
    if (verb === "setIamPolicy") {
      known(key);
      const policy = { ...(body.policy as Json), etag: fingerprint(next()) };
      store.set(`${key}:iam`, policy);
      return policy;
    }
    const states: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
      enable: { from: ["STAGED", "DISABLED"], to: "ENABLED" },
      disable: { from: ["ENABLED", "STAGED"], to: "DISABLED" },
      activate: { from: ["AWAITING_USER_ACTIVATION"], to: "STAGED" },
      undelete: { from: ["DELETED"], to: "DISABLED" },
    };
    const change = states[verb ?? ""];
    if (change !== undefined) {
      const object = known(key);
      if (!change.from.includes(String(object.state))) {
        throw new ApiError(400, "FAILED_PRECONDITION", `${path} is ${object.state}, and cannot be changed by ${verb}`);
      }
      const { pemCaCertificate, subordinateConfig } = body;
      const activated =
        pemCaCertificate === undefined ? {} : { pemCaCertificates: [pemCaCertificate], subordinateConfig };
      const changed = { ...object, ...activated, state: change.to };
      store.set(key, changed);
      return done(changed);
    }
    if (verb === "fetch") {
      known(key);
      return { pemCsr: pem("CERTIFICATE REQUEST", path) };
    }
    if (verb === "revoke") {
      const revoked = {
        ...known(key),
        revocationDetails: { revocationState: "CESSATION_OF_OPERATION", revocationTime: startOfTime },
      };
      store.set(key, revoked);
      return revoked;
    }
    if (method === "GET") {
      const object = known(key);
      const [, pool] = /^(.+)\/certificates\/[^/]+$/.exec(key) ?? [];
      if (pool !== undefined && known(pool).tier === "DEVOPS") {
        throw new ApiError(404, "NOT_FOUND", `${path}: pools of the tier DEVOPS keep no certificates`);
      }
      return object;
    }
    const [, collection = ""] = /([^/]+)(?:\/[^/]+)?$/.exec(method === "POST" ? `${path}/new` : path) ?? [];
    if (method === "POST") {
      const id = Object.entries(query).find(([name]) =>
        /^(caPool|certificateAuthority|certificateTemplate|certificate)Id$/.test(name),
      )?.[1];
      const target = `${path}/${id}`;
      if (path.includes("/caPools/")) known(`privateca/${path.split("/").slice(0, -1).join("/")}`);
      if (store.has(`privateca/${target}`) || burnt.has(target)) {
        throw new ApiError(409, "ALREADY_EXISTS", `Resource '${target}' already exists`);
      }
      const object: Json = { ...body, name: target, createTime: startOfTime, updateTime: startOfTime };
      if (collection === "certificateAuthorities") {
        burnt.add(target);
        const selfSigned = body.type === "SELF_SIGNED";
        object.state = selfSigned ? "STAGED" : "AWAITING_USER_ACTIVATION";
        object.tier = known(`privateca/${path.split("/").slice(0, -1).join("/")}`).tier;
        if (selfSigned) object.pemCaCertificates = [pem("CERTIFICATE", target)];
      }
      if (collection === "certificates") {
        const pool = `privateca/${path.split("/").slice(0, -1).join("/")}`;
        const wanted = query.issuingCertificateAuthorityId;
        const authorities = [...store].filter(([other]) => other.startsWith(`${pool}/certificateAuthorities/`));
        const [issuer] =
          authorities.find(([other, { state }]) =>
            wanted === undefined
              ? state === "ENABLED"
              : other.endsWith(`/${wanted}`) && ["ENABLED", "STAGED"].includes(String(state)),
          ) ?? [];
        if (issuer === undefined) {
          throw new ApiError(400, "FAILED_PRECONDITION", `no CA of ${pathOf(pool)} can issue`);
        }
        const template = body.certificateTemplate === undefined ? {} : known(`privateca/${body.certificateTemplate}`);
        requirePermitted(body, known(pool), template);
        // What would outlive its issuer is cut.
        const seconds = Math.min(secondsOf(body.lifetime), secondsOf(store.get(issuer)?.lifetime));
        const notAfterTime = new Date(Date.now() + seconds * 1000).toISOString();
        object.lifetime = `${seconds}s`;
        object.certificateDescription = { subjectDescription: { notAfterTime } };
        object.issuerCertificateAuthority = pathOf(issuer);
        object.pemCertificate = pem("CERTIFICATE", target);
        object.pemCertificateChain = [pem("CERTIFICATE", pathOf(issuer))];
        burnt.add(target);
      }
      store.set(`privateca/${target}`, object);
      // A certificate is made at once, everything else by an operation.
      return collection === "certificates" ? object : done(object);
    }
    const object = known(key);
    if (method === "PATCH") {
      const changed = { ...object, ...masked(body, query.updateMask) };
      store.set(key, changed);
      return done(changed);
    }
    if (collection === "certificateAuthorities") {
      if (object.state === "ENABLED") {
        throw new ApiError(400, "FAILED_PRECONDITION", `${path} is ENABLED; disable it before it is deleted`);
      }
      const active = [...store].some(
        ([, one]) => one.issuerCertificateAuthority === path && one.revocationDetails === undefined,
      );
      if (active && query.ignoreActiveCertificates !== "true") {
        throw new ApiError(400, "FAILED_PRECONDITION", `${path} has certificates that are neither revoked nor ended`);
      }
      if (query.skipGracePeriod === "true") store.delete(key);
      else store.set(key, { ...object, state: "DELETED" });
      return done({});
    }
    // A pool holds even its deleted authorities until their grace period is over.
    const [inside] = [...store.keys()].filter((other) => other.startsWith(`${key}/certificateAuthorities/`));
    if (inside !== undefined) {
      throw new ApiError(400, "FAILED_PRECONDITION", `${path} is already being used by '${pathOf(inside)}'`);
    }
    for (const other of [...store.keys()])
      if (other === key || other.startsWith(`${key}/`) || other === `${key}:iam`) store.delete(other);
    return done({});
  };

  const dns = ({ method, path, query, body }: Request): Answer => {
    const [zone = "", id] = path.split(/\/(?:rrsets|changes)\/?/);
    if (/\/rrsets$/.test(path) && method === "GET") {
      known(`dns/${zone}`);
      const all = [...store].filter(([key]) => key.startsWith(`dns/${zone}/rrsets/`)).map(([, record]) => record);
      const wanted = ({ name, type }: Json) =>
        (query.name === undefined || query.name === name) && (query.type === undefined || query.type === type);
      return { kind: "dns#resourceRecordSetsListResponse", rrsets: all.filter(wanted) };
    }
    if (/\/changes$/.test(path) && method === "POST") {
      known(`dns/${zone}`);
      const { additions = [], deletions = [] } = body as { additions?: Json[]; deletions?: Json[] };
      const key = ({ name, type }: Json) => `dns/${zone}/rrsets/${String(name)}/${String(type)}`;
      for (const record of deletions) known(key(record));
      const gone = deletions.map(key);
      for (const record of additions) {
        if (store.has(key(record)) && !gone.includes(key(record))) {
          throw new ApiError(
            409,
            "alreadyExists",
            `The resource record set '${record.name} (${record.type})' already exists`,
          );
        }
      }
      for (const name of gone) store.delete(name);
      for (const record of additions) store.set(key(record), { kind: "dns#resourceRecordSet", ...record });
      return { kind: "dns#change", id: String(next()), status: "done", startTime: startOfTime, additions, deletions };
    }
    if (/\/changes\//.test(path)) return { kind: "dns#change", id, status: "done", startTime: startOfTime };
    if (method === "POST") {
      const target = `${path}/${String(body.name)}`;
      store.set(`dns/${target}`, {
        kind: "dns#managedZone",
        id: String(next()),
        nameServers: [],
        creationTime: startOfTime,
        ...body,
      });
      return known(`dns/${target}`);
    }
    if (method === "DELETE") {
      known(`dns/${path}`);
      store.delete(`dns/${path}`);
      return {};
    }
    return known(`dns/${path}`);
  };

  const services: Readonly<Record<string, (request: Request) => Answer>> = {
    compute,
    certificatemanager: certificateManager,
    privateca: privateCa,
    dns,
  };

  const certificatesFor = (host: string): readonly (readonly [key: string, object: Json])[] => {
    const rule = [...store].find(
      ([key, { portRange }]) => /\/forwardingRules\//.test(key) && String(portRange).startsWith("443"),
    )?.[1];
    const proxy = [...store].find(([key]) => refersTo(String(rule?.target ?? ""), pathOf(key)))?.[1];
    if (proxy === undefined) return [];
    const { certificateMap, sslCertificates = [] } = proxy as { certificateMap?: string; sslCertificates?: string[] };
    const found = (names: readonly string[]) =>
      [...store].filter(([key]) => names.some((name) => refersTo(name, pathOf(key))));
    // A map, where there is one, is all that counts.
    if (!certificateMap) {
      return found(sslCertificates).filter(([, { managed }]) => ((managed as Json).domains as string[]).includes(host));
    }
    const map = `certificatemanager/${certificateMap.replace("//certificatemanager.googleapis.com/", "")}/certificateMapEntries/`;
    const entries = [...store].filter(([key]) => key.startsWith(map)).map(([, entry]) => entry);
    const entry =
      entries.find(({ hostname }) => hostname === host) ??
      entries.find(({ hostname }) => hostname === host.replace(/^[^.]+/, "*")) ??
      entries.find(({ matcher }) => matcher === "PRIMARY");
    return found((entry?.certificates ?? []) as string[]);
  };
  const serving = (host: string): Serving => {
    const states = certificatesFor(host).map(([, { managed }]) =>
      String((managed as Json).state ?? (managed as Json).status),
    );
    if (states.includes("ACTIVE")) return "ACTIVE";
    return states.length > 0 ? "PROVISIONING" : "nothing";
  };

  const servedBy = (host: string, path: string, port: number): string | undefined => {
    const target = (object: Json, field: string): readonly [path: string, object: Json] => {
      const [, found = ""] = /(projects\/.+)$/.exec(String(object[field])) ?? [];
      return [found, known(`compute/${found}`)];
    };
    const rules = [...store].filter(
      ([key, { portRange }]) =>
        key.includes("/forwardingRules/") && [`${port}`, `${port}-${port}`].includes(String(portRange)),
    );
    const answers = rules.map(([, rule]) => {
      const [, proxy] = target(rule, "target");
      const [, map] = target(proxy, "urlMap") as readonly [string, UrlMap & Json];
      const service = serviceOf(map, host, path);
      if (service === undefined) return map.defaultUrlRedirect?.httpsRedirect === true ? "redirect" : undefined;
      return target({ service }, "service")[0];
    });
    if (new Set(answers).size > 1) throw new Error(`${host}${path} is answered by ${answers.join(" and ")}`);
    return answers[0];
  };

  const handle = (method: string, url: string, body: Json): { readonly status: number; readonly answer: Answer } => {
    const request = parsed(method, url, body);
    // Fetching the request of an authority is a step of its activation.
    const reading = (method === "GET" && request.verb !== "fetch") || /listNetworkEndpoints$/.test(request.path);
    const called = `${request.service}/${request.path}${request.verb === undefined ? "" : `:${request.verb}`}`;
    let status = 200;
    let answer: Answer;
    try {
      if (failing?.(method, called)) {
        throw failure === 503
          ? new ApiError(503, "backendError", "try again")
          : new ApiError(403, "PERMISSION_DENIED", `Permission denied on ${called}`);
      }
      const service = services[request.service];
      if (service === undefined) throw new ApiError(404, "notFound", `no service ${request.service} here: ${url}`);
      answer = service(request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { reason, message } = error;
      status = error.status;
      answer = { error: { code: status, message, status: reason, errors: [{ message, domain: "global", reason }] } };
    }
    if (!reading) {
      const states = Object.fromEntries(watched.map((host) => [host, serving(host)]));
      calls.push({ method, path: called, query: request.query, body, status, serving: states });
    }
    return { status, answer };
  };

  const server = createServer((incoming, outgoing) => {
    void readBody(incoming).then((text) => {
      const body = text.trim() === "" ? {} : ((JSON.parse(text) as Json | null) ?? {});
      const { status, answer } = handle(incoming.method ?? "GET", incoming.url ?? "/", body);
      outgoing.writeHead(status, { "Content-Type": "application/json" });
      outgoing.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    endpoint,
    override: (configuration) => {
      const { google } = (configuration.provider ?? {}) as { google?: Json | Json[] };
      if (google === undefined) return {};
      const replaced = (block: Json) => ({
        ...(block.alias ? { alias: block.alias } : {}),
        ...providerArguments(endpoint),
      });
      return { provider: { google: [google].flat().map(replaced) } };
    },
    log: () => calls,
    clearLog: () => {
      calls = [];
    },
    objects: () => Object.fromEntries([...store].sort(([one], [other]) => (one < other ? -1 : 1))),
    put: (path, fields) => {
      store.set(path, { ...(store.get(path) ?? initialFields(path)), ...fields });
    },
    take: (path) => {
      store.delete(path);
    },
    watch: (hosts) => {
      watched = hosts;
    },
    serving,
    servedBy: (host, path, port = 443) => servedBy(host, path, port),
    issue: ({ recordsElsewhere = false } = {}) => {
      const pending: string[] = [];
      for (const [key, object] of store) {
        const { managed, name } = object as { managed?: Json; name?: string };
        if (managed === undefined) continue;
        if (key.startsWith("compute/")) {
          const attached = users(key).length > 0;
          if (attached) store.set(key, { ...object, managed: { ...managed, status: "ACTIVE" }, expireTime: endOfTime });
          else pending.push(String(name));
        } else {
          const { dnsAuthorizations = [] } = managed as { dnsAuthorizations?: string[] };
          const proved = dnsAuthorizations.every((authorization) => {
            const { dnsResourceRecord: record } = known(`certificatemanager/${authorization}`) as {
              dnsResourceRecord: Json;
            };
            return [...store.values()].some(
              ({ name: owner, type, rrdatas }) =>
                owner === record.name && type === record.type && (rrdatas as string[]).includes(String(record.data)),
            );
          });
          if (proved || recordsElsewhere) store.set(key, { ...object, managed: { ...managed, state: "ACTIVE" } });
          else pending.push(String(name));
        }
      }
      return pending;
    },
    fail: (matches, status = 503) => {
      failing = matches;
      failure = status;
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Arguments with which the google provider speaks to the server alone. */
function providerArguments(endpoint: string): Json {
  return {
    access_token: "x",
    project: "test-project",
    region: "europe-west1",
    compute_custom_endpoint: `${endpoint}/compute/v1/`,
    certificate_manager_custom_endpoint: `${endpoint}/certificatemanager/v1/`,
    privateca_custom_endpoint: `${endpoint}/privateca/v1/`,
    // Its client takes "/dns/" out, and panics where no path is left.
    dns_custom_endpoint: `${endpoint}/x//dns/v1/`,
  };
}

const secondsOf = (duration: unknown) =>
  duration === undefined ? Number.POSITIVE_INFINITY : parseInt(String(duration), 10);

/**
 * Refuses what a pool's issuance policy and a template do not let through, as the API's reference says: the smaller of
 * both maximum lifetimes; an extension that both set; and one that the pool sets and the template does not pass.
 */
function requirePermitted(body: Json, pool: Json, template: Json): void {
  const refused = (why: string) => new ApiError(400, "INVALID_ARGUMENT", why);
  const {
    maximumLifetime,
    baselineValues = {},
    allowedIssuanceModes,
  } = (pool.issuancePolicy ?? {}) as Json & {
    baselineValues?: Json;
    allowedIssuanceModes?: Json;
  };
  const most = Math.min(secondsOf(maximumLifetime), secondsOf(template.maximumLifetime));
  if (secondsOf(body.lifetime) > most) throw refused(`lifetime ${body.lifetime} is more than the ${most}s allowed`);
  if (allowedIssuanceModes !== undefined && body.pemCsr !== undefined && !allowedIssuanceModes.allowCsrBasedIssuance) {
    throw refused("certificates from requests are not allowed");
  }
  const { predefinedValues = {}, passthroughExtensions } = template as {
    predefinedValues?: Json;
    passthroughExtensions?: { knownExtensions?: string[] };
  };
  for (const extension of extensionsIn(baselineValues)) {
    if (extensionsIn(predefinedValues).includes(extension)) throw refused(`pool and template both set ${extension}`);
    if (passthroughExtensions !== undefined && !passthroughExtensions.knownExtensions?.includes(extension)) {
      throw refused(`the pool sets ${extension}, which the template does not pass`);
    }
  }
}

/** Extensions that X.509 parameters set, by the names that templates have for them. */
function extensionsIn({ keyUsage, caOptions, nameConstraints }: Json): readonly string[] {
  const { baseKeyUsage, extendedKeyUsage } = (keyUsage ?? {}) as Json;
  const all = {
    BASE_KEY_USAGE: baseKeyUsage,
    EXTENDED_KEY_USAGE: extendedKeyUsage,
    CA_OPTIONS: caOptions,
    NAME_CONSTRAINTS: nameConstraints,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && Object.values(value).some((one) => one !== null) ? [name] : [],
  );
}

/** Kinds of Compute objects that only an apply makes, so that a reference to one that is not there is a mistake. */
const made: ReadonlySet<string> = new Set([
  "addresses",
  "backendServices",
  "healthChecks",
  "networkEndpointGroups",
  "sslCertificates",
  "sslPolicies",
  "targetHttpProxies",
  "targetHttpsProxies",
  "urlMaps",
]);

/** Methods of Compute that change one field of an object. */
const customMethods: Readonly<Record<string, (object: Json, body: Json) => Json>> = {
  setLabels: (object, { labels }) => ({
    ...object,
    labels,
    labelFingerprint: fingerprint(Object.keys(labels ?? {}).length),
  }),
  setUrlMap: (object, { urlMap }) => ({ ...object, urlMap }),
  setTarget: (object, { target }) => ({ ...object, target }),
  setSslCertificates: (object, { sslCertificates = [] }) => ({ ...object, sslCertificates }),
  setCertificateMap: (object, { certificateMap }) =>
    withoutNulls({ ...object, certificateMap: certificateMap ?? null }),
  setSslPolicy: (object, { sslPolicy }) => withoutNulls({ ...object, sslPolicy: sslPolicy ?? null }),
  setQuicOverride: (object, { quicOverride }) => ({ ...object, quicOverride }),
  setSecurityPolicy: (object, { securityPolicy }) =>
    withoutNulls({ ...object, securityPolicy: securityPolicy ?? null }),
  attachNetworkEndpoints: (object, { networkEndpoints = [] }) => ({
    ...object,
    endpoints: [...((object.endpoints as Json[] | undefined) ?? []), ...(networkEndpoints as Json[])],
  }),
  detachNetworkEndpoints: (object, { networkEndpoints = [] }) => {
    const same = (one: Json, other: Json) => one.ipAddress === other.ipAddress && one.port === other.port;
    const gone = networkEndpoints as Json[];
    return {
      ...object,
      endpoints: ((object.endpoints as Json[] | undefined) ?? []).filter(
        (one) => !gone.some((other) => same(one, other)),
      ),
    };
  },
};

const startOfTime = "2026-01-01T00:00:00.000000000Z";
const endOfTime = "2026-04-01T00:00:00.000-07:00";

function parsed(method: string, url: string, body: Json): Request {
  const { pathname, searchParams } = new URL(url.replace(/\/{2,}/g, "/"), "http://localhost");
  const [service = "", , ...rest] = decodeURIComponent(pathname)
    .replace(/^\/x\/(v1\/)?/, "/")
    .slice(1)
    .split("/");
  const query = Object.fromEntries([...searchParams].filter(([name]) => name !== "alt" && name !== "prettyPrint"));
  // Two methods of proxies have a path without "global".
  const joined = rest.join("/").replace(/^(projects\/[^/]+)\/(target\w+Proxies\/)/, "$1/global/$2");
  const colon = service === "privateca" ? joined.lastIndexOf(":") : -1;
  const path = colon < 0 ? joined : joined.slice(0, colon);
  return { method, service, path, verb: colon < 0 ? undefined : joined.slice(colon + 1), query, body };
}

/** What Compute adds to an object that it makes. */
function createdFields(path: string, number: number): Json {
  const kind = path.split("/").at(-2) ?? "";
  return {
    kind: `compute#${kind}`,
    id: String(1_000_000 + number),
    creationTimestamp: "2026-01-01T00:00:00.000-08:00",
    selfLink: `${computeRoot}${path}`,
    fingerprint: fingerprint(number),
    labelFingerprint: fingerprint(0),
    ...initialFields(`compute/${path}`, number),
  };
}

function initialFields(key: string, number = 1): Json {
  if (/\/addresses\//.test(key)) return { address: `203.0.113.${number % 250}` };
  if (/\/sslCertificates\//.test(key)) return { type: "MANAGED" };
  return {};
}

/** What Certificate Manager adds to an object that it makes. */
function computedFields(path: string, body: Json, number: number): Json {
  const kind = path.split("/").at(-1);
  if (kind === "dnsAuthorizations") {
    const label =
      body.type === "PER_PROJECT_RECORD" ? `_acme-challenge_${String(number).padStart(12, "a")}` : "_acme-challenge";
    const data = `${number}.1.authorize.certificatemanager.goog.`;
    return { dnsResourceRecord: { name: `${label}.${String(body.domain)}.`, type: "CNAME", data } };
  }
  if (kind === "certificates") {
    const managed = body.managed as Json | undefined;
    return managed === undefined
      ? {}
      : { managed: { ...managed, state: "PROVISIONING" }, sanDnsnames: managed.domains };
  }
  return kind === "certificateMapEntries" ? { state: "ACTIVE" } : {};
}

/** References as Compute gives them back: whole addresses, whatever was sent. Also lets managed certificates wait. */
function qualified(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith("projects/") ? `${computeRoot}${value}` : value;
  if (Array.isArray(value)) return value.map(qualified);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, qualified(inner)]));
  const { managed } = copy as { managed?: Json };
  return managed?.domains === undefined ? copy : { ...copy, managed: { status: "PROVISIONING", ...managed } };
}

/** Fields named by an update mask; all of them without one. */
function masked(body: Json, mask: string | undefined): Json {
  if (mask === undefined) return body;
  return Object.fromEntries(
    mask
      .split(",")
      .map((path) => path.split(".")[0] ?? "")
      .map((name) => [name, body[name]]),
  );
}

/** How other objects may name one: by its path, and a reserved address by its number too. */
function aliasesOf(key: string, object: Json): readonly string[] {
  return [pathOf(key), ...(/\/addresses\//.test(key) ? [String(object.address)] : [])];
}

const pathOf = (key: string) => key.slice(key.indexOf("/") + 1);
const refersTo = (text: string, path: string) => text === path || text.endsWith(`/${path}`);
const fingerprint = (number: number) => Buffer.from(String(number).padStart(8, "0")).toString("base64");
const pem = (kind: string, text: string) =>
  `-----BEGIN ${kind}-----\n${Buffer.from(text).toString("base64")}\n-----END ${kind}-----\n`;
const withoutNulls = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

/** Every text in a value. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
