/**
 * What the framework passes to `Error.captureStackTrace` as the frame to start below when it traces a token, by name: a
 * function of its own, which a bundler numbers where several have one name.
 */
const tokenTracer = /^capture(StackTrace|CreationStack)\d*$/;

/**
 * Runs work that makes or resolves many tokens without the stack trace that the framework takes of each, which is about
 * half of its time and memory. What is lost is the "Object creation stack" in messages about tokens that cannot be
 * resolved. Errors and annotations keep their stacks.
 *
 * @param work synchronous: traces are back as soon as it returns, so a promise it returns runs on with them
 * @returns what the work returns
 * @throws what the work throws
 */
export function withoutTokenStackTraces<T>(work: () => T): T {
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = function captureUnlessToken(target, below) {
    if (target instanceof Error || !tokenTracer.test(below?.name ?? "")) {
      capture.call(Error, target, below ?? captureUnlessToken);
    }
  };
  try {
    return work();
  } finally {
    Error.captureStackTrace = capture;
  }
}
