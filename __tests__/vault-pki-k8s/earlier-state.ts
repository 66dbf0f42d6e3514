type Fields = Readonly<Record<string, unknown>>;
type Blocks = Record<string, Record<string, Fields>>;

/** The state that an apply of an output leaves: the parts that the comparison reads. */
export function stateOf(output: string, caBundle: string, without: RegExp = /^$/): string {
  const { resource, output: outputs } = JSON.parse(
    output.replaceAll("${vault_mount.root.path}", "pki_root").replaceAll("${vault_mount.intermediate.path}", "pki_int"),
  ) as { resource: Blocks; output: Fields };
  const attributes = ({ metadata, manifest, ...block }: Fields, type: string) => ({
    ...block,
    ...(metadata === undefined ? {} : { metadata: [{ ...(metadata as Fields), ...placed(metadata as Fields) }] }),
    ...(manifest === undefined ? {} : { manifest: { value: manifest, type: ["object", {}] } }),
    ...(type === "kubernetes_config_map_v1" ? { data: { "ca.crt": caBundle } } : {}),
  });
  const placed = ({ namespace }: Fields) =>
    typeof namespace === "string" && namespace.startsWith("${")
      ? { namespace: /\.namespace_([a-z-]+)/.exec(namespace)?.[1] }
      : {};
  const resources = Object.entries(resource).flatMap(([type, blocks]) =>
    Object.entries(blocks)
      .filter(([name]) => !without.test(`${type}.${name}`))
      .map(([name, block]) => ({ mode: "managed", type, name, instances: [{ attributes: attributes(block, type) }] })),
  );
  return JSON.stringify({ version: 4, outputs, resources });
}
