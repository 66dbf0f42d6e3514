import { yamlText } from "../../lib/synthesis/yaml";
import { type Cluster, kubernetesNeed, startCluster } from "../support/servers/kubernetes-server";
import { yamlWords } from "../support/yaml-words";

const { name, missing } = kubernetesNeed();
const mustRun = (process.env.TLS_STACKS_REQUIRE ?? "").split(",").includes(name);
const title = `manifests on a server${missing === undefined ? "" : ` [skipped: ${missing}]`}`;

(missing === undefined || mustRun ? describe : describe.skip)(title, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster(["kind-serving"]);
  }, 90_000);
  afterAll(() => cluster?.stop());

  test("every text that some YAML takes for another thing arrives as it was, as a label and as data", async () => {
    const path = "/api/v1/namespaces/default/configmaps/yaml-words";
    const entries = (words: readonly string[]) => Object.fromEntries(words.map((word, at) => [`word-${at}`, word]));
    const labels = entries(yamlWords.filter((word) => /^(\w([\w.-]*\w)?)?$/.test(word)));
    const keys = ["no", "1_000", "0x1f", "1e5", "2001-01-01", ".5"];
    const data = { ...entries(yamlWords), ...Object.fromEntries(keys.map((key) => [key, key])) };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "yaml-words", labels }, data };
    const taken = await cluster.call("PATCH", `${path}?fieldManager=test&force=true`, yamlText([object]));
    expect(taken).toMatchObject({ metadata: { labels }, data });
    await cluster.call("DELETE", path);
  }, 30_000);
});
