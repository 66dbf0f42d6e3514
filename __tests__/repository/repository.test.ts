import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { configJsonSchema, configReference } from "../../lib/config/json-schema";
import { scenarios } from "../../stacks";
import { configInput } from "../../stacks/config";
import type { JsonSchema } from "../support/json-schema";
import { repositoryFiles } from "../support/repository-files";

const root = join(__dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const files = repositoryFiles(root);

describe("folders", () => {
  // What stands further down knows nothing of what stands above it.
  const rooms: readonly (readonly [string, RegExp])[] = [
    ["main", /^(main\.ts|app\.cjs)$/],
    ["commands", /^commands\//],
    ["stacks", /^stacks\//],
    ["lib", /^lib\//],
  ];
  const roomOf = (path: string) => rooms.findIndex(([, files]) => files.test(path));
  const sources = files.filter((path) => roomOf(path) >= 0 || /^(lib|config)\//.test(path));

  interface Import {
    readonly from: string;
    readonly to: string;
  }

  interface Manifest {
    readonly imports: Readonly<Record<string, string>>;
  }

  /** What a file imports, types too: imports of the project's own files as paths from the root. */
  const imports: readonly Import[] = sources.flatMap((from) => {
    const found = read(from).matchAll(/(?:\bfrom|\bimport|\b(?:require|import)\()\s*"([^"]+)"/g);
    return [...found].map(([, to = ""]) => {
      if (!/^[.#]/.test(to)) return { from, to };
      const path = to.startsWith("#")
        ? ((JSON.parse(read("package.json")) as Manifest).imports[to] ?? to)
        : join(dirname(from), to);
      const [file] = [join(path), `${path}.ts`, join(path, "index.ts")].filter((one) => files.includes(one));
      if (file === undefined) throw new Error(`${from} imports ${to}, which is no file`);
      return { from, to: file };
    });
  });
  const lines = (some: readonly Import[]) => some.map(({ from, to }) => `${from} -> ${to}`);
  const inside = imports.filter(({ to }) => files.includes(to));

  /** Circles of imports, each as its files in order: a depth-first search that comes back to where it is. */
  function circlesOf(some: readonly Import[]): readonly string[] {
    const seen = new Set<string>();
    const search = (file: string, above: readonly string[]): readonly string[] => {
      if (above.includes(file)) return [[...above.slice(above.indexOf(file)), file].join(" -> ")];
      if (seen.has(file)) return [];
      seen.add(file);
      return some.filter(({ from }) => from === file).flatMap(({ to }) => search(to, [...above, file]));
    };
    return some.flatMap(({ from }) => search(from, []));
  }

  test("hold every source, and imports are found at all", () => {
    expect(sources.filter((path) => roomOf(path) < 0 && !path.startsWith("config/"))).toEqual([]);
    for (const [at, [, room]] of rooms.entries()) {
      expect(inside.some(({ from, to }) => room.test(from) && (at === rooms.length - 1 || roomOf(to) > at))).toBe(true);
    }
  });

  test("import downwards only: main, commands, stacks, lib", () => {
    const upwards = inside.filter(({ from, to }) => roomOf(from) >= 0 && roomOf(to) < roomOf(from));
    expect(lines(upwards)).toEqual([]);
  });

  /** The wing that a file is part of: the folder of its scenario. */
  const wingOf = (path: string) => Object.keys(scenarios).find((kind) => path.startsWith(`stacks/${kind}/`));

  test("a wing knows no other wing: only the registry knows them all, and it by their front doors", () => {
    const others = inside.filter(({ from, to }) => wingOf(to) !== undefined && wingOf(from) !== wingOf(to));
    const fromRegistry = others.filter(({ from, to }) => from === "stacks/index.ts" && /\/index\.ts$/.test(to));
    expect(fromRegistry.length).toBeGreaterThan(4);
    expect(lines(others.filter((one) => !fromRegistry.includes(one)))).toEqual([]);
  });

  test("of what stands beside the wings, a wing knows what a scenario is, and nothing else", () => {
    const out = inside.filter(
      ({ from, to }) => wingOf(from) !== undefined && to.startsWith("stacks/") && wingOf(to) === undefined,
    );
    expect([...new Set(out.map(({ to }) => to))]).toEqual(["stacks/scenario.ts"]);
  });

  // What a wing's files are for is known by their names: these read, check and tell; all others build.
  const told = /^stacks\/[^/]+\/(index|input|config|check|change|claims|addresses|operator|role)(-[a-z0-9-]+)?\.ts$/;
  const builds = (path: string) =>
    /^lib\/(constructs|synthesis)\//.test(path) || (wingOf(path) !== undefined && !told.test(path));

  test("inside a wing nothing leads from what reads and checks to what builds, nor from there to a check", () => {
    const own = inside.filter(({ from, to }) => wingOf(from) !== undefined && wingOf(from) === wingOf(to));
    const upwards = own.filter(({ from, to }) => builds(to) && !builds(from));
    const lazily = ({ from, to }: Import) => from.endsWith("/index.ts") && to.endsWith("/stack.ts");
    expect(upwards.filter(lazily).length).toBeGreaterThan(4);
    expect(lines(upwards.filter((one) => !lazily(one)))).toEqual([]);
    const judge = /\/(check|change)[^/]*\.ts$/;
    expect(
      lines(own.filter(({ from, to }) => judge.test(to) && !/\/index\.ts$/.test(from) && !judge.test(from))),
    ).toEqual([]);
  });

  test("neither what builds nor shared vocabulary imports the role simulator", () => {
    const judges = inside.filter(({ to }) => /^lib\/vault-role\//.test(to));
    expect(judges.length).toBeGreaterThan(5);
    expect(lines(judges.filter(({ from }) => builds(from) || from.startsWith("lib/config/")))).toEqual([]);
  });

  test("the role simulator knows no stack: what it imports is vocabulary that all of them share", () => {
    const simulator = inside.filter(({ from }) => from.startsWith("lib/vault-role/"));
    const shared = /^lib\/(vault-role\/|config\/(dns-names|duration|keys|report)\.ts$)/;
    expect(simulator.length).toBeGreaterThan(5);
    expect(lines(simulator.filter(({ to }) => !shared.test(to)))).toEqual([]);
  });

  test("never import in a circle, types included: each file can be read once those it imports are", () => {
    const example = ["a -> b", "a -> c", "b -> d", "c -> d", "d -> c"].map((line) => line.split(" -> "));
    expect(circlesOf(example.map(([from = "", to = ""]) => ({ from, to })))).toEqual(["d -> c -> d"]);
    expect(circlesOf(inside)).toEqual([]);
  });

  test("no branch on a scenario's name outside its wing and the registry", () => {
    const kinds = Object.keys(scenarios);
    expect(kinds.length).toBeGreaterThan(4);
    const named = sources
      .filter((path) => !path.startsWith("config/") && path !== "stacks/index.ts")
      .flatMap((path) =>
        kinds
          .filter((kind) => wingOf(path) !== kind)
          .filter((kind) =>
            new RegExp(`(case|[!=]==?) "${kind}"|"${kind}" [!=]==?|includes\\("${kind}"\\)`).test(read(path)),
          )
          .map((kind) => `${path}: ${kind}`),
      );
    expect(named).toEqual([]);
  });

  test("what a user writes imports the config's type and nothing of the machinery", () => {
    const written = inside.filter(({ from }) => from.startsWith("config/"));
    expect(lines(written.filter(({ to }) => to !== "stacks/define-config.ts" && !to.startsWith("config/")))).toEqual(
      [],
    );
  });

  test("the framework and providers are needed by what builds, and by nothing else", () => {
    const framework = imports.filter(({ to }) => /^(cdktf|cdktn|constructs|@cdktf)(\/|$)/.test(to));
    expect(framework.length).toBeGreaterThan(5);
    const building = /^(stacks\/index\.ts|commands\/synthesize\.ts)$/;
    expect(lines(framework.filter(({ from }) => !builds(from) && !building.test(from)))).toEqual([]);
  });

  test("providers are imported one resource at a time: a whole binding costs seconds and a gigabyte", () => {
    const bindings = imports.filter(({ to }) => to.startsWith("@cdktf/"));
    expect(bindings.length).toBeGreaterThan(5);
    expect(lines(bindings.filter(({ to }) => !/^@cdktf\/provider-[a-z]+\/lib\/(?!index)[a-z0-9-]+$/.test(to)))).toEqual(
      [],
    );
  });

  test("no file but main.ts looks at the environment, so nothing else can depend on the machine or leak from it", () => {
    const looking = sources.filter((path) =>
      /\bprocess\s*(\.|\?\.|\[)\s*["']?env\b|\{[^}]*\benv\b[^}]*\}\s*(=\s*process|from "node:process")/.test(
        read(path),
      ),
    );
    expect(looking).toEqual(["main.ts"]);
  });
});

describe("packages", () => {
  interface Package {
    readonly version?: string;
    readonly integrity?: string;
    readonly resolved?: string;
    readonly link?: boolean;
    readonly inBundle?: boolean;
    readonly optional?: boolean;
    readonly engines?: { readonly node?: string };
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const lock = JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, Package>> };
  const { "": locked, ...installed } = lock.packages;
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(read("package.json")) as Record<
    "dependencies" | "devDependencies" | "optionalDependencies" | "overrides",
    Readonly<Record<string, string>>
  >;
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };

  test("are named with exact versions, the same in the lock", () => {
    for (const version of Object.values({ ...all, ...overrides }))
      expect(version).toMatch(/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/);
    expect(locked).toMatchObject({ dependencies, devDependencies, optionalDependencies });
    const versions = Object.keys(all).map((name) => [name, installed[`node_modules/${name}`]?.version]);
    expect(Object.fromEntries(versions)).toEqual(
      Object.fromEntries(Object.entries(all).map(([name, version]) => [name, version.replace(/^npm:.*@/, "")])),
    );
  });

  test("are locked by content, from whatever registry a machine uses", () => {
    expect(Object.keys(installed).length).toBeGreaterThan(500);
    const loose = Object.entries(installed).filter(([, { version, integrity, resolved, link, inBundle }]) => {
      // A bundled package is part of its parent's content.
      const byContent = inBundle === true || /^sha512-/.test(integrity ?? "");
      return !byContent || version === undefined || resolved !== undefined || link !== undefined;
    });
    expect(loose).toEqual([]);
  });

  test("for other platforms are locked as well: npm leaves some out without a word, and npm ci fails there", () => {
    /** The names under which a package finds another, nearest first. */
    const places = (path: string, name: string): readonly string[] => {
      const own = `${path === "" ? "" : `${path}/`}node_modules/${name}`;
      const above = path.lastIndexOf("node_modules/");
      return path === "" ? [own] : [own, ...places(path.slice(0, Math.max(0, above - 1)), name)];
    };
    const missing = Object.entries(installed).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !places(path, name).some((place) => place in installed))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("install without a warning or a compiler on every Node that package.json names", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const oldest = Number(/^>=(\d+)/.exec(engines.node)?.[1]);
    // npm takes what the lock says: a package that runs on an older Node than it asks for has no `engines` there.
    const needed = Object.entries(installed).filter(([, { optional }]) => !optional);
    const newer = needed.filter(([, { engines }]) => Number(/^>=(\d+)[\d.]*$/.exec(engines?.node ?? "")?.[1]) > oldest);
    expect(newer.map(([path]) => path)).toEqual([]);
    // node-pty of the framework's CLI has no binary for Node 24: there npm compiles it with Python.
    expect(needed.filter(([path]) => path.includes("node-pty"))).toEqual([]);
  });

  test("are each there for a reason that docs/dependencies.md gives", () => {
    const rows = read("docs/dependencies.md").matchAll(/^\|(.*?)\|(.*)\|$/gm);
    const named = [...rows].flatMap(([, names = "", why = ""]) => {
      const packages = [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
      return why.trim() !== "" ? packages : [];
    });
    expect(named.sort()).toEqual(Object.keys(all).sort());
  });
});

describe("documents", () => {
  test("the reference and the JSON JsonSchema are what the config's one definition says", () => {
    const [, generated] = /<!-- fields -->\n(.*)<!-- \/fields -->/s.exec(read("docs/config.md")) ?? [];
    const current = {
      "docs/config.schema.json":
        read("docs/config.schema.json") === `${JSON.stringify(configJsonSchema(configInput), null, 2)}\n`,
      "docs/config.md": generated === configReference(configInput),
    };
    // If not: npm run reference.
    expect(current).toEqual({ "docs/config.schema.json": true, "docs/config.md": true });
  });

  test("the config's page says once what commands do, and the page of changes has every scenario", () => {
    const page = read("docs/config.md");
    const changes = read("docs/changes.md");
    const titles = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([...new Set(titles)]);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };
    for (const kind of Object.keys(scenarios)) expect(changes).toContain(`\n## ${kind}\n`);
    const commands = Object.entries(scripts).filter(([, script]) => script.startsWith("node app.cjs "));
    for (const [name] of commands) expect(page).toMatch(new RegExp(`^\\| \`npm run (--silent )?${name}\\b`, "m"));
  });

  /** Every default of a config, with its field's name; only of one scenario where a kind is given. */
  function defaultsOf(
    schema: JsonSchema,
    kind: string | undefined,
  ): readonly (readonly [field: string, value: unknown])[] {
    const { properties = {}, additionalProperties: members, items, anyOf = [], oneOf = [] } = schema;
    const scenario = properties.scenario?.const;
    if (scenario !== undefined && kind !== undefined && scenario !== kind) return [];
    const inner = [items, members, ...anyOf, ...oneOf].filter((one) => typeof one === "object");
    return [
      ...Object.entries(properties).flatMap(([field, own]) => [
        [field, own.default] as const,
        ...defaultsOf(own, kind),
      ]),
      ...inner.flatMap((own) => defaultsOf(own, kind)),
    ];
  }

  test("say of a default what the reference says, as `field` (default `value`) or `value` (the default)", () => {
    const schema = JSON.parse(read("docs/config.schema.json")) as JsonSchema;
    // The options of simulate:vault-role are no fields, and the reference is generated.
    const pages = files.filter((path) => /^docs\/(?!config|vault-role).*\.md$/.test(path));
    const wrong = pages.flatMap((path) => {
      const kind = Object.keys(scenarios).find((one) => path === `docs/${one}.md`);
      const known = defaultsOf(schema, kind).filter(([, value]) => value !== undefined);
      const said = [...read(path).matchAll(/(?:`([^`]*)`)?(?:,\s|\s\()(?:the\s)?default\b(?:\s`([^`]*)`|\)|[^\n]*)/g)];
      return said
        .filter(([, before, value]) =>
          value === undefined
            ? !known.some(([, one]) => one === before || JSON.stringify(one) === before)
            : !known.some(([field, one]) => field === before && JSON.stringify(one) === value),
        )
        .map(([words]) => `${path}: ${words}`);
    });
    expect(pages.length).toBeGreaterThan(8);
    expect(wrong).toEqual([]);
  });

  test("name only files and words of the code that are there, in what contributors read", () => {
    const text = read("CONTRIBUTING.md").replace(/^```.*?^```/gms, "");
    const spans = [...new Set([...text.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span))];
    const paths = spans.filter((span) => /^[\w.-]+\/[\w./-]*$/.test(span));
    const gone = paths.filter((path) => !files.some((file) => file === path || file.startsWith(path)));
    const names = spans.filter((span) => /^[a-z]+[A-Z]\w*$/.test(span));
    const sources = files.filter((path) => /^(commands|lib|stacks)\//.test(path)).map(read);
    const unknown = names.filter((name) => !sources.some((source) => source.includes(name)));
    expect([paths.length > 15, names.length > 1]).toEqual([true, true]);
    expect([...gone, ...unknown]).toEqual([]);
  });

  test("link to files that are there", () => {
    const broken = files
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, to = ""]) => to.replace(/#.*$/, ""))
          .filter((to) => to !== "" && !/^[a-z]+:/.test(to) && !existsSync(join(root, dirname(path), to)))
          .map((to) => `${path}: ${to}`),
      );
    expect(broken).toEqual([]);
  });
});

test("every test file runs, and in one project: a file whose name no project knows would never run", () => {
  const { projects } = require("../../jest.config.js") as {
    readonly projects: readonly { readonly displayName: string; readonly testMatch: readonly string[] }[];
  };
  // All that our patterns have of Jest's: starting it to ask takes longer than all other tests here.
  const wildcards: Readonly<Record<string, string>> = { ".": "\\.", "*": "[^/]*", "?(-*)": "(-[^/]*)?" };
  const matches = (path: string) => (pattern: string) => {
    expect(pattern).toMatch(/^<rootDir>\/([\w./-]|\*(?!\*)|\?\(-\*\))+$/);
    const expression = pattern.slice("<rootDir>/".length).replace(/\?\(-\*\)|[.*]/g, (part) => wildcards[part] ?? part);
    return new RegExp(`^${expression}$`).test(path);
  };
  const runs = files
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => [path, projects.filter(({ testMatch }) => testMatch.some(matches(path))).length]);
  expect(runs.length).toBeGreaterThan(40);
  expect(runs.filter(([, count]) => count !== 1)).toEqual([]);
});

test("what test files share has no hooks of its own: they would be those of the first file that loads it", () => {
  const shared = files.filter((path) => /^__tests__\/.*(?<!\.test)\.ts$/.test(path));
  expect(shared.length).toBeGreaterThan(20);
  expect(shared.filter((path) => /^(before|after)(Each|All)\(/m.test(read(path)))).toEqual([]);
});

test("every checkout has the same bytes, whatever git is told to do with line ends", () => {
  expect(read(".gitattributes")).toMatch(/^\* text=auto eol=lf$/m);
  expect(files.filter((path) => read(path).includes("\r\n"))).toEqual([]);
});

test("no file names a place on somebody's machine, or the registry that somebody installs from", () => {
  // Written so that this file does not name them either.
  const places = [
    /(?<![\w.*}-])\/(wor[k]|hom[e]|User[s]|roo[t])\/[\w.-]/,
    /[C]:\\User[s]/,
    /\bregistr[y]\.(npmjs|yarnpkg|npmmirror)\b/,
    /\b(pyp[i]\.org|pythonhoste[d])\b/,
  ];
  const text = files.filter((path) => !/\.(png|jpg|ico|gz|zip)$/.test(path));
  const found = text.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, at) => (places.some((place) => place.test(line)) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
  expect(files).toContain("main.ts");
  expect(found).toEqual([]);
});
