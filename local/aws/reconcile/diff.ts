import type { Cloud, Instance, Volume } from "../model/model";

/** What is on the machine. */
export interface Actual {
  hosts: ActualHost[];
  /** Ids of volumes that have an image. */
  volumes: string[];
}

export interface ActualHost {
  instanceId: string;
  vpcId: string;
  address: string;
  /** Something is being done to it: it is left alone until that is over. */
  busy: boolean;
  running: boolean;
  /** Ids of the volumes that it has. */
  attached: string[];
}

/** One thing to do. */
export type Step =
  | { do: "create-volume"; volume: Volume }
  | { do: "delete-volume"; volumeId: string }
  | { do: "boot"; instance: Instance }
  | { do: "stop"; instanceId: string }
  | { do: "remove"; instanceId: string }
  | { do: "attach"; instanceId: string; volume: Volume; device: string }
  | { do: "detach"; instanceId: string; volumeId: string };

/**
 * What is to be done, now, so that the machine becomes what the API says. What has to wait for something else (a host
 * for its address, a volume for its old host) is not among the steps yet; it is when the loop comes round again.
 */
export function diff(cloud: Pick<Cloud, "instances" | "volumes">, actual: Actual): Step[] {
  const instances = new Map(cloud.instances.map((instance) => [instance.id, instance]));
  const dataVolumes = cloud.volumes.filter((volume) => !volume.attachment?.root);
  return [
    ...volumeSteps(dataVolumes, actual),
    ...actual.hosts.filter((host) => !host.busy).flatMap((host) => hostSteps(host, instances, dataVolumes, actual)),
    ...cloud.instances
      .filter((instance) => instance.state === "running" && !actual.hosts.some((h) => h.instanceId === instance.id))
      .filter((instance) => !actual.hosts.some((h) => h.vpcId === instance.vpcId && h.address === instance.address))
      .map((instance): Step => ({ do: "boot", instance })),
  ];
}

function volumeSteps(wanted: Volume[], actual: Actual): Step[] {
  const held = new Set(actual.hosts.flatMap((host) => host.attached));
  return [
    ...wanted
      .filter((volume) => !actual.volumes.includes(volume.id))
      .map((volume): Step => ({ do: "create-volume", volume })),
    ...actual.volumes
      .filter((id) => !wanted.some((volume) => volume.id === id) && !held.has(id))
      .map((volumeId): Step => ({ do: "delete-volume", volumeId })),
  ];
}

function hostSteps(host: ActualHost, instances: Map<string, Instance>, volumes: Volume[], actual: Actual): Step[] {
  const { instanceId } = host;
  const instance = instances.get(instanceId);
  if (!instance || instance.state === "terminated") return [{ do: "remove", instanceId }];
  if (instance.state === "stopped") return host.running ? [{ do: "stop", instanceId }] : [];
  if (!host.running) return [{ do: "boot", instance }];
  const own = volumes.filter((volume) => volume.attachment?.instanceId === instanceId);
  const heldElsewhere = (id: string) =>
    actual.hosts.some((other) => other.instanceId !== instanceId && other.attached.includes(id));
  return [
    ...host.attached
      .filter((id) => !own.some((volume) => volume.id === id))
      .map((volumeId): Step => ({ do: "detach", instanceId, volumeId })),
    ...own
      .filter(({ id }) => actual.volumes.includes(id) && !host.attached.includes(id) && !heldElsewhere(id))
      .map((volume): Step => ({ do: "attach", instanceId, volume, device: volume.attachment!.device })),
  ];
}

/** The step in words, which are the same when it is tried again. */
export function stepName(step: Step): string {
  if (step.do === "boot") return `boot ${step.instance.id}`;
  if (step.do === "create-volume") return `create-volume ${step.volume.id}`;
  if (step.do === "delete-volume") return `delete-volume ${step.volumeId}`;
  if (step.do === "attach") return `attach ${step.volume.id} to ${step.instanceId}`;
  if (step.do === "detach") return `detach ${step.volumeId} from ${step.instanceId}`;
  return `${step.do} ${step.instanceId}`;
}
