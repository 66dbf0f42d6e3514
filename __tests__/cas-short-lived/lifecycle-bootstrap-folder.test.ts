import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asRoot, needsRoot, newPool, serviceUser, shells, TrainingNode } from "../support/node/training-node";

jest.setTimeout(30_000);

let pool: string;
let node: TrainingNode;
beforeAll(() => {
  pool = newPool();
});
afterAll(() => rmSync(pool, { recursive: true, force: true }));
beforeEach(() => {
  node = new TrainingNode(pool);
});
afterEach(() => node.remove());

/** What is in the folder of a stack's certificates by then, and what a run says of it. */
const refused: Readonly<Record<string, [prepare: string, says: string]>> = {
  "a folder above that another user owns": [
    `mkdir -p app/pairs && chown ${serviceUser} app`,
    `HOME/app belongs to SERVICE (${serviceUser}) and has mode 755, so others could have root write or remove files elsewhere; all on the way to HOME/app/pairs must belong to root and be writable by root alone: run "chown -h root HOME/app" and "chmod go-w HOME/app", or give the node group another path`,
  ],
  "a folder above that a group may write": ["mkdir -m 775 app", "HOME/app belongs to root (0) and has mode 775,"],
  "a folder above that all may write": ["mkdir -m 757 app", "has mode 757,"],
  "a folder of another user, in which others cannot replace files": [
    `mkdir -m 1777 app && chown ${serviceUser} app`,
    "has mode 1777,",
  ],
  "the folder itself, in which others make files": ["mkdir -p app/pairs && chmod 1777 app/pairs", "has mode 1777,"],
  "a link of another user": [
    `mkdir -p real/pairs && ln -s real app && chown -h ${serviceUser} app`,
    "HOME/app belongs to",
  ],
  "a link into a folder of another user": [
    `mkdir -p theirs/real/pairs && chown ${serviceUser} theirs && ln -s theirs/real app`,
    "HOME/theirs belongs to",
  ],
  "a link back over a folder of another user": [
    `mkdir -p theirs/in real/pairs && chown ${serviceUser} theirs && ln -s theirs/in/../../real app`,
    "HOME/theirs belongs to",
  ],
  "a link to itself": ["ln -s app app", "HOME/app is a link that leads back to itself"],
  "versions behind a link": [
    "mkdir -p app/pairs other && ln -s ../../other app/pairs/versions",
    "versions is no folder",
  ],
  "versions of another user": [
    `mkdir -p app/pairs/versions && chown ${serviceUser} app/pairs/versions`,
    "HOME/app/pairs/versions belongs to",
  ],
  "a lock behind a link to nothing": [
    "mkdir -p app/pairs && ln -s ../../made app/pairs/.lock",
    "HOME/app/pairs/.lock is no file",
  ],
  "a lock behind a link to a file": [
    "mkdir -p app/pairs && touch file && ln -s ../../file app/pairs/.lock",
    "HOME/app/pairs/.lock is no file",
  ],
  "a lock that is a pipe": ["mkdir -p app/pairs && mkfifo app/pairs/.lock", "HOME/app/pairs/.lock is no file"],
  "a lock of another user": [
    `mkdir -p app/pairs && touch app/pairs/.lock && chown ${serviceUser} app/pairs/.lock`,
    "HOME/app/pairs/.lock belongs to",
  ],
  "a version in use that is elsewhere": [
    "mkdir -p app/pairs/versions other && ln -s ../../other app/pairs/current",
    "HOME/app/pairs/current leads to ../../other, which is no folder of HOME/app/pairs/versions; remove the link",
  ],
  "a version in use further up": [
    "mkdir -p app/pairs/versions && ln -s versions/../../../other app/pairs/current",
    "HOME/app/pairs/current leads to versions/../../../other,",
  ],
  "a version in use behind a second link": [
    "mkdir -p app/pairs/versions other && ln -s ../../../other app/pairs/versions/a && ln -s versions/a app/pairs/current",
    "HOME/app/pairs/current leads to versions/a,",
  ],
  "a version of another user": [
    `mkdir -p app/pairs/versions/a && ln -s versions/a app/pairs/current && chown ${serviceUser} app/pairs/versions/a`,
    "HOME/app/pairs/versions/a belongs to",
  ],
};

describe("a folder for certificates", () => {
  const serviceName = spawnSync("id", ["-nu", String(serviceUser)], { encoding: "utf8" }).stdout.trim() || "UNKNOWN";
  beforeEach(() => {
    node.set({ FOLDER: join(node.home, "app/pairs") });
  });

  for (const [what, [prepare, says]] of Object.entries(refused)) {
    const own = !prepare.includes("chown") && !says.includes("root");
    (own ? test : asRoot)(`is refused with ${what}${own ? "" : needsRoot}`, async () => {
      node.sh(`mkdir -p other/kept; ${prepare}`);
      const { code, log } = await node.run();
      const said = says.replaceAll("HOME", node.home).replace("SERVICE", serviceName);
      expect({ code, log }).toEqual({ code: 40, log: expect.stringContaining(said) });
      expect(log.trimEnd().split("\n")).toHaveLength(1);
      expect(readdirSync(join(node.home, "other"))).toEqual(["kept"]);
      expect(existsSync(join(node.home, "made"))).toBe(false);
      expect(node.asked()).toBe(0);
    });
  }

  test("may lie behind links of root, and in a folder in which others cannot replace files", async () => {
    node.sh(
      "mkdir -m 1777 shared && mkdir -p shared/in/real && ln -s real shared/in/link && ln -s shared/../shared/./in//link app",
    );
    const { code, log } = await node.run();
    expect({ code, log }).toEqual({ code: 0, log });
    expect(readdirSync(join(node.home, "shared/in/real/pairs/current/"))).toContain("tls.crt");
  });

  test("is refused where a link takes the place of a folder that was just looked for", async () => {
    node.sh("mkdir other");
    // What another user could do in a folder like /tmp, between two steps of the script.
    const swap = `#!/bin/sh\nln -s ${node.home}/other ${node.home}/app\nrm "$0"\n`;
    writeFileSync(join(node.bin, "mkdir"), swap, { mode: 0o755 });
    const { code, log } = await node.run();
    expect({ code, log }).toEqual({
      code: 40,
      log: expect.stringContaining(`${node.home}/app was replaced by a link`),
    });
    expect(readdirSync(join(node.home, "other"))).toEqual([]);
  });

  test("does not have its note of a told service written behind a link", async () => {
    node.sh("mkdir app");
    const reload = `ln -s ${node.home}/made ${node.home}/app/pairs/current/.told`;
    node.set({ RELOAD: reload });
    expect((await node.run()).code).toBe(40);
    expect(existsSync(join(node.home, "made"))).toBe(false);
  });

  test("is not where reload commands start", async () => {
    node.sh("mkdir app");
    node.set({ RELOAD: `pwd >${node.home}/told` });
    expect((await node.run()).code).toBe(0);
    expect(readFileSync(join(node.home, "told"), "utf8")).toBe("/\n");
  });
});

describe.each(Object.keys(shells))("with %s as sh", (shell) => {
  test("a killed run leaves no program that holds the lock", async () => {
    const own = new TrainingNode(pool, shells[shell]);
    try {
      for (const program of ["ln", "date"]) expect((await own.runKilledBy(program)).code).toBeNull();
      const { code, log } = await own.run();
      expect({ code, log }).toEqual({ code: 0, log });
    } finally {
      own.remove();
    }
  });
});
