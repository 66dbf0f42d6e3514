import { day } from "../../../lib/config/duration";
import { brokenLinks } from "../../../lib/vault-role/ttl-chain";

describe("lifetimes from the certificate to the root", () => {
  const chain = {
    leaf: 30 * day,
    roleMax: 90 * day,
    mountMax: 365 * day,
    intermediate: 1_825 * day,
    root: 3_650 * day,
  };

  test("grow, or stay the same below an authority, and only grow from one authority to the next", () => {
    expect(brokenLinks(chain)).toEqual([]);
    expect(brokenLinks({ leaf: 1, roleMax: 1, mountMax: 1, intermediate: 2, root: 3 })).toEqual([]);
    const same = brokenLinks({ leaf: day, roleMax: day, mountMax: day, intermediate: day, root: day });
    expect(same.map(({ from, to }) => `${from} > ${to}`)).toEqual(["mountMax > intermediate", "intermediate > root"]);
    const { root: _, ...alone } = chain;
    expect(brokenLinks(alone)).toEqual([]);
  });

  test("are each held against the next, with the arithmetic, the effect and the fix", () => {
    expect(brokenLinks({ ...chain, leaf: 100 * day })).toEqual([
      {
        from: "leaf",
        to: "roleMax",
        message:
          'is "100d", longer than the role\'s max_ttl (100d - 90d = 10d too much); Vault would shorten it without an error; write at most "90d" or give the role\'s max_ttl at least "100d"',
      },
    ]);
    const all = brokenLinks({ leaf: 5, roleMax: 4, mountMax: 3, intermediate: 2, root: 1 });
    expect(all.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      "leaf > roleMax",
      "roleMax > mountMax",
      "mountMax > intermediate",
      "intermediate > root",
    ]);
  });

  test.each([
    ["err", "refuse"],
    ["truncate", "cut"],
    ["permit", "could outlive"],
  ] as const)("beyond the authority's end, with %s: %s", (leafNotAfterBehavior, word) => {
    const [broken] = brokenLinks({ ...chain, mountMax: 2_000 * day, leafNotAfterBehavior });
    expect(broken?.message).toContain(word);
  });
});
