import util from "node:util";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import {
  TerraformDataSource,
  TerraformLocal,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformVariable,
} from "cdktf";
import { Construct } from "constructs";
import * as fc from "fast-check";
import type { BackendConfig } from "../../../lib/config/backend";
import { ExpiryCheck } from "../../../lib/constructs/check";
import { backendAttributes, StateBackend, type StateKey } from "../../../lib/constructs/state-backend";
import { goodConfig } from "../../support/configs";
import { runs } from "../../support/runs";
import { addresses, probeJson, settingsWith, synthesizedTexts } from "../../support/synthesis";

/** A resource of a provider that is not there: what matters here is its address. */
const thing = (scope: Construct, id: string) => new TerraformResource(scope, id, { terraformResourceType: "x_thing" });

describe("addresses", () => {
  const addressOf = (make: (stack: Construct) => void) => addresses(probeJson(make));

  test("are the ids on the path, readable and without a hash however deep, with _ for the dots of DNS names", () => {
    expect(
      addressOf((stack) => {
        thing(stack, "alone");
        thing(new Construct(new Construct(stack, "outer"), "inner"), "a-b.example.com");
      }),
    ).toEqual(["x_thing.alone", "x_thing.outer_inner_a-b_example_com"]);
  });

  test("of an element that has its own type as id are the construct's around it", () => {
    const make = (stack: Construct) => thing(new Construct(stack, "ingest"), "x_thing");
    expect(addressOf(make)).toEqual(["x_thing.ingest"]);
  });

  test("keep apart what the framework would fold into one", () => {
    const ids = ["a.b", "a-b", "ab", "a_.b", "A-b"];
    expect(
      addressOf((stack) => {
        for (const id of ids) thing(stack, id);
      }),
    ).toHaveLength(ids.length);
  });

  test("of one name are no clash if they are of different types or kinds", () => {
    expect(
      addressOf((stack) => {
        const [one, other] = [new Construct(stack, "one"), new Construct(stack, "other")];
        new TerraformResource(one, "x_thing", { terraformResourceType: "x_thing" });
        new TerraformResource(one, "x_other", { terraformResourceType: "x_other" });
        new TerraformDataSource(one, "x_data", { terraformResourceType: "x_data" });
        new TerraformResource(other, "x_thing", { terraformResourceType: "x_thing" });
        new TerraformDataSource(stack, "one_x.thing", { terraformResourceType: "x_thing" });
      }),
    ).toEqual(["data.x_data.one", "data.x_thing.one_x_thing", "x_other.one", "x_thing.one", "x_thing.other"]);
  });

  const check = { certificate: "c", notAfter: "x", before: 1, advice: "a" };
  test.each<[string, (scope: Construct, id: string) => unknown]>([
    ["x_thing", thing],
    ["data.x_thing", (scope, id) => new TerraformDataSource(scope, id, { terraformResourceType: "x_thing" })],
    ["output", (scope, id) => new TerraformOutput(scope, id, { value: id })],
    ["var", (scope, id) => new TerraformVariable(scope, id, {})],
    ["local", (scope, id) => new TerraformLocal(scope, id, id)],
    ["check", (scope, id) => new ExpiryCheck(scope, id, check)],
  ])("that clash are an error with both paths, since one %s would be lost without a word", (kind, make) => {
    const clashing = () =>
      addressOf((stack) => {
        make(stack, "a_b");
        make(new Construct(stack, "a"), "b");
      });
    expect(clashing).toThrow(`probe/a_b and probe/a/b have one Terraform address, ${kind}.a_b; rename one of them`);
  });

  test.each(["*.example.com", "bücher.example", "1st", "a b", "a$b"])(
    "cannot be made of the id %j, which is an error",
    (id) => {
      expect(() => addressOf((stack) => thing(stack, id))).toThrow(
        /^probe\/.*: ".*" cannot be a Terraform address; give the construct another id$/,
      );
    },
  );
});

describe("providers", () => {
  const all = (stack: Construct) => {
    new AwsProvider(stack, "p_aws", { region: "eu-west-1" });
    new AwsProvider(stack, "p_aws_other", { region: "us-east-1", alias: "other" });
    new GoogleProvider(stack, "p_google");
    new KubernetesProvider(stack, "p_kubernetes");
    new TlsProvider(stack, "p_tls");
    new VaultProvider(stack, "p_vault", { address: "https://vault.example.com" });
  };
  const required = (settings = settingsWith()) => probeJson(all, settings).terraform.required_providers;

  test("have a source that OpenTofu finds as well, and take fixes of the version that the binding was made from", () => {
    const names = ["aws", "google", "kubernetes", "tls", "vault"];
    const made = names.map((name) => {
      const binding = require(`@cdktf/provider-${name}/package.json`) as { cdktf: { provider: { version: string } } };
      const [major, minor] = binding.cdktf.provider.version.split(".");
      return [name, { source: `hashicorp/${name}`, version: `~> ${major}.${minor}` }];
    });
    expect(required()).toEqual(Object.fromEntries(made));
  });

  test("are of another version if the config says so, one by one", () => {
    const changed = required(settingsWith({ providers: { aws: "5.100.0", vault: ">= 5.6, < 5.8" } }));
    expect(changed).toEqual({
      ...required(),
      aws: { source: "hashicorp/aws", version: "5.100.0" },
      vault: { source: "hashicorp/vault", version: ">= 5.6, < 5.8" },
    });
  });

  test("whose source is not written down are an error: without one, Terraform would look for hashicorp/<name>", () => {
    class AcmeProvider extends TerraformProvider {}
    const acme = (stack: Construct) => new AcmeProvider(stack, "p_acme", { terraformResourceType: "acme" });
    expect(() => probeJson(acme)).toThrow(
      "probe/p_acme: the source of the provider acme is not known; add it to lib/config/providers.ts",
    );
  });

  test("that a stack does not have are not asked for", () => {
    expect(probeJson((stack) => new TlsProvider(stack, "p_tls")).terraform.required_providers).toHaveProperty("tls");
    expect(probeJson(() => undefined).terraform.required_providers).toBeUndefined();
  });
});

describe("the oldest Terraform", () => {
  const s3: BackendConfig = { type: "s3", bucket: "state", region: "eu-west-1" };
  const vault = (stack: Construct) => new VaultProvider(stack, "p_vault", { address: "https://vault.example.com" });
  const tls = (stack: Construct) => new TlsProvider(stack, "p_tls");
  test.each<[string, string, (stack: Construct) => unknown, BackendConfig]>([
    [">= 1.5", "check blocks, which every stack may have", tls, { type: "local" }],
    [">= 1.5", "a backend that locks by itself", tls, { type: "gcs", bucket: "state" }],
    [">= 1.10", "the locking of S3", tls, s3],
    [">= 1.11", "the Vault provider 5", vault, { type: "local" }],
    [">= 1.11", "both, the higher", vault, s3],
  ])("is %s for %s", (version, _, build, backend) => {
    expect(probeJson(build, settingsWith({ backend })).terraform.required_version).toBe(version);
  });
});

describe("labels", () => {
  test("say what made a thing, after the config's own", () => {
    const settings = settingsWith({ labels: { team: "ml-platform" } });
    let labels: unknown;
    probeJson((stack) => {
      ({ labels } = stack as unknown as { readonly labels: unknown });
    }, settings);
    expect(labels).toEqual({
      team: "ml-platform",
      project: "ai-platform",
      environment: "test",
      stack: "probe",
      "managed-by": "terraform",
    });
  });
});

describe("the state", () => {
  const kmsKey = "projects/p/locations/europe-west1/keyRings/state/cryptoKeys/terraform";
  const backends: readonly (readonly [BackendConfig, object])[] = [
    [{ type: "local" }, { path: "../../../state/test/probe.tfstate" }],
    [
      { type: "s3", bucket: "state", region: "eu-west-1" },
      { bucket: "state", key: "ai-platform/test/probe", region: "eu-west-1", encrypt: true, use_lockfile: true },
    ],
    [
      { type: "s3", bucket: "state", region: "eu-west-1", kmsKeyId: "alias/state", keyPrefix: "tls/all" },
      {
        bucket: "state",
        key: "tls/all/ai-platform/test/probe",
        region: "eu-west-1",
        encrypt: true,
        use_lockfile: true,
        kms_key_id: "alias/state",
      },
    ],
    [
      { type: "gcs", bucket: "state" },
      { bucket: "state", prefix: "ai-platform/test/probe" },
    ],
    [
      { type: "gcs", bucket: "state", prefix: "tls", kmsKey },
      { bucket: "state", prefix: "tls/ai-platform/test/probe", kms_encryption_key: kmsKey },
    ],
    [
      { type: "azurerm", resourceGroup: "group", storageAccount: "account", container: "tfstate" },
      {
        resource_group_name: "group",
        storage_account_name: "account",
        container_name: "tfstate",
        key: "ai-platform/test/probe",
      },
    ],
    [
      { type: "http", address: "https://state.example.com/tls/" },
      { address: "https://state.example.com/tls/ai-platform/test/probe" },
    ],
    [
      { type: "http", address: "https://state.example.com", lockAddress: "https://locks.example.com/l" },
      {
        address: "https://state.example.com/ai-platform/test/probe",
        lock_address: "https://locks.example.com/l/ai-platform/test/probe",
        unlock_address: "https://locks.example.com/l/ai-platform/test/probe",
      },
    ],
    [
      { type: "kubernetes", namespace: "terraform", encryptedAtRest: true },
      { namespace: "terraform", secret_suffix: "ai-platform.test.probe" },
    ],
  ];

  test.each(backends)("in %j is written as Terraform takes it, with no path of this machine", (backend, written) => {
    const { terraform } = probeJson(() => undefined, settingsWith({ backend }));
    expect(terraform.backend).toEqual({ [backend.type]: written });
    expect(terraform).not.toHaveProperty("cloud");
  });

  test("in HCP Terraform has a block of its own, and no backend besides", () => {
    const cloud = { type: "cloud", organization: "example" } as const;
    const plain = probeJson(() => undefined, settingsWith({ backend: cloud }));
    expect(plain.terraform).not.toHaveProperty("backend");
    expect(plain.terraform.cloud).toEqual({ organization: "example", workspaces: { name: "ai-platform_test_probe" } });
    expect(plain["//"].metadata).toMatchObject({ backend: "cloud", cloud: "tfc" });
    const inProject = probeJson(() => undefined, settingsWith({ backend: { ...cloud, project: "AI platform" } }));
    expect(inProject.terraform.cloud?.workspaces).toEqual({ name: "ai-platform_test_probe", project: "AI platform" });
  });

  test("of two stacks is never one: its key loses neither project nor environment nor stack", () => {
    const part = fc.constantFrom("a", "b", "a-b", "b-a", "a-a", "prod", "prod-a");
    const key: fc.Arbitrary<StateKey> = fc.record({ project: part, environment: part, stack: part });
    const place = (backend: BackendConfig, key: StateKey) => JSON.stringify(backendAttributes(backend, key));
    const types: readonly BackendConfig[] = [
      ...backends.map(([backend]) => backend),
      { type: "cloud", organization: "example" },
    ];
    expect(new Set(types.map(({ type }) => type)).size).toBe(7);
    fc.assert(
      fc.property(fc.constantFrom(...types), key, key, (backend, one, other) => {
        // A local state lies beside the project's own folder, so the project is not in its name.
        const same = backend.type === "local" ? { ...other, project: one.project } : other;
        const equal = JSON.stringify(one) === JSON.stringify({ ...one, ...same });
        expect(place(backend, one) === place(backend, same)).toBe(equal);
      }),
      runs(200),
    );
  });

  test("of one stack is not read by another, which would tie their lives together", () => {
    const read = (stack: Construct) =>
      stack.node.children.find((child) => child instanceof StateBackend)?.getRemoteStateDataSource();
    expect(() => probeJson(read)).toThrow("stacks do not read each other's state; pass the value through the config");
  });
});

test("no output asks Node for what it has deprecated: Node 22 and newer would warn at every command", () => {
  const deprecated = jest.spyOn(util, "isArray");
  try {
    expect(Object.keys(synthesizedTexts(goodConfig()))).toEqual(["web"]);
    expect(deprecated).not.toHaveBeenCalled();
  } finally {
    deprecated.mockRestore();
  }
});
