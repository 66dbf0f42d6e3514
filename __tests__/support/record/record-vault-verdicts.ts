import { parseArgs } from "node:util";
import { type Pair, vaultPairs } from "../vault-role/vault-pairs";
import { recordVerdicts } from "./vault-recorder";

/** Writes what a server answers to seeded pairs, a line each; ends early, and tidily, when it is interrupted. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      count: { type: "string", default: "100" },
      mount: { type: "string" },
    },
  });
  const { VAULT_ADDR: address, VAULT_TOKEN: token, VAULT_NAMESPACE: namespace } = process.env;
  const [seed, count] = [values.seed, values.count].map((text) => (/^[0-9]{1,9}$/.test(text) ? Number(text) : -1));
  if (!address || !token) {
    process.stderr.write("VAULT_ADDR and VAULT_TOKEN must say which server to ask and as whom\n");
    return 1;
  }
  if (seed === undefined || seed < 0 || count === undefined || count < 0) {
    process.stderr.write("--seed and --count must be whole numbers of at most nine digits\n");
    return 1;
  }
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      stopped = true;
    });
  }
  // Who reads has had enough, as `head` does.
  process.stdout.on("error", () => {
    stopped = true;
  });
  const taken = function* (): Generator<Pair> {
    let left = count;
    for (const pair of vaultPairs(seed)) {
      if (left-- === 0 || stopped) return;
      yield pair;
    }
  };
  for await (const line of recordVerdicts(
    { address, token, ...(namespace ? { namespace } : {}) },
    taken(),
    values.mount,
  )) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return stopped ? 130 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
    process.stderr.write(`${[message, cause?.message].filter(Boolean).join(": ")}\n`);
    process.exitCode = 1;
  },
);
