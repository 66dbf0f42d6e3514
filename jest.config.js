// Tier 0 is `config` and `stacks`; `plan` and `apply` need Terraform and say what they had to skip.
const transform = {
  "\\.(ts|cjs)$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  "\\.sh$": "<rootDir>/__tests__/support/jest/text-transform.cjs",
};
// Packages load these and nothing of ours uses them. Every test file would load them again, which takes longer than zod.
const none = "<rootDir>/__tests__/support/jest/unused-module.cjs";
const unused = { "^archiver$": none, "^\\.\\./locales/index\\.cjs$": none };
// Of a scenario's tests, the file's name says what they need: `__tests__/<scenario>/<name>[-<part>].test.ts`.
const project = (displayName, { folders, names = [] }, more = {}) => ({
  displayName,
  testMatch: [
    ...folders.map((folder) => `<rootDir>/__tests__/${folder}/*.test.ts`),
    ...names.map((name) => `<rootDir>/__tests__/*/${name}?(-*).test.ts`),
  ],
  transform,
  moduleNameMapper: unused,
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/handoff"],
  ...more,
});

/** @type {import("jest").Config} */
module.exports = {
  maxWorkers: 2,
  reporters: ["default", "<rootDir>/__tests__/support/record/summary-reporter.cjs"],
  projects: [
    // What reads and checks must not need the framework: loading it here fails the test.
    project(
      "config",
      { folders: ["lib", "lib/config", "lib/vault-role"], names: ["config", "check", "claims"] },
      {
        moduleNameMapper: {
          ...unused,
          "^(cdktf|constructs|@cdktf/.*)$": "<rootDir>/__tests__/support/jest/forbidden-module.ts",
        },
      },
    ),
    project("stacks", {
      folders: ["commands", "repository", "lib/synthesis"],
      names: ["stack", "change", "bootstrap"],
    }),
    project("plan", { folders: ["plan"] }),
    project("apply", { folders: ["apply"], names: ["lifecycle"] }),
  ],
};
