// Tier 0 is `config` and `stacks`; `plan` and `apply` need Terraform and say what they had to skip.
const transform = {
  "\\.(ts|cjs)$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  "\\.sh$": "<rootDir>/__tests__/support/jest/text-transform.cjs",
};
// Of a scenario's tests, the file's name says what they need: `__tests__/<scenario>/<name>[-<part>].test.ts`.
const project = (displayName, { folders, names = [] }, more = {}) => ({
  displayName,
  testMatch: [
    ...folders.map((folder) => `<rootDir>/__tests__/${folder}/*.test.ts`),
    ...names.map((name) => `<rootDir>/__tests__/*/${name}?(-*).test.ts`),
  ],
  transform,
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
        moduleNameMapper: { "^(cdktf|constructs|@cdktf/.*)$": "<rootDir>/__tests__/support/jest/forbidden-module.ts" },
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
