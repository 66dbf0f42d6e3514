// What reads and checks must be usable without the framework: where that is tested, loading it fails the test.
import nodeModule from "node:module";

/** Not in the types: where `require` finds a module. */
const loader = /** @type {{ _resolveFilename: (name: string, ...more: unknown[]) => string }} */ (
  /** @type {unknown} */ (nodeModule)
);
const resolve = loader._resolveFilename;

/** @this {unknown} @param {string} name @param {unknown[]} more */
loader._resolveFilename = function (name, ...more) {
  if (/^(cdktf|constructs|@cdktf\/.*)$/.test(name)) {
    throw new Error("config and checks load the framework; only a wing's stack.ts and what that imports may");
  }
  return resolve.call(this, name, ...more);
};
