import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cas, certificate } from "../cas-short-lived/configs";
import { trainersData } from "../support/node/training-node";

test("what reads requests is loaded for configs with requests alone", () => {
  jest.isolateModules(() => {
    jest.doMock("@peculiar/asn1-schema", () => {
      throw new Error("loaded");
    });
    const { checkedConfig } = require("../../stacks/check") as typeof import("../../stacks/check");
    expect(checkedConfig(cas()).report.problems).toEqual([]);
    expect(() => checkedConfig(certificate({}))).toThrow("loaded");
    jest.dontMock("@peculiar/asn1-schema");
  });
});

test("the list of public suffixes is loaded for names under which it may have something", () => {
  const { parse } = jest.requireActual<typeof import("tldts")>("tldts");
  jest.isolateModules(() => {
    const loaded = jest.fn(() => ({ parse }));
    jest.doMock("tldts", loaded);
    const names = require("../../lib/config/dns-names") as typeof import("../../lib/config/dns-names");
    names.publicNameProblem("api.example.com", "ACM");
    expect(loaded).not.toHaveBeenCalled();
    names.publicNameProblem("api.example.de", "ACM");
    expect(loaded).toHaveBeenCalled();
    jest.dontMock("tldts");
  });
});

test("user data is the same from a checkout with CRLF line ends, which no shell on a node could read", () => {
  const script = readFileSync(join(__dirname, "../../stacks/cas-short-lived/node-bootstrap.sh"), "utf8");
  const asChecked = script.replaceAll("\n", "\r\n");
  jest.isolateModules(() => {
    jest.doMock("../../stacks/cas-short-lived/node-bootstrap.sh", () => ({ __esModule: true, default: asChecked }));
    const again = require("../support/node/training-node") as typeof import("../support/node/training-node");
    expect(again.trainersData()).toBe(trainersData());
  });
});
