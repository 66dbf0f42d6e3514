import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { joined, type Markdown, markdown, type Shell, shell, shellBlock, textOf } from "../../../lib/config/quoting";
import { asCode, nounFor } from "../../../lib/config/wording";

const hostile = [
  ..."; touch pwned;|$(id)|`id`|a b|it's|'|''|\"|\\|~|#x|=x|*|{a,b}|$HOME|&&|>x||!x|a\\|-x|é|\u{1f600}".split("|"),
  "|",
];

describe("a shell line", () => {
  test("has each value as one word, for a real shell", () => {
    const words = [
      ...hostile,
      ...fc.sample(fc.string({ unit: fc.constantFrom(..." '\"\\$`;|&<>()~#*?[]{}!=a-") }), 100),
    ];
    const lines = words.map((word) => `printf '%s\\n' ${textOf(shell`x${word} ${word}`)}`);
    const { stdout, stderr } = spawnSync("sh", ["-c", lines.join("\n")], { encoding: "utf8", cwd: __dirname });
    expect({ stdout, stderr }).toEqual({ stdout: words.map((word) => `x${word}\n${word}\n`).join(""), stderr: "" });
  });

  test("has no quotes where none are needed, and takes another line as it is", () => {
    const kubectl = shell`kubectl --context ${"kind-serving"}`;
    expect(textOf(shell`${kubectl} apply -f ${"a/b_c.yaml"} ${7} ${"<x>"}`)).toBe(
      "kubectl --context kind-serving apply -f a/b_c.yaml 7 '<x>'",
    );
  });

  test("has no line break, and nothing that a terminal acts on", () => {
    expect(textOf(shell`x ${"a\n\u202eb\u2028"}`)).toBe(String.raw`x 'a\u000a\u202eb\u2028'`);
  });

  test("takes no value between quotes, which the value's own would end", () => {
    expect(() => shell`jq '.["${"a"}"]'`).toThrow("between the quotes");
    expect(() => shell`echo "${"a"}"`).toThrow("between the quotes");
    expect(textOf(shell`jq '.x' ${"a"}`)).toBe("jq '.x' a");
  });
});

describe("a part of a page", () => {
  test("shows a value as text, whatever Markdown would make of it", () => {
    expect(textOf(markdown`of ${"*a* _b_ [c](d) <e> `f` \\g &amp; ~~h~~"}, ${7}`)).toBe(
      String.raw`of \*a\* \_b\_ \[c\](d) \<e> \`f\` \\g \&amp; \~\~h\~\~, 7`,
    );
    expect(textOf(markdown`${"~> 6.25, >= 1.5 (a-b) ü#1"}`)).toBe("~> 6.25, >= 1.5 (a-b) ü#1");
  });

  test("shows a name as code, between more backticks than are in it", () => {
    expect(textOf(nounFor("zone", ["a", "x`y``", "`"].map(asCode)))).toBe("zones `a`, ``` x`y`` ```, `` ` ``");
    expect(textOf(asCode("; rm *"))).toBe("`; rm *`");
  });

  test("takes what stands beside other code for a word of a shell line", () => {
    const line = shell`kubectl --context ${"x; touch pwned; "}`;
    expect(textOf(markdown`Run \`${line} -n ${"a b"}\`, then \`x ${"y"}\`.`)).toBe(
      "Run `kubectl --context 'x; touch pwned; ' -n 'a b'`, then `x y`.",
    );
    expect(textOf(markdown`\`gcloud ${"a`b"}\``)).toBe("`` gcloud 'a`b' ``");
    expect(textOf(joined([markdown`a`, shellBlock([line])], "\n"))).toBe(
      "a\n```sh\nkubectl --context 'x; touch pwned; '\n```",
    );
  });

  test("takes no Markdown for code, no shell line for text, and leaves no code open", () => {
    expect(() => markdown`\`x ${markdown`y`}\``).toThrow("does not belong");
    expect(() => markdown`x ${shell`y`}`).toThrow("does not belong");
    expect(() => markdown`\`x`).toThrow("a backtick is missing");
  });
});

test("nothing else makes a quoted text, and nothing takes one for a text", () => {
  // @ts-expect-error: a text is not quoted.
  const text: Markdown = "text";
  // @ts-expect-error: no other file can say what is quoted.
  const forged: Shell = { reader: "shell" };
  // @ts-expect-error: a line for a shell is no part of a page.
  const mixed: Markdown = shell`x`;
  expect([text, forged.reader, mixed.reader]).toEqual(["text", "shell", "shell"]);
  expect(() => `${markdown`x`}`).toThrow("stands in a template of another kind");
});
