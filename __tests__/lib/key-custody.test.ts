import fc from "fast-check";
import { type BackendConfig, isEncrypted } from "../../lib/config/backend";
import { newReport, showPath } from "../../lib/config/report";
import type { Settings } from "../../lib/config/settings";
import { checkKeyCustody, type KeyInState } from "../../lib/key-custody";
import { checkedConfig } from "../../stacks/check";
import { changed, goodConfig, problemsOf } from "../support/configs";
import { runs } from "../support/runs";

describe("custody of private keys", () => {
  const key = (name: string): KeyInState => ({
    path: ["services", name],
    address: `tls_private_key.${name}`,
    way: "use another",
  });
  const backends: readonly (readonly [BackendConfig, encrypted: boolean])[] = [
    [{ type: "local" }, false],
    [{ type: "http", address: "https://state.example.com" }, false],
    [{ type: "kubernetes", namespace: "terraform" }, false],
    [{ type: "kubernetes", namespace: "terraform", encryptedAtRest: false }, false],
    [{ type: "kubernetes", namespace: "terraform", encryptedAtRest: true }, true],
    [{ type: "s3", bucket: "state", region: "eu-west-1" }, true],
    [{ type: "gcs", bucket: "state" }, true],
    [{ type: "azurerm", resourceGroup: "state", storageAccount: "state", container: "state" }, true],
    [{ type: "cloud", organization: "example" }, true],
  ];
  const judged = (keys: readonly KeyInState[], privateKeys: Settings["privateKeys"], backend: BackendConfig) => {
    const report = newReport();
    checkKeyCustody(
      keys,
      { ...checkedConfig(goodConfig()).config.settings, privateKeys, backend },
      "mesh",
      report.in("stacks", "mesh"),
    );
    return report.problems.map(({ path, message }) => `${showPath(path, {})}: ${message}`);
  };

  test.each(backends)("%j, encrypted: %s", (backend, encrypted) => {
    expect(isEncrypted(backend)).toBe(encrypted);
    expect(judged([key("a")], "encrypted-backend", backend)).toHaveLength(encrypted ? 0 : 1);
    expect(judged([key("a")], "allowed", backend)).toEqual([]);
    expect(judged([key("a"), key("b")], "never", backend)).toHaveLength(2);
    for (const policy of ["never", "encrypted-backend", "allowed"] as const)
      expect(judged([], policy, backend)).toEqual([]);
  });

  test("what is said of keys in clear", () => {
    const ways = 'use s3, gcs, azurerm or cloud, or for a trial set privateKeys to "allowed"';
    expect(judged([key("a")], "encrypted-backend", { type: "local" })).toEqual([
      `backend: is local, which keeps the state in clear, and stack mesh puts 1 private key into it (tls_private_key.a); ${ways}`,
    ]);
    expect(judged([key("a"), key("b")], "encrypted-backend", { type: "http", address: "http://x" })).toEqual([
      `backend: is http, which keeps the state in clear, and stack mesh puts 2 private keys into it (tls_private_key.a and others); ${ways}`,
    ]);
    expect(judged([key("a")], "encrypted-backend", { type: "kubernetes", namespace: "x" })).toEqual([
      `backend: is kubernetes without encryptedAtRest, so the state may lie in clear, and stack mesh puts 1 private key into it (tls_private_key.a); write encryptedAtRest: true if the cluster encrypts Secrets, ${ways}`,
    ]);
  });

  test("a state with keys must not cross the network in clear", () => {
    const advice = (keys: readonly KeyInState[], address: string, stack: string) => {
      const report = newReport();
      const { settings } = checkedConfig(goodConfig()).config;
      const backend = { type: "http", address } as const;
      checkKeyCustody(keys, { ...settings, privateKeys: "allowed", backend }, stack, report.in("stacks", stack));
      return report.warnings.map(({ path, message }) => `${showPath(path, {})}: ${message}`);
    };
    const told = (what: string) =>
      `backend.address: is http://, so whoever sees the traffic reads the ${what} in the state of stack mesh; write "https://..."`;
    expect(advice([key("a")], "http://state.example.com/tls", "mesh")).toEqual([told("private key")]);
    expect(advice([key("a"), key("b")], "http://10.0.0.1", "mesh")).toEqual([told("2 private keys")]);
    expect(advice([key("a")], "https://state.example.com/tls", "mesh")).toEqual([]);
    expect(advice([key("a")], "http://localhost:8080/tls", "mesh")).toEqual([]);
    expect(advice([], "http://state.example.com/tls", "mesh")).toEqual([]);
  });

  test("what is said of keys where there may be none", () => {
    expect(judged([key("a")], "never", { type: "s3", bucket: "state", region: "eu-west-1" })).toEqual([
      expect.stringMatching(
        /^stacks\.mesh\.services\.a: would put a private key into Terraform's state \(tls_private_key\.a\), which privateKeys "never" forbids; use /,
      ),
    ]);
  });

  test("a policy or backend that could not be read is one line, whatever it would have meant for keys", () => {
    const mesh = {
      scenario: "pipeline-tls",
      kubernetes: { context: "kind-mesh" },
      namespace: { name: "mesh" },
      services: { ingest: { port: 8443, selector: { app: "ingest" } } },
    };
    expect(problemsOf(changed({ "stacks/mesh": mesh }))).toEqual([expect.stringMatching(/^backend: is local, which/)]);
    expect(problemsOf(changed({ "stacks/mesh": mesh, privateKeys: "maybe" }))).toEqual([
      'privateKeys: is "maybe"; write "never", "encrypted-backend" or "allowed"',
    ]);
    expect(problemsOf(changed({ "stacks/mesh": mesh, backend: { type: "s4" } }))).toEqual([
      expect.stringMatching(/^backend\.type: is "s4"; write /),
    ]);
  });

  test("certificates of ACM put none there, so any backend and policy will do", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...backends),
        fc.constantFrom("never", "encrypted-backend", "allowed"),
        ([backend], privateKeys) => expect(problemsOf(changed({ backend, privateKeys }))).toEqual([]),
      ),
      runs(10),
    );
  });
});
