import { kinds } from "../../recover/kinds";
import { deploy } from "./deploy";

const set = (values: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `realm-cluster:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

test("whatever the program makes can be recovered from an interrupted run", async () => {
  const everything = set({
    placement: "dedicated",
    network: { nat: "single" },
    loadBalancer: { certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1", domain: "realm.example.com" },
    dns: { zoneId: "Z0123456789", privateZone: "realm.internal" },
    watching: { enabled: true, notify: ["ops@example.com"] },
    backup: { schedule: "cron(0 3 * * ? *)", copyToRegion: "eu-central-1" },
  });
  const mirror = "https://mirror.example.com/{version}.tar.xz";
  const secluded = set({ network: { nat: "none" }, consul: { url: mirror }, node: { url: mirror } });
  const made = [...(await deploy(everything)).resources, ...(await deploy(secluded)).resources];
  const types = new Set(
    made.filter(({ custom, type }) => custom && !type.startsWith("pulumi:")).map(({ type }) => type),
  );
  expect([...types].filter((type) => !(type in kinds))).toEqual([]);
  // What nobody makes any more is not looked for.
  expect(Object.keys(kinds).filter((type) => !types.has(type))).toEqual([]);
});
