import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Annotations, App, Fn, Lazy, TerraformLocal, TerraformVariable, Token } from "cdktf";
import { withoutTokenStackTraces } from "../../../lib/synthesis/token-stack-traces";
import { probeJson } from "../../support/synthesis";

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
    expect(withoutTokenStackTraces(() => [creationStack(), Lazy.anyValue({ produce: () => 1 }).creationStack])).toEqual(
      [[], []],
    );
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
    const here = expect.stringContaining("token-stack-traces.test.ts");
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
    const build = () =>
      probeJson((stack) => {
        const { stringValue } = new TerraformVariable(stack, "token", { type: "string" });
        new TerraformLocal(stack, "upper", Fn.upper(stringValue));
      });
    expect(withoutTokenStackTraces(build)).toEqual(build());
  });
});
