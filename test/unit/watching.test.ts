import { planCluster } from "../../plan";
import { configured, facts } from "./plan.examples";

const plan = (changes: Record<string, unknown> = {}) =>
  planCluster(configured({ watching: { enabled: true }, ...changes }), facts, "dev");
const alarms = plan().watching!.alarms;

test("nothing is watched unless it is asked for", () => {
  expect(planCluster(configured(), facts, "dev").watching).toBeUndefined();
});

test("every host has the alarms of a host, by its own name", () => {
  const names = alarms.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const of = (host: string) => alarms.filter((alarm) => alarm.host === host).map(({ name }) => name);
  for (const { name } of plan().hosts) {
    expect(of(name)).toEqual(expect.arrayContaining([`${name}-system`, `${name}-instance`]));
  }
});

test("EC2 recovers an instance before it would reboot it", () => {
  const cured = alarms.filter(({ cure }) => cure);
  expect(cured.map(({ metric, cure, minutes }) => `${metric.name} ${cure} ${minutes}`)).toEqual(
    plan().hosts.flatMap(() => ["StatusCheckFailed_System recover 2", "StatusCheckFailed_Instance reboot 3"]),
  );
});

test("an alarm says in sentences what has happened", () => {
  for (const { description } of alarms) expect(description).toMatch(/^[A-Z].{20,}\.$/);
  // CloudWatch takes 1024.
  for (const { description } of alarms) expect(description.length).toBeLessThan(1024);
});

test("e-mail addresses are subscribed, and topics of others are told", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:on-call";
  const { watching } = plan({ watching: { enabled: true, notify: ["a@example.com", topic] } });
  expect(watching).toMatchObject({ emails: ["a@example.com"], topics: [topic] });
});
