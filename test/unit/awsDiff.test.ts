import fc from "fast-check";
import type { Instance, Volume } from "../../local/aws/model/model";
import { diff, stepName, type Actual, type ActualHost, type Step } from "../../local/aws/reconcile/diff";
import { instance } from "./awsCloud";

const host = (instanceId: string, more: Partial<ActualHost> = {}): ActualHost => ({
  instanceId,
  vpcId: "vpc-1",
  address: "10.0.1.10",
  busy: false,
  running: true,
  attached: [],
  ...more,
});
const volume = (id: string, instanceId?: string, root = false): Volume => ({
  id,
  size: 1,
  attachment: instanceId ? { instanceId, device: "/dev/sdf", root } : undefined,
});
const steps = (wanted: { instances?: Instance[]; volumes?: Volume[] }, actual: Partial<Actual>) =>
  diff({ instances: [], volumes: [], ...wanted }, { hosts: [], volumes: [], ...actual }).map(stepName);

describe("what is to be done", () => {
  test("nothing, where the machine is what the API says", () => {
    const wanted = { instances: [instance("i-a")], volumes: [volume("vol-1", "i-a"), volume("vol-r", "i-a", true)] };
    expect(steps(wanted, { hosts: [host("i-a", { attached: ["vol-1"] })], volumes: ["vol-1"] })).toEqual([]);
  });

  test("an instance is booted, stopped, booted again and removed", () => {
    expect(steps({ instances: [instance("i-a")] }, {})).toEqual(["boot i-a"]);
    const stopped = { instances: [instance("i-a", { state: "stopped" })] };
    expect(steps(stopped, { hosts: [host("i-a")] })).toEqual(["stop i-a"]);
    expect(steps(stopped, { hosts: [host("i-a", { running: false })] })).toEqual([]);
    expect(steps({ instances: [instance("i-a")] }, { hosts: [host("i-a", { running: false })] })).toEqual(["boot i-a"]);
    const terminated = { instances: [instance("i-a", { state: "terminated" })] };
    expect(steps(terminated, { hosts: [host("i-a")] })).toEqual(["remove i-a"]);
    expect(steps({}, { hosts: [host("i-a")] })).toEqual(["remove i-a"]);
    expect(steps(terminated, {})).toEqual([]);
  });

  test("a host that is busy is left alone", () => {
    expect(steps({}, { hosts: [host("i-a", { busy: true })] })).toEqual([]);
  });

  test("a replacement waits until the address is free", () => {
    const wanted = { instances: [instance("i-old", { state: "terminated" }), instance("i-new")] };
    expect(steps(wanted, { hosts: [host("i-old")] })).toEqual(["remove i-old"]);
    expect(steps(wanted, {})).toEqual(["boot i-new"]);
  });

  test("a volume waits for its image, and for the host that has it", () => {
    const wanted = { instances: [instance("i-a")], volumes: [volume("vol-1", "i-a")] };
    expect(steps(wanted, { hosts: [host("i-a")] })).toEqual(["create-volume vol-1"]);
    expect(steps(wanted, { hosts: [host("i-a")], volumes: ["vol-1"] })).toEqual(["attach vol-1 to i-a"]);
    const hosts = [host("i-a"), host("i-old", { busy: true, attached: ["vol-1"], address: "10.0.1.11" })];
    expect(steps(wanted, { hosts, volumes: ["vol-1"] })).toEqual([]);
  });

  test("a volume is detached, and deleted only when no host has it", () => {
    const actual = { hosts: [host("i-a", { attached: ["vol-1"] })], volumes: ["vol-1"] };
    expect(steps({ instances: [instance("i-a")] }, actual)).toEqual(["detach vol-1 from i-a"]);
    expect(steps({ instances: [instance("i-a")] }, { hosts: [host("i-a")], volumes: ["vol-1"] })).toEqual([
      "delete-volume vol-1",
    ]);
  });
});

/** The machine as it is after a step. */
function after(actual: Actual, step: Step): Actual {
  const change = (id: string, changed: Partial<ActualHost>) =>
    actual.hosts.map((h) => (h.instanceId === id ? { ...h, ...changed } : h));
  const attached = (id: string) => actual.hosts.find((h) => h.instanceId === id)!.attached;
  switch (step.do) {
    case "create-volume":
      return { ...actual, volumes: [...actual.volumes, step.volume.id] };
    case "delete-volume":
      return { ...actual, volumes: actual.volumes.filter((id) => id !== step.volumeId) };
    case "boot": {
      const { id, address } = step.instance;
      const known = actual.hosts.some((h) => h.instanceId === id);
      return { ...actual, hosts: known ? change(id, { running: true }) : [...actual.hosts, host(id, { address })] };
    }
    case "stop":
      return { ...actual, hosts: change(step.instanceId, { running: false }) };
    case "remove":
      return { ...actual, hosts: actual.hosts.filter((h) => h.instanceId !== step.instanceId) };
    case "attach":
      return {
        ...actual,
        hosts: change(step.instanceId, { attached: [...attached(step.instanceId), step.volume.id] }),
      };
    case "detach":
      return {
        ...actual,
        hosts: change(step.instanceId, { attached: attached(step.instanceId).filter((id) => id !== step.volumeId) }),
      };
  }
}

describe("step by step, from anything to anything", () => {
  const ids = ["i-0", "i-1", "i-2", "i-3"];
  const volumeIds = ["vol-0", "vol-1", "vol-2"];
  const pick = <T>(values: T[]) => fc.constantFrom(...values);
  // Two instances with one address, of which one is terminated, as in a replacement.
  const wantedInstances = fc
    .tuple(...ids.map(() => pick(["running", "stopped", "terminated", "absent"] as const)))
    .map((states) =>
      ids.flatMap((id, index): Instance[] => {
        const state = states[index];
        return state === "absent" ? [] : [instance(id, { state, address: `10.0.1.${index}` })];
      }),
    );
  const wantedVolumes = fc
    .tuple(...volumeIds.map(() => pick([...ids, "nobody", "absent"])))
    .map((owners) =>
      volumeIds.flatMap((id, index) =>
        owners[index] === "absent" ? [] : [volume(id, owners[index] === "nobody" ? undefined : owners[index])],
      ),
    );
  const present = fc
    .tuple(
      ...ids.map(() => pick(["running", "off", "absent"])),
      ...volumeIds.map(() => pick([...ids, "nobody", "absent"])),
    )
    .map((states): Actual => {
      const owners = states.slice(ids.length);
      const hosts = ids.flatMap((id, index) =>
        states[index] === "absent"
          ? []
          : [
              host(id, {
                // Of another instance's replacement: the addresses go round.
                address: `10.0.1.${index}`,
                running: states[index] === "running",
                attached: volumeIds.filter((_, volumeIndex) => owners[volumeIndex] === id),
              }),
            ],
      );
      return { hosts, volumes: volumeIds.filter((_, index) => owners[index] !== "absent") };
    });

  test("the machine becomes what the API says, and then nothing is left to do", () => {
    fc.assert(
      fc.property(wantedInstances, wantedVolumes, present, (instances, volumes, start) => {
        let actual = start;
        for (let round = 0; round < 6; round++) {
          for (const step of diff({ instances, volumes }, actual)) actual = after(actual, step);
          for (const id of volumeIds) {
            expect(actual.hosts.filter((h) => h.attached.includes(id)).length).toBeLessThanOrEqual(1);
          }
        }
        expect(diff({ instances, volumes }, actual)).toEqual([]);
        const running = instances.filter((i) => i.state === "running").map((i) => i.id);
        expect(
          actual.hosts
            .filter((h) => h.running)
            .map((h) => h.instanceId)
            .sort(),
        ).toEqual(running);
        for (const wanted of volumes) {
          const owner = wanted.attachment?.instanceId;
          if (!owner || !running.includes(owner)) continue;
          const holder = actual.hosts.find((h) => h.attached.includes(wanted.id));
          // A stopped host keeps its volumes, as on EC2; what it keeps is not given away meanwhile.
          const keeper = instances.find((i) => i.id === holder?.instanceId);
          if (keeper?.state !== "stopped") expect(holder?.instanceId).toBe(owner);
        }
      }),
    );
  });
});
