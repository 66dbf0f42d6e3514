// Tier 0 is `config`, `stacks` and `isolated`; `plan` and `apply` need Terraform and say what they had to skip.
const support = "<rootDir>/__tests__/support/jest";
// Of a scenario's tests, the file's name says what they need: `__tests__/<scenario>/<name>[-<part>].test.ts`.
const project = (displayName, { folders, names = [] }, how) => ({
  displayName,
  testMatch: [
    ...folders.map((folder) => `<rootDir>/__tests__/${folder}/*.test.ts`),
    ...names.map((name) => `<rootDir>/__tests__/*/${name}?(-*).test.ts`),
  ],
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/handoff"],
  ...how,
});
// The files that a process runs one after the other share what is loaded. It has no `jest.mock` and no time limits.
const plainNode = (...setupFiles) => ({
  runner: `${support}/plain-runner.mjs`,
  setupFiles: [`${support}/plain-node.mjs`, ...setupFiles],
});
// Packages load these and nothing of ours uses them. Every test file would load them again, which takes longer than zod.
const unused = `${support}/unused-module.cjs`;
// Jest's own way: each file loads everything anew, and can put something else in a module's place.
const sandbox = {
  transform: {
    "\\.(ts|cjs)$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
    "\\.sh$": `${support}/text-transform.cjs`,
  },
  moduleNameMapper: { "^archiver$": unused, "^\\.\\./locales/index\\.cjs$": unused },
};

/** @type {import("jest").Config} */
module.exports = {
  maxWorkers: 2,
  reporters: ["default", "<rootDir>/__tests__/support/record/summary-reporter.cjs"],
  projects: [
    // What reads and checks must not need the framework: loading it here fails the test.
    project(
      "config",
      { folders: ["lib", "lib/config", "lib/vault-role"], names: ["config", "check", "claims"] },
      plainNode(`${support}/no-framework.mjs`),
    ),
    project(
      "stacks",
      { folders: ["commands", "repository", "lib/synthesis"], names: ["stack", "change", "bootstrap"] },
      plainNode(),
    ),
    project("isolated", { folders: ["isolated"] }, sandbox),
    project("plan", { folders: ["plan"] }, sandbox),
    project("apply", { folders: ["apply"], names: ["lifecycle"] }, sandbox),
  ],
};
