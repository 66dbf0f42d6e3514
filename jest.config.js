// Tier 0 is `config` and `stacks`; `plan` and `apply` need Terraform and say what they had to skip.
const transform = {
  "\\.(ts|cjs)$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  "\\.sh$": "<rootDir>/__tests__/support/text-transform.cjs",
};
const project = (displayName, folders, more = {}) => ({
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/__tests__/${folder}/**/*.test.ts`),
  transform,
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/handoff"],
  ...more,
});

/** @type {import("jest").Config} */
module.exports = {
  maxWorkers: 2,
  reporters: ["default", "<rootDir>/__tests__/support/summary-reporter.cjs"],
  projects: [
    // The rooms below the constructs must not need the framework: loading it here fails the test.
    project("config", ["config", "checks"], {
      moduleNameMapper: { "^(cdktf|constructs|@cdktf/.*)$": "<rootDir>/__tests__/support/forbidden-module.ts" },
    }),
    project("stacks", ["bootstrap", "commands", "synthesis", "stacks", "repository"]),
    project("plan", ["plan"]),
    project("apply", ["apply"]),
  ],
};
