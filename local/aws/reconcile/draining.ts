import type { Cloud, Target } from "../model/model";

/** A target that leaves, and what its connections are known by. */
interface Leaving extends Target {
  groupArn: string;
  vpcId: string;
  address: string;
  timer: NodeJS.Timeout;
}

export interface DrainingOptions {
  cloud(): Cloud;
  /** Closes what is still open between the load balancers of the VPC and the target. */
  disconnect(vpcId: string, address: string, port: number): void;
}

/**
 * Targets that were deregistered. As on AWS they are told as draining until their group's deregistration delay has passed, also when no
 * connection is left; nothing new is sent to them, and what is open then is closed.
 */
export class Draining {
  private readonly leaving = new Map<string, Leaving>();

  constructor(private readonly options: DrainingOptions) {}

  /** Targets of a group were deregistered just now. Those of a group that no listener uses are gone at once. */
  begin(groupArn: string, ids: string[]): void {
    const { targetGroups, loadBalancers, instances } = this.options.cloud();
    const group = targetGroups.find(({ arn }) => arn === groupArn);
    const isUsed = loadBalancers
      .flatMap(({ listeners }) => listeners)
      .some(({ action }) => action.type === "forward" && action.targetGroupArn === groupArn);
    if (!group || !isUsed) return;
    for (const target of group.targets.filter(({ id }) => ids.includes(id))) {
      this.cancel(groupArn, [target.id]);
      const address = instances.find(({ id }) => id === target.id)?.address ?? target.id;
      const timer = setTimeout(() => this.end(groupArn, target.id), group.deregistrationDelaySeconds * 1000).unref();
      this.leaving.set(key(groupArn, target.id), { ...target, groupArn, vpcId: group.vpcId, address, timer });
    }
  }

  /** Targets were registered again. */
  cancel(groupArn: string, ids: string[]): void {
    for (const id of ids) {
      clearTimeout(this.leaving.get(key(groupArn, id))?.timer);
      this.leaving.delete(key(groupArn, id));
    }
  }

  /** The group's targets that are draining. */
  of(groupArn: string): Target[] {
    return [...this.leaving.values()].filter((one) => one.groupArn === groupArn).map(({ id, port }) => ({ id, port }));
  }

  private end(groupArn: string, id: string): void {
    const { vpcId, address, port } = this.leaving.get(key(groupArn, id))!;
    this.leaving.delete(key(groupArn, id));
    this.options.disconnect(vpcId, address, port);
  }
}

const key = (groupArn: string, id: string) => `${groupArn} ${id}`;
