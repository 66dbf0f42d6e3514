import { type ScalarTag, stringify, type Tags } from "yaml";

/**
 * What only other readers take for something else than text. Go's yaml.v2, which kubectl and the API server read with,
 * drops every `_` and asks `strconv.ParseInt` with base 0 (`0X1F`, `0B1`, `+_1`, `1e_5`); `<<` merges, and `=` is the type
 * `value` of YAML 1.1, which PyYAML refuses. It quotes more than it must: numbers have many forms, and quotes do no harm.
 */
const otherReaders: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^(?:[-+]?[._]*\d[\da-fA-FxXoO_.+-]*|<<|=)$/,
  resolve: (text) => text,
};

const customTags = (tags: Tags): Tags => [...tags, otherReaders];

/**
 * Documents as YAML, one after the other, in which every text is one for every reader: kubectl reads YAML 1.1, where `no`,
 * `1_000` and `1:30` are none, others read 1.2, where `0o7` is none.
 */
export function yamlText(documents: readonly unknown[]): string {
  return (
    documents
      // Long values on one line, and no anchors.
      .map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1", customTags }))
      .join("---\n")
  );
}
