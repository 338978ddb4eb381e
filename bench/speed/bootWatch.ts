/** When hosts' instances are launched and when they are ready, as the engine tells it. */
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** The life of a host's boot in an update, in milliseconds. */
interface Boot {
  /** When its predecessor's disk, or its predecessor itself, was taken; as `launched` for a new host. */
  begun: number;
  launched: number;
  ready: number;
}

const INSTANCE = "aws:ec2/instance:Instance";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";

export class BootWatch {
  private readonly seen = new Map<string, Partial<Boot>>();
  private first?: number;
  private last = 0;

  /** Takes in what the engine tells of an update. */
  readonly onEvent = ({ resourcePreEvent, resOutputsEvent }: EngineEvent): void => {
    this.last = Date.now();
    this.first ??= this.last;
    const begun = resourcePreEvent?.metadata;
    if (begun?.op === "delete-replaced" && [INSTANCE, ATTACHMENT].includes(begun.type)) {
      this.note(nameOf(begun.urn), "begun");
    }
    if (begun?.type === INSTANCE && ["create", "create-replacement"].includes(begun.op)) {
      this.note(nameOf(begun.urn), "launched");
    }
    const done = resOutputsEvent?.metadata;
    if (
      done &&
      ["create", "update"].includes(done.op) &&
      done.urn.endsWith("-boot") &&
      done.type.startsWith("command:")
    ) {
      this.note(nameOf(done.urn).replace(/-boot$/, ""), "ready");
    }
  };

  /** From the engine's first word to its last, in seconds: `pulumi up` without what the Automation API does around it. */
  get updateSeconds(): number {
    return this.first === undefined ? 0 : (this.last - this.first) / 1000;
  }

  /** The boots that were seen from their launch to their end, by host. */
  get boots(): Map<string, Boot> {
    return new Map(
      [...this.seen].flatMap(([host, { launched, ready, begun = launched }]) =>
        launched !== undefined && ready !== undefined && begun !== undefined
          ? [[host, { begun, launched, ready }]]
          : [],
      ),
    );
  }

  /** The first of each counts: what is taken away before an instance is told before it. */
  private note(host: string, what: keyof Boot): void {
    const boot = this.seen.get(host) ?? {};
    this.seen.set(host, { [what]: Date.now(), ...boot });
  }
}

const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

/** From its launch until it was ready, in seconds. */
export const bootSeconds = ({ launched, ready }: Pick<Boot, "launched" | "ready">): number => (ready - launched) / 1000;
