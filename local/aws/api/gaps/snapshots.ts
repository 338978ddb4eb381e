import type { Element } from "@xmldom/xmldom";
import type { Gap } from "../gap";
import { childText, elements } from "../xml";

/** In moto a snapshot holds nothing; here it holds what its volume did when it was taken. */
export const snapshots: Gap = {
  service: "ec2",
  actions: ["CreateSnapshot", "CreateSnapshots"],
  async amend(document, machine) {
    for (const id of elements(document, "snapshotId")) {
      await machine.snapshots.take(childText(id.parentNode as Element, "volumeId"), id.textContent ?? "");
    }
  },
};

/** Of this region or of another: on this machine all are in one place. */
export const snapshotCopy: Gap = {
  service: "ec2",
  actions: ["CopySnapshot"],
  async amend(document, machine, { params }) {
    const [copy] = elements(document, "snapshotId");
    await machine.snapshots.copy(params.get("SourceSnapshotId") ?? "", copy.textContent ?? "");
  },
};

export const snapshotDeletion: Gap = {
  service: "ec2",
  actions: ["DeleteSnapshot"],
  act: ({ params }, machine) => machine.snapshots.delete(params.get("SnapshotId") ?? ""),
};
