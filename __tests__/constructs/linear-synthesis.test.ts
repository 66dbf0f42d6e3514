import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import {
  Annotations,
  App,
  Aspects,
  conditional,
  Fn,
  type IResolvable,
  type IResolveContext,
  Lazy,
  LocalBackend,
  Op,
  propertyAccess,
  S3Backend,
  TerraformAsset,
  TerraformCount,
  TerraformDataSource,
  TerraformHclModule,
  TerraformIterator,
  TerraformLocal,
  TerraformOutput,
  TerraformResource,
  type TerraformResourceConfig,
  TerraformStack,
  TerraformVariable,
  Token,
} from "cdktf";
import { Construct } from "constructs";
import * as fc from "fast-check";
import { LinearSynthesizer, withoutTokenStackTraces } from "../../lib/linear-synthesis";

type Json = Record<string, unknown>;

/** What the framework is told by `terraform version`, which it asks about `moved` and `import` blocks. */
let mockTerraformVersion = "1.9.0";

jest.mock("child_process", () => ({
  ...jest.requireActual("child_process"),
  execSync: () => `Terraform v${mockTerraformVersion}`,
}));

/** Skips the framework's preparing resolve, and with it everything that a first resolve might leave for a second. */
class UnpreparedStack extends TerraformStack {
  override prepareStack(): void {
    this.ensureBackendExists();
  }
}

/** Any resource: its attributes are written as they are. */
class Thing extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: Json,
    more: Partial<TerraformResourceConfig> = {},
  ) {
    super(scope, id, { terraformResourceType: "test_thing", ...more });
  }

  protected override synthesizeAttributes(): Json {
    return this.attributes;
  }
}

interface Outcome {
  error?: string;
  /** What was written, by path below the output folder. */
  files: Record<string, string>;
}

/** The framework's registry of tokens. */
const { __cdktfTokenMap: tokenMap } = globalThis as unknown as { __cdktfTokenMap: { tokenCounter: number } };

interface Way {
  Stack: typeof TerraformStack;
  synthesizer(stack: TerraformStack): TerraformStack["synthesizer"];
}

const framework: Way = { Stack: TerraformStack, synthesizer: (stack) => stack.synthesizer };
const linear: Way = { Stack: UnpreparedStack, synthesizer: (stack) => new LinearSynthesizer(stack) };
const linearPrepared: Way = { ...linear, Stack: TerraformStack };

type Build = (app: App, newStack: (scope: Construct, id: string) => TerraformStack) => void;

function outcome(way: Way, build: Build, options: { skipValidation?: boolean } = {}): Outcome {
  const outdir = mkdtempSync(join(tmpdir(), "synthesis-"));
  // Text in which a token is not recognized shows the token's number, which goes on from test to test.
  tokenMap.tokenCounter = 0;
  let error: string | undefined;
  try {
    const app = new App({ outdir, ...options });
    build(app, (scope, id) => {
      const stack = new way.Stack(scope, id);
      stack.synthesizer = way.synthesizer(stack);
      return stack;
    });
    app.synth();
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const paths = readdirSync(outdir, { recursive: true }).map(String).sort();
  const files = paths.filter((path) => statSync(join(outdir, path)).isFile());
  // An annotation made by an aspect is traced through the synthesizer.
  const read = (path: string) => readFileSync(join(outdir, path), "utf8").replace(/\n.*"LinearSynthesizer\..*/, "");
  const contents = files.map((path) => [path, read(path)]);
  rmSync(outdir, { recursive: true });
  return { ...(error === undefined ? {} : { error }), files: Object.fromEntries(contents) };
}

/** Builds the same twice and requires the same files, byte by byte, or the same error. */
function expectSame(build: Build, way = linear, options: { skipValidation?: boolean } = {}): Outcome {
  // One call for both, so that stack traces in what is written are the same too.
  const [expected, actual] = [framework, way].map((each) => outcome(each, build, options)) as [Outcome, Outcome];
  if (expected.error === undefined) expect(actual).toEqual(expected);
  else expect(actual.error).toBe(expected.error);
  return expected;
}

function inStack(build: (stack: TerraformStack) => void): Build {
  return (app, newStack) => build(newStack(app, "main"));
}

/** The configuration of the stack `main`. */
function configuration(result: Outcome) {
  expect(result.error).toBeUndefined();
  return JSON.parse(result.files[join("stacks", "main", "cdk.tf.json")] ?? "null");
}

const lazy = (value: unknown) => Lazy.anyValue({ produce: () => value });
const token = (stack: TerraformStack, name = "token") =>
  new TerraformVariable(stack, name, { type: "string" }).stringValue;

describe("writes what the framework writes", () => {
  const cases: Record<string, (stack: TerraformStack) => void> = {
    "an empty stack": () => {},

    "a stack without a backend": (stack) => {
      stack.prepareStack = () => {};
    },

    "certificates, with their provider's aliases and timeouts": (stack) => {
      const here = new AwsProvider(stack, "here", { region: "eu-central-1", defaultTags: [{ tags: { Name: "ü" } }] });
      const there = new AwsProvider(stack, "there", { region: "us-east-1", alias: "there" });
      const zone = new DataAwsRoute53Zone(stack, "zone", { name: "example.com", provider: here });
      const scope = new Construct(stack, "certificate");
      const certificate = new AcmCertificate(scope, "certificate", {
        domainName: "example.com",
        validationMethod: "DNS",
        provider: there,
        lifecycle: { createBeforeDestroy: true, ignoreChanges: ["tags"], replaceTriggeredBy: [zone] },
        tags: { Name: token(stack), camelCase: "kept" },
      });
      const options = TerraformIterator.fromComplexList(certificate.domainValidationOptions, "domain_name");
      const record = new Route53Record(scope, "record", {
        forEach: options,
        zoneId: zone.zoneId,
        name: options.getString("resource_record_name"),
        type: certificate.domainValidationOptions.get(0).resourceRecordType,
        records: [certificate.domainValidationOptions.get(0).resourceRecordValue],
        ttl: 60,
      });
      new AcmCertificateValidation(scope, "validation", {
        certificateArn: certificate.arn,
        validationRecordFqdns: Token.asList(`\${[for record in ${record.fqn} : record.fqdn]}`),
        timeouts: { create: "5m" },
        dependsOn: [record],
      });
    },

    "provisioners and connections": (stack) => {
      const connection = { type: "ssh" as const, host: token(stack, "host"), user: "root" };
      const provisioners = [
        { type: "local-exec" as const, command: `echo ${token(stack)} \${each.key} 100%` },
        { type: "remote-exec" as const, inline: ["true"], connection },
      ];
      new Thing(stack, "thing", { name: "x" }, { provisioners, connection });
    },

    "iterators, dynamic blocks, for_each and count": (stack) => {
      const list = TerraformIterator.fromList(["a", "b"]);
      const map = TerraformIterator.fromMap({ one: { name: "1", size: 1 }, two: { name: token(stack), size: 2 } });
      const first = new Thing(stack, "first", { name: list.value, upper: Fn.upper(list.key) }, { forEach: list });
      const block = map.dynamic({ name: map.getString("name"), size: map.getNumber("size"), deep: { key: map.key } });
      new Thing(stack, "second", { plain: { inner: block }, block, list: map.keys() });
      new Thing(stack, "third", { name: TerraformIterator.fromResources(first).value }, { forEach: list });
      const count = TerraformCount.of(Fn.lengthOf(list.values()));
      new Thing(stack, "fourth", { name: `x${count.index}`, list: [count.index] }, { count });
      new Thing(stack, "fifth", { for: map.forExpressionForList("val.name"), pluck: list.pluckProperty("id") });
    },

    "data sources": (stack) => {
      const zone = new TerraformDataSource(stack, "zone", { terraformResourceType: "test_zone", count: 2 });
      zone.addOverride("name", `${token(stack)}.`);
      new Thing(stack, "thing", { zone: zone.fqn, id: zone.getStringAttribute("id"), n: zone.getNumberAttribute("n") });
    },

    "outputs, also nested in constructs": (stack) => {
      const scope = new Construct(new Construct(stack, "outer"), "inner");
      const thing = new Thing(scope, "thing", {});
      new TerraformOutput(stack, "output", { value: thing, description: "ünïcode \u2028", sensitive: true });
      new TerraformOutput(scope, "output", {
        value: { a: [thing.getStringAttribute("id"), Token.nullValue()], b: { c: thing } },
      });
      new TerraformOutput(scope, "static", { value: Fn.merge([{ a: 1 }]), staticId: true, dependsOn: [thing] });
      new TerraformOutput(scope, "other", { value: [] }).overrideLogicalId(token(stack));
    },

    "variables and locals": (stack) => {
      const variable = new TerraformVariable(stack, "variable", { default: { camelCase: [1, "x"] }, nullable: false });
      variable.addValidation({ condition: Op.gt(variable.numberValue, 1), errorMessage: "too small" });
      const local = new TerraformLocal(stack, "local", {
        camelCase: [variable.value, { a: undefined }],
        empty: {},
        none: null,
      });
      new TerraformLocal(stack, "string", `${local} and ${Fn.join(",", local.asList)}`);
      new TerraformLocal(stack, "null", null);
      new TerraformLocal(stack, "undefined", undefined);
      new TerraformLocal(stack, "date", [new Date(0)]);
      new Thing(stack, "thing", { list: local.asList, map: local.asStringMap, number: local.asNumber });
    },

    modules: (stack) => {
      const provider = new AwsProvider(stack, "aws", { alias: "a" });
      const forEach = TerraformIterator.fromList(["x"]);
      const variables = { name: token(stack), list: [forEach.value], empty: {}, none: null, left: undefined };
      const module = new TerraformHclModule(stack, "module", {
        source: "terraform-aws-modules/acm/aws",
        version: "~> 5.0",
        providers: [{ moduleAlias: "dns", provider }],
        variables,
        forEach,
      });
      module.addOverride("extra.deep", module.getString("arn"));
    },

    "moved and imported resources": (stack) => {
      new Thing(stack, "to", { name: "to" }).addMoveTarget("target");
      new Thing(stack, "from", { name: "from" }).moveTo("target", "key");
      new Thing(stack, "from id", { name: "from" }).moveFromId("test_thing.gone");
      new Thing(stack, "to id", { name: "to" }).moveToId("test_thing.other");
      new Thing(stack, "imported", { name: "imported" }).importFrom("id-1");
      new Thing(stack, "imported too", {}).importFrom(token(stack), new AwsProvider(stack, "aws", {}));
    },

    "overrides of elements": (stack) => {
      const thing = new Thing(stack, "thing", { block: { a: 1, gone: 1 }, list: ["a"], whole: { a: 1 } });
      thing.addOverride("block.b", token(stack));
      thing.addOverride("block.gone", undefined);
      thing.addOverride("list", [Token.asString(Fn.upper("b"))]);
      thing.addOverride("whole", Token.asAny({ b: [token(stack, "deep")] }));
      thing.addOverride("lifecycle.prevent_destroy", true);
      thing.addOverride("//.note", "kept");
      new Thing(stack, "other", {}).addOverride("list", null);
    },

    "overrides of the stack": (stack) => {
      new S3Backend(stack, { bucket: "bucket", key: "key", encrypt: true });
      new AwsProvider(stack, "aws", { region: token(stack) });
      new Thing(stack, "thing", { list: [1], whole: { a: 1 } }).addOverride("x", 1);
      new Thing(stack, "gone", {}).addOverride("y", 1);
      new TerraformOutput(stack, "gone output", { value: 1 });
      stack.addOverride("terraform.backend.s3.use_lockfile", true);
      stack.addOverride("terraform.required_providers.aws", { source: "hashicorp/aws", version: "~> 6.0" });
      stack.addOverride("terraform.required_version", Lazy.stringValue({ produce: () => ">= 1.10" }));
      stack.addOverride("resource.test_thing.thing.list", [2]);
      stack.addOverride("resource.test_thing.thing.whole", Token.asAny({ b: token(stack, "other") }));
      stack.addOverride("resource.test_thing.gone", undefined);
      stack.addOverride("output", undefined);
      stack.addOverride("//.note", token(stack, "note"));
      stack.addOverride("check", { [token(stack, "key")]: { assert: [] } });
      stack.addOverride("removed", [{ from: "test_thing.a" }, undefined]);
    },

    "aspects that change and add": (stack) => {
      const scope = new Construct(stack, "scope");
      new Thing(scope, "thing", {});
      Aspects.of(stack).add({
        visit(construct) {
          if (construct instanceof Thing)
            construct.addOverride("tags.stack", token(stack, `tag of ${construct.node.id}`));
          if (construct === scope) new Thing(scope, "added", { id: "added" });
        },
      });
      Aspects.of(scope).add({ visit: (construct) => Aspects.of(construct).add({ visit: () => {} }) });
    },

    annotations: (stack) => {
      const scope = new Construct(stack, "scope");
      Annotations.of(stack).addInfo("info");
      Annotations.of(scope).addWarning("warning");
      Annotations.of(new Thing(scope, "thing", {})).addWarning("ünïcode");
    },

    "custom synthesis": (stack) => {
      const asset = new TerraformAsset(stack, "asset", { path: __filename });
      new Thing(stack, "thing", { path: asset.path, hash: asset.assetHash });
    },

    "functions, operators and conditions": (stack) => {
      const name = token(stack);
      const number = new TerraformVariable(stack, "number", {}).numberValue;
      const list = new TerraformVariable(stack, "list", {}).listValue;
      new Thing(stack, "thing", {
        join: Fn.join("-", ["a", name, '"quoted" \\ \n']),
        nested: Fn.lookup({ [name]: Fn.element(list, number), other: [1, { x: name }] }, "key", null),
        conditional: conditional(Op.and(Op.eq(name, "x"), Op.not(number)), "yes ${no}", Fn.jsonencode({ n: number })),
        access: propertyAccess(list, [0, "name", "*", number]),
        raw: Fn.rawString('${x} "y"'),
        bare: Fn.bcrypt(name),
        text: `a ${name} b ${number} c ${Fn.join(",", list)} d`,
        math: Token.asNumber(Op.add(Op.mul(number, 2), Op.negate(1))),
      });
    },

    "tokens as keys, lists, maps and numbers": (stack) => {
      const variable = new TerraformVariable(stack, "variable", {});
      const thing = new Thing(stack, "other", {});
      new Thing(stack, "thing", {
        keys: { [variable.stringValue]: 1, [`x-${variable.stringValue}`]: { [`${variable.numberValue}`]: 2 } },
        list: variable.listValue,
        numbers: thing.getNumberListAttribute("numbers"),
        strings: thing.getStringMapAttribute("strings"),
        numberMap: thing.getNumberMapAttribute("numbers"),
        booleans: thing.getBooleanMapAttribute("booleans"),
        any: [thing.getAnyMapAttribute("any"), { deep: thing.getListAttribute("list") }],
        number: variable.numberValue,
        text: `${variable.numberValue}`,
        signed: `-${variable.numberValue}e5`,
        boolean: variable.booleanValue,
        gone: { [variable.stringValue]: undefined },
      });
    },

    "lazy values": (stack) => {
      let later = "early";
      const produce = () => later;
      const inList = token(stack, "in a list");
      new Thing(stack, "thing", {
        string: Lazy.stringValue({ produce }),
        list: Lazy.listValue({ produce: () => [later, inList] }),
        empty: Lazy.listValue({ produce: () => [] }, { omitEmpty: true }),
        number: Lazy.numberValue({ produce: () => 5 }),
        any: Lazy.anyValue({ produce: () => ({ a: [undefined, { b: Lazy.stringValue({ produce }) }] }) }),
        nothing: Lazy.anyValue({ produce: () => undefined }),
        null: Token.nullValue(),
        context: Lazy.anyValue({ produce: ({ scope, preparing }) => [scope.node.path, preparing] }),
      });
      later = "late";
    },

    "escapes, unicode and what looks like a token": (stack) => {
      new Thing(stack, "thing", {
        escapes: ["${a}", "$${a}", "%{if}", `$\${${token(stack)}}`, `\${a} ${token(stack, "b")} \${c {${"}"}`],
        unicode: ["ü", "\u{1f512}", "\u2028", "\ud800", "\u0000", '\t"\\/'],
        numbers: ["1e5", "-1.5e+289", "e", "1.e2", "|e|", "a-e5"],
        '1e5 key "ü"': [0, -0, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY],
        markers: ["{TfToken[x]}", "TfToken", "String Map Token Valu"],
      });
    },

    "empty blocks, null and undefined": (stack) => {
      const create = (value: unknown) => Object.assign(Object.create(null), { value });
      class Point {
        readonly x = 1;
        readonly gone = undefined;
        get hidden() {
          return 2;
        }
      }
      new Thing(stack, "thing", {
        nothing: undefined,
        null: null,
        object: {},
        list: [],
        nested: { a: {}, b: [], c: undefined, d: [{}, [], null, undefined, { e: undefined }] },
        false: false,
        zero: 0,
        text: "",
        instance: new Point(),
        bare: create(new Point()),
        date: new Date(0),
        10: "sorted",
        9: "as text",
        B: 1,
        a: 1,
      });
      new Thing(stack, "members", { constructor: { constructor: "x" }, toString: "y" });
    },
  };

  test.each(Object.entries(cases))("%s", (_, build) => {
    const result = expectSame(inStack(build));
    expect(result.error).toBeUndefined();
    expectSame(inStack(build), linearPrepared);
  });

  test("an app of several stacks, which depend on each other", () => {
    const build: Build = (app, newStack) => {
      const [first, second] = [newStack(app, "first"), newStack(app, "second")];
      new LocalBackend(first, { path: "state" });
      second.addDependency(first);
      for (const stack of [first, second]) new Thing(stack, "thing", { name: token(stack) });
    };
    expect(Object.keys(expectSame(build).files)).toHaveLength(3);
  });

  test("a stack in a stack, each with its own elements", () => {
    const build: Build = (app, newStack) => {
      const outer = newStack(app, "main");
      const inner = newStack(new Construct(outer, "scope"), "inner");
      for (const stack of [outer, inner]) new Thing(stack, "thing", { name: token(stack) }).addOverride("x", 1);
      Annotations.of(inner).addWarning("of the inner stack");
    };
    const written = configuration(expectSame(build));
    expect(Object.keys(written.resource.test_thing)).toEqual(["thing"]);
  });

  test("any values", () => {
    /** Makes a value, perhaps from attributes of a resource. */
    type Value = (thing: Thing) => unknown;
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 4 }),
      fc.string({ unit: fc.constantFrom("$", "{", "}", "e", "1", ".", "-", "+", "T"), maxLength: 8 }),
      fc.constantFrom("String Map Token Value", "&{TfToken[a.1]}", "#{TfToken[a.1]}", "_children", "_metadata"),
    );
    const plain = fc.oneof(text, fc.double(), fc.boolean(), fc.constantFrom(null, undefined, -123456789));
    const references: Value[] = [
      (thing) => thing.getStringAttribute("a"),
      (thing) => thing.getNumberAttribute("a"),
      (thing) => thing.getListAttribute("a"),
      (thing) => thing.getNumberListAttribute("a"),
      (thing) => thing.getStringMapAttribute("a"),
    ];
    const wraps: ((value: unknown) => unknown)[] = [lazy, Token.asAny, Fn.jsonencode, (value) => `a ${value} e5`];
    const { value } = fc.letrec<{ value: Value; token: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        plain.map((made) => () => made),
        tie("token"),
        fc.array(tie("value"), { maxLength: 3 }).map(
          (values): Value =>
            (thing) =>
              values.map((make) => make(thing)),
        ),
        fc.array(fc.tuple(fc.oneof(text, tie("token")), tie("value")), { maxLength: 3 }).map(
          (entries): Value =>
            (thing) => {
              const key = (made: string | Value) => (typeof made === "string" ? made : String(made(thing)));
              return Object.fromEntries(entries.map(([made, make]) => [key(made), make(thing)]));
            },
        ),
      ),
      token: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...references),
        fc.tuple(fc.constantFrom(...wraps), tie("value")).map(
          ([wrap, make]): Value =>
            (thing) =>
              wrap(make(thing)),
        ),
      ),
    }));
    const path = fc.constantFrom("a", "a.b", "locals.local", "terraform.a", "//.metadata", "locals");
    const overrides = fc.array(fc.tuple(path, value), { maxLength: 2 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), overrides, (values, overridden) => {
        const build = inStack((stack) => {
          const thing = new Thing(stack, "thing", {});
          new TerraformLocal(stack, "local", values[0]?.(thing));
          for (const [index, make] of values.entries()) new Thing(stack, `thing-${index}`, { a: make(thing) });
          for (const [at, make] of overridden) stack.addOverride(at, make(thing));
        });
        withoutTokenStackTraces(() => expectSame(build));
      }),
      { numRuns: 30 },
    );
  });
});

describe("fails where the framework fails", () => {
  const failures: Record<string, (stack: TerraformStack) => void> = {
    "a missing provider and failing validations": (stack) => {
      new AcmCertificate(stack, "certificate", { domainName: "example.com" });
      stack.node.addValidation({ validate: () => ["first", "second"] });
      new Thing(stack, "thing", {}).node.addValidation({ validate: () => ["third"] });
    },
    "error annotations": (stack) => {
      Annotations.of(stack).addError("first");
      Annotations.of(new Thing(stack, "thing", {})).addError("second");
    },
    "a function": (stack) => void new Thing(stack, "thing", { a: [{ b: () => 1 }] }),
    "a construct": (stack) => void new Thing(stack, "thing", { a: [stack] }),
    "an object like a construct": (stack) => void new Thing(stack, "thing", { a: { _children: {}, _metadata: [] } }),
    "text that stands for the values of a map": (stack) => {
      new Thing(stack, "thing", { text: Object.values(new Thing(stack, "other", {}).getStringMapAttribute("a"))[0] });
    },
    "a list token in text": (stack) => {
      new Thing(stack, "thing", { text: new TerraformVariable(stack, "list", {}).listValue[0] });
    },
    "a value that contains itself": (stack) => {
      const loop: Json = {};
      loop.loop = loop;
      new TerraformLocal(stack, "local", loop);
    },
    "an override of a token's inside": (stack) => {
      new Thing(stack, "thing", { a: lazy({ b: 1 }) }).addOverride("a.b", 2);
    },
    "a token whose value cannot be made": (stack) => {
      const produce = () => {
        throw new Error("no value");
      };
      new TerraformLocal(stack, "local", { a: `text ${Lazy.stringValue({ produce })}` });
    },
  };

  test.each(Object.entries(failures))("%s", (_, build) => {
    expect(expectSame(inStack(build)).error).toBeDefined();
  });

  test.each([
    ["a moved", (stack: TerraformStack) => new Thing(stack, "thing", {}).moveToId("test_thing.other")],
    ["an imported", (stack: TerraformStack) => new Thing(stack, "thing", {}).importFrom("id")],
  ])("%s resource, if Terraform is too old", (_, build) => {
    mockTerraformVersion = "1.4.9";
    try {
      expect(expectSame(inStack((stack) => void build(stack))).error).toContain("1.5");
      expect(
        expectSame(
          inStack((stack) => void build(stack)),
          linear,
          { skipValidation: true },
        ).error,
      ).toBeUndefined();
    } finally {
      mockTerraformVersion = "1.9.0";
    }
  });

  test("not, when error annotations are left to whoever reads the manifest", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "";
    try {
      const result = expectSame(inStack((stack) => Annotations.of(new Thing(stack, "thing", {})).addError("wrong")));
      expect(result.files["manifest.json"]).toContain("wrong");
      expect(configuration(result).resource.test_thing).toHaveProperty("thing");
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
  });
});

describe("resolves", () => {
  test("every token once, and not again to make up for a failure", () => {
    const produce = jest.fn(() => "made");
    const build = inStack((stack) => {
      const value = Lazy.stringValue({ produce });
      const literal = { creationStack: [], resolve: produce };
      new Thing(stack, "text", { a: `text ${value}`, literal });
      new Thing(stack, "list", { a: [{ b: value }] }).addOverride("c", Lazy.anyValue({ produce }));
      new TerraformOutput(stack, "output", { value: { d: value } });
      stack.addOverride("terraform.required_version", Lazy.anyValue({ produce }));
    });
    expect(JSON.stringify(outcome(linear, build).files).match(/made/g)).toHaveLength(6);
    expect(produce).toHaveBeenCalledTimes(6);
  });

  test("what a token leaves for a second resolve", () => {
    const build = inStack((stack) => {
      const late = token(stack);
      const postProcess = (value: unknown) => ({ value, late, gone: undefined, list: [lazy([undefined, late])] });
      const processed: IResolvable = {
        creationStack: [],
        resolve(context: IResolveContext) {
          context.registerPostProcessor({ postProcess });
          return { a: 1 };
        },
        toString: () => "processed",
      };
      new Thing(stack, "thing", { processed, text: `${[lazy(late)]}` });
    });
    expect(configuration(expectSame(build)).resource.test_thing.thing.processed.late).toBe("${var.token}");
  });

  test("references to another stack, in a stack that was prepared for them", () => {
    const build: Build = (app, newStack) => {
      const [first, second, third] = ["first", "second", "main"].map((id) => newStack(app, id)) as [
        TerraformStack,
        TerraformStack,
        TerraformStack,
      ];
      const thing = new Thing(first, "thing", {});
      const id = thing.getStringAttribute("id");
      for (const stack of [second, third]) new Thing(stack, "thing", { text: `a ${id}`, call: Fn.upper(id) });
      new Thing(first, "other", { id, list: thing.getListAttribute("list") });
    };
    const written = configuration(expectSame(build, linearPrepared));
    expect(written.resource.test_thing.thing.text).toContain("data.terraform_remote_state");
  });

  test("no reference to another stack, in a stack that was not prepared for it", () => {
    const build: Build = (app, newStack) => {
      const thing = new Thing(newStack(app, "first"), "thing", {});
      new Thing(newStack(app, "second"), "thing", { a: { b: [Fn.upper(thing.getStringAttribute("id"))] } });
    };
    expect(outcome(linear, build).error).toBe("second was not prepared for its references to first");
  });

  test("no value that makes an element, in a stack that was not prepared for it", () => {
    const build = inStack((stack) => {
      const produce = () => ((stack.node.tryFindChild("late") as Thing) ?? new Thing(stack, "late", {})).fqn;
      new Thing(stack, "thing", { a: Lazy.stringValue({ produce }) });
    });
    expect(configuration(expectSame(build, linearPrepared)).resource.test_thing).toHaveProperty("late");
    expect(outcome(linear, build).error).toBe("main was not prepared for main/late, made while values were resolved");
  });
});

describe("leaves to the framework", () => {
  test("HCL", () => {
    process.env.SYNTH_HCL_OUTPUT = "true";
    try {
      const result = expectSame(inStack((stack) => void new Thing(stack, "thing", { name: token(stack) })));
      expect(result.files[join("stacks", "main", "cdk.tf")]).toContain('resource "test_thing" "thing"');
    } finally {
      delete process.env.SYNTH_HCL_OUTPUT;
    }
  });

  test("a stack that makes its configuration itself", () => {
    const toTerraform = () => ({ own: true });
    const build = inStack((stack) => Object.assign(stack, { toTerraform }));
    expect(configuration(expectSame(build))).toEqual({ own: true });
  });

  test("the stack as it was, also when synthesis fails", () => {
    for (const failing of [false, true]) {
      let stack: TerraformStack | undefined;
      const build = inStack((made) => {
        stack = made;
        if (failing) Annotations.of(made).addError("wrong");
      });
      expect(outcome(linear, build).error !== undefined).toBe(failing);
      expect(stack).toBeDefined();
      expect(Object.hasOwn(stack as TerraformStack, "toTerraform")).toBe(false);
    }
    const own = Object.assign(() => ({}), { of: "the stack" });
    let kept: unknown;
    outcome(
      linear,
      inStack((stack) => {
        kept = Object.assign(stack, { toTerraform: own });
      }),
    );
    expect(kept).toHaveProperty("toTerraform", own);
  });
});

describe("withoutTokenStackTraces", () => {
  test("knows the framework's tracer in a bundle too, where it is numbered among functions of one name", () => {
    const traced = { stack: "" };
    function captureStackTrace2() {
      Error.captureStackTrace(traced, captureStackTrace2);
    }
    withoutTokenStackTraces(captureStackTrace2);
    expect(traced.stack).toBe("");
  });

  const creationStack = () => Token.asAny("x").creationStack;

  test("returns what the work returns, without traces of tokens, and restores them", () => {
    const capture = Error.captureStackTrace;
    expect(withoutTokenStackTraces(() => [creationStack(), lazy(1).creationStack])).toEqual([[], []]);
    expect(Error.captureStackTrace).toBe(capture);
    expect(creationStack()).not.toEqual([]);
  });

  test("restores them when the work throws, and when it was done in other such work", () => {
    const capture = Error.captureStackTrace;
    const fail = () => {
      throw new Error("failed");
    };
    expect(() => withoutTokenStackTraces(fail)).toThrow("failed");
    expect(Error.captureStackTrace).toBe(capture);
    withoutTokenStackTraces(() => {
      withoutTokenStackTraces(() => {});
      expect(creationStack()).toEqual([]);
    });
    expect(Error.captureStackTrace).toBe(capture);
  });

  test("keeps the stacks of errors and of annotations", () => {
    class Custom extends Error {
      constructor() {
        super("custom");
        Error.captureStackTrace(this, Custom);
      }
    }
    const here = expect.stringContaining("linear-synthesis.test.ts");
    const { errors, annotation } = withoutTokenStackTraces(() => {
      const other = { stack: "" };
      Error.captureStackTrace(other);
      const app = new App({ outdir: mkdtempSync(join(tmpdir(), "synthesis-")) });
      Annotations.of(app).addInfo("info");
      rmSync(app.outdir, { recursive: true });
      return { errors: [new Error("plain"), new Custom(), other], annotation: app.node.metadata[0] };
    });
    // The first frame is this file's, not that of the function that stands in for `Error.captureStackTrace`.
    expect(errors.map(({ stack }) => stack?.split("\n")[1])).toEqual([here, here, here]);
    expect(annotation?.trace).toContainEqual(here);
  });

  test("changes nothing that is written", () => {
    const build = inStack((stack) => {
      new Thing(stack, "thing", { name: Fn.upper(token(stack)) });
    });
    expect(withoutTokenStackTraces(() => outcome(linear, build))).toEqual(outcome(framework, build));
  });
});
