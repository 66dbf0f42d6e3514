import { type BackendConfig, isEncrypted } from "./config/backend";
import { isLoopback } from "./config/dns-names";
import type { Path, Place } from "./config/report";
import type { Settings } from "./config/settings";

/** A private key that Terraform's state, saved plans and `show -json` contain in clear. */
export interface KeyInState {
  /** Where the config asks for it, from its stack on. */
  readonly path: Path;
  /** The resource that makes it. */
  readonly address: string;
  /** What to do where no key may be in the state. */
  readonly way: string;
}

/**
 * Private keys go only where the config's policy lets them.
 *
 * @param stack - the deploy name of the stack at `place`
 */
export function checkKeyCustody(keys: readonly KeyInState[], settings: Settings, stack: string, place: Place): void {
  if (keys.length === 0) return;
  warnOfPlainTransport(settings, keys.length, stack, place.elsewhere("backend", "address"));
  if (settings.privateKeys === "never") {
    for (const { path, address, way } of keys) {
      const found = `would put a private key into Terraform's state (${address})`;
      place.in(...path).problem(`${found}, which privateKeys "never" forbids; ${way}`);
    }
  } else if (settings.privateKeys === "encrypted-backend" && !isEncrypted(settings.backend)) {
    // Whether the state is encrypted is not known then.
    const backend = place.elsewhere("backend");
    if (backend.in("encryptedAtRest").refused) return;
    const [what, way] = inClear(settings.backend);
    backend.problem(
      `${what}, and stack ${stack} puts ${keys.length} private ${keys.length === 1 ? "key" : "keys"} into it (${keys[0]?.address}${keys.length > 1 ? " and others" : ""}); ${way}use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"`,
    );
  }
}

/** A state crosses the network whole, at every plan. */
function warnOfPlainTransport({ backend }: Settings, keys: number, stack: string, place: Place): void {
  if (backend.type !== "http" || !backend.address.startsWith("http://")) return;
  if (isLoopback(new URL(backend.address).hostname)) return;
  place.warning(
    `is http://, so whoever sees the traffic reads the ${keys === 1 ? "private key" : `${keys} private keys`} in the state of stack ${stack}; write "https://..."`,
  );
}

/** What is wrong with a backend that does not encrypt, and how that is mended, if it can be. */
function inClear(backend: BackendConfig): readonly [what: string, way: string] {
  return backend.type === "kubernetes"
    ? [
        "is kubernetes without encryptedAtRest, so the state may lie in clear",
        "write encryptedAtRest: true if the cluster encrypts Secrets, ",
      ]
    : [`is ${backend.type}, which keeps the state in clear`, ""];
}
