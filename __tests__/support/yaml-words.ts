/**
 * Texts that are something else in YAML where they stand without quotes: for a reader of 1.1, of 1.2, or for Go's yaml.v2,
 * with which kubectl and the API server read. All but the last line can be the value of a label.
 */
export const yamlWords: readonly string[] = [
  ...["no", "yes", "on", "off", "No", "ON", "y", "n", "Y", "N", "true", "False", "null", "Null", ""],
  ...["1", "017", "08", "0o7", "0x1f", "0b1", "1_000", "1e3", "1.5", "1.", "2001-01-01", "1e400"],
  // Go's alone.
  ...["0X1F", "0B1", "0O7", "1e_5", "1e3_0", "0_x1"],
  ...[
    "~",
    "<<",
    "=",
    "+1",
    "-1",
    ".5",
    ".inf",
    "-.INF",
    ".nan",
    "+_1",
    "1:30",
    "190:20:30.15",
    "2001-01-01 1:1:1",
    "- a",
    "a: b",
  ],
];
