import { type Meanings, tellDifferences } from "../../lib/change/meaning";
import { newReport } from "../../lib/config/report";

const made: Meanings[string] = {
  at: (name) => ["backends", name.replace(/^.*_/, "")],
  changed: {},
  gone: { is: "quiet", field: [], because: "a rule tells it" },
};

test("what the config no longer has is named once, whatever was made for it", () => {
  const report = newReport();
  const place = report.in("stacks", "lb");
  // What a rule says of another one tells nothing of it.
  place.in("backends").warning('lacks "mistral"');
  const gone = ["service.backend_llama", "check.health_llama"].map((address) => ({
    address,
    fate: "gone" as const,
    changed: [],
  }));
  tellDifferences(gone, [], { service: made, check: made }, place, report);
  expect(report.warnings.slice(1)).toEqual([
    {
      path: ["stacks", "lb", "backends"],
      message:
        'lacks "llama", which was there before: what was made for it goes, such as service.backend_llama; see that nobody uses it',
    },
  ]);
});

test("what a rule spoke of, at it or in it, is not missing", () => {
  const report = newReport();
  const place = report.in("stacks", "lb");
  place.in("backends", "llama", "service").warning("is another one");
  const gone = { address: "service.backend_llama", fate: "gone" as const, changed: [] };
  tellDifferences([gone], [], { service: made }, place, report);
  expect(report.warnings).toHaveLength(1);
});
