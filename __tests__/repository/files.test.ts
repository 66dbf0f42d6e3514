import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryFiles } from "../support/repository-files";
import { temporaryFolder } from "../support/temporary";

const root = join(__dirname, "../..");

/** A checkout in which a user has worked: an initialised output, configs, a hand-off. */
function usedCheckout(): string {
  const folder = temporaryFolder("checkout");
  const write = (path: string, text = "") => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write(".gitignore", readFileSync(join(root, ".gitignore"), "utf8"));
  for (const path of [
    "main.ts",
    "config/example.ts",
    "config/examples/one.ts",
    "config/prod.ts",
    "config/zones/index.ts",
  ])
    write(path);
  for (const path of ["handoff/prod/one/cdk.tf.json", "cdktf.out.prod/manifest.json", "npm-debug.log"]) write(path);
  const providers = join(folder, "cdktf.out/stacks/one/.terraform/providers");
  mkdirSync(providers, { recursive: true });
  // With a plugin cache or a mirror, `terraform init` makes links to folders.
  symlinkSync(folder, join(providers, "linux_amd64"));
  return folder;
}

test("rules of the repository are about its files: neither a user's configs nor what commands and Terraform wrote", () => {
  const own = [".gitignore", "config/example.ts", "config/examples/one.ts", "main.ts"];
  const folder = usedCheckout();
  expect(repositoryFiles(folder)).toEqual(own);
  for (const args of [
    ["init", "--quiet"],
    ["add", "."],
  ]) {
    expect(spawnSync("git", args, { cwd: folder, encoding: "utf8" })).toMatchObject({ status: 0 });
  }
  writeFileSync(join(folder, "notes.md"), "not yet added, so no part of it");
  expect(repositoryFiles(folder)).toEqual(own);
});
