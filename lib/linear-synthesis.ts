import {
  DefaultTokenResolver,
  type IResolvable,
  type IStackSynthesizer,
  type ISynthesisSession,
  StringConcat,
  TerraformElement,
  TerraformOutput,
  TerraformStack,
  Tokenization,
} from "cdktf";
import { deepMerge } from "cdktf/lib/util";

/** A JSON object on its way to Terraform. */
type Json = Record<string, unknown>;

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

/**
 * Writes a stack byte by byte as the framework's synthesizer does, in a fraction of its time, which grows with the stack.
 * (With the square of it, as in the framework, grow lists that get one longer by copying: import and moved blocks,
 * elements with overrides, annotations. That shows from about 10,000 of them.)
 * Used as `stack.synthesizer = new LinearSynthesizer(stack)`.
 *
 * The synthesizer that the stack had does all the work, aspects to errors, and takes its options from wherever it takes
 * them. Only the configuration that it asks the stack for is made differently: tokens are resolved once, and what has
 * no token in it does not go through the framework's resolver.
 *
 * The framework's own way is taken
 * - for HCL (`SYNTH_HCL_OUTPUT`), since that is not what `toTerraform` is for;
 * - if the stack has a `toTerraform` of its own;
 * - if anything fails, so that the error is the framework's: it knows the path to the value.
 *
 * Nested stacks need nothing special, nor do references between stacks that `prepareStack` of the framework has seen. A
 * stack that leaves it out for its cost (it resolves everything) is only written if there was nothing to see.
 */
export class LinearSynthesizer implements IStackSynthesizer {
  readonly #stack: TerraformStack;
  readonly #framework: IStackSynthesizer;

  /** @param stack the stack, with the synthesizer that the framework gave it */
  constructor(stack: TerraformStack) {
    this.#stack = stack;
    this.#framework = stack.synthesizer;
  }

  /**
   * Writes the stack below the session's output folder, and its annotations into the session's manifest.
   *
   * @throws what the framework's synthesizer throws, and if the stack was not prepared but has references to another
   *   stack, or makes constructs while its values are resolved: the output would be wrong, without an error
   */
  synthesize(session: ISynthesisSession): void {
    const stack = this.#stack;
    if (stack.toTerraform !== TerraformStack.prototype.toTerraform) {
      this.#framework.synthesize(session);
      return;
    }
    stack.toTerraform = () => toTerraform(stack);
    try {
      this.#framework.synthesize(session);
    } finally {
      Reflect.deleteProperty(stack, "toTerraform");
    }
  }
}

/** What the framework's `toTerraform` returns for a prepared stack. */
function toTerraform(stack: TerraformStack): Json {
  const elements = elementsOf(stack);
  const unseen = new Set<TerraformStack>();
  let configuration: Json | undefined;
  try {
    configuration = mergeElements(stack, elements, frameworkResolve(stack, unseen));
  } catch {
    configuration = undefined;
  }
  // Nobody else would notice what the framework's preparation, had there been one, would have found.
  if (unseen.size > 0) {
    throw new Error(`${stack.node.path} was not prepared for its references to ${[...unseen].join(", ")}`);
  }
  const known = new Set(elements);
  const late = elementsOf(stack).find((element) => !known.has(element));
  if (late !== undefined) {
    throw new Error(`${stack.node.path} was not prepared for ${late.node.path}, made while values were resolved`);
  }
  return configuration ?? TerraformStack.prototype.toTerraform.call(stack);
}

/** The stack's elements in the order of the tree. Those of a nested stack belong to that. */
function elementsOf(stack: TerraformStack): TerraformElement[] {
  return stack.node
    .findAll()
    .filter((construct) => TerraformElement.isTerraformElement(construct))
    .filter((element) => element.cdktfStack === stack);
}

/** The steps of the framework's `toTerraform`, except that its last, a second resolve, is left to what needs it. */
function mergeElements(stack: TerraformStack, elements: readonly TerraformElement[], resolve: Resolve): Json {
  const { cdktfVersion: version, rawOverrides } = stack as unknown as { cdktfVersion?: string; rawOverrides: Json };
  const overridden = Object.keys(rawOverrides);
  const metadata: Json = { version, stackName: stack.node.id, backend: "local" };
  if (overridden.length > 0) metadata.overrides = { stack: overridden };
  for (const element of elements) deepMerge(metadata, resolveTokens(element.toMetadata(), resolve));

  const outputs: Json = {};
  for (const output of elements.filter(TerraformOutput.isTerraformOutput)) {
    const ids = output.node.path.split("/");
    const nest = (inner: unknown, id: string) => ({ [id]: inner });
    deepMerge(outputs, ids.reduceRight<unknown>(nest, output.friendlyUniqueId));
  }

  const configuration: Json = { "//": { metadata, outputs } };
  for (const element of elements) deepMerge(configuration, resolveTokens(element.toTerraform(), resolve));
  deepMerge(configuration, rawOverrides);

  const unresolved: Json = {};
  for (const key of new Set(["//", ...overridden])) {
    unresolved[key] = configuration[key];
    delete configuration[key];
  }
  return Object.assign(configuration, resolve(unresolved));
}

type Resolve = (value: unknown) => unknown;

/** The framework's token for an attribute of an element. Its fields are private there. */
interface StackReference {
  originStack: TerraformStack;
  /** What the reference is in another stack, by that stack's path. */
  crossStackIdentifier: Readonly<Record<string, string>>;
}

/**
 * The framework's resolver in the context of a stack.
 *
 * @param unseen gets the stacks of references that the framework would write as if they were to `stack`
 */
function frameworkResolve(stack: TerraformStack, unseen: Set<TerraformStack>): Resolve {
  const resolver = new DefaultTokenResolver(new StringConcat());
  const resolveToken = resolver.resolveToken.bind(resolver);
  resolver.resolveToken = (token: IResolvable & Partial<StackReference>, context, postProcessor) => {
    const { originStack, crossStackIdentifier } = token;
    if (originStack !== undefined && originStack !== stack && !crossStackIdentifier?.[stack.toString()]) {
      unseen.add(originStack);
    }
    return resolveToken(token, context, postProcessor);
  };
  const resolve = (value: unknown) => Tokenization.resolve(value, { scope: stack, preparing: false, resolver });
  // A post-processor, or text put together from parts, can leave what is only resolved the second time.
  return (value) => resolve(resolve(value));
}

/**
 * Any text in which the framework looks for a token: an encoded string, list, map or number (which can only be one with
 * an exponent), a stand-in for the values of a map, or a key that tells a construct.
 */
const tokenText = /TfToken|Token Value|_children|[-|\d.+]e[-|\d.+eE]/;

/** Same as `resolve(value)`, except that plain objects and text without a token do not go through the framework. */
function resolveTokens(value: unknown, resolve: Resolve): unknown {
  if (typeof value === "string") return tokenText.test(value) ? resolve(value) : value;
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (!isPlainObject(value) || Tokenization.isResolvable(value)) return resolve(value);
  const entries = Object.entries(value);
  if (entries.some(([key]) => tokenText.test(key))) return resolve(value);
  const result: Json = {};
  for (const [key, inner] of entries) {
    const resolved = resolveTokens(inner, resolve);
    if (resolved !== undefined) result[key] = resolved;
  }
  return result;
}

function isPlainObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
