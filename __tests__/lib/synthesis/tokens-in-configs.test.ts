import { Token } from "cdktf";
import { plainData } from "../../../lib/config/plain-data";
import { newReport } from "../../../lib/config/report";

// The rule is written without the framework, which a check does not load.
test("every form that the framework gives a reference is refused in a config", () => {
  const known = { resolve: () => "x", creationStack: [] };
  const forms: readonly unknown[] = [
    Token.asString(known),
    Token.asList(known),
    Token.asNumber(known),
    Token.asNumberList(known),
    Token.asStringMap(known),
    Token.asNumberMap(known),
    Token.asAnyMap(known),
    `port ${Token.asNumber(known)}`,
    Token.STRING_MAP_TOKEN_VALUE,
    Token.ANY_MAP_TOKEN_VALUE,
    Token.NUMBER_MAP_TOKEN_VALUE,
  ];
  const accepted = forms.filter((form) => {
    const report = newReport();
    plainData({ deep: [form] }, report);
    return report.problems.length === 0;
  });
  expect(accepted).toEqual([]);
});
