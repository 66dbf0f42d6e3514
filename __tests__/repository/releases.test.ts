import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, type TerraformJson } from "../support/synthesis";

const golden = join(__dirname, "../golden");
const releases = join(__dirname, "../releases");

/** Every stack that a release made of the examples and of the configs with every field, by path below its folder. */
const stacks = readdirSync(releases).flatMap((release) =>
  readdirSync(join(releases, release), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("cdk.tf.json"))
    .map((path) => [release, path] as const),
);

const read = (...path: readonly string[]) => JSON.parse(readFileSync(join(...path), "utf8")) as TerraformJson;

test("there is a release to compare with", () => expect(stacks.length).toBeGreaterThan(20));

test.each(stacks)(
  "of release %s, every address of %s is made today: a changed one is destroy-and-create",
  (release, path) => {
    const made = addresses(read(golden, path));
    expect(addresses(read(releases, release, path)).filter((address) => !made.includes(address))).toEqual([]);
  },
);
