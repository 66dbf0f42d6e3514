import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asRoot, needsRoot, newPool, serviceUser, TrainingNode } from "../support/node/training-node";

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

describe("a service whose user has the folder above its certificates", () => {
  beforeEach(() => {
    node.sh("mkdir app");
    node.set({ FOLDER: join(node.home, "app/pairs") });
  });

  asRoot(`cannot have the folders of root removed through a link${needsRoot}`, async () => {
    node.sh("mkdir -p victim/database victim/mail");
    node.sh(`chown ${serviceUser} app`);
    node.sh('mkdir app/pairs && ln -s "$PWD/victim" app/pairs/versions', serviceUser);
    const { code, log } = await node.run();
    expect(readdirSync(join(node.home, "victim")).sort()).toEqual(["database", "mail"]);
    expect({ code, log }).toEqual({ code: 40, log: expect.stringContaining("app belongs to") });
  });

  asRoot(`cannot have a file of root overwritten through a swapped link${needsRoot}`, async () => {
    node.sh("echo kept >victim");
    node.sh(`chown ${serviceUser} app`);
    const { code } = await node.runWhile(() =>
      node.sh(
        `version=$(ls app/pairs/versions) && mv app/pairs app/aside && mkdir -p app/pairs/versions/$version/.work &&
         ln -s "$PWD/victim" app/pairs/versions/$version/tls.crt`,
        serviceUser,
      ),
    );
    expect(readFileSync(join(node.home, "victim"), "utf8")).toBe("kept\n");
    expect(code).toBe(40);
  });
});

describe("a run", () => {
  test("works in the folder that it found: what another in its place leads to stays as it is", async () => {
    node.sh("echo kept >victim; mkdir app");
    node.set({ FOLDER: join(node.home, "app/pairs") });
    const { code, log } = await node.runWhile(() =>
      node.sh(
        `version=$(ls app/pairs/versions) && mv app/pairs app/aside && mkdir -p app/pairs/versions/$version/.work &&
         for file in tls.crt ca.crt .work/answer.pem .work/1.pem; do
           ln -s "$PWD/victim" app/pairs/versions/$version/$file
         done`,
      ),
    );
    expect(readFileSync(join(node.home, "victim"), "utf8")).toBe("kept\n");
    expect({ code, log }).toEqual({ code: 0, log });
    expect(readdirSync(join(node.home, "app/pairs"))).toEqual(["versions"]);
    expect(readdirSync(join(node.home, "app/aside/current/")).sort()).toEqual([
      ".told",
      "ca.crt",
      "tls.crt",
      "tls.key",
    ]);
  });

  // One that the script runs, and one of which it reads what it prints.
  test.each(["ln", "date"])("that is killed leaves a %s that does not hold the lock", async (program) => {
    expect((await node.runKilledBy(program)).code).toBeNull();
    const { code, log } = await node.run();
    expect({ code, log }).toEqual({ code: 0, log });
  });
});
