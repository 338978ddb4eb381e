/** What a cluster of many groups costs the program and the engine: hosts are launched, and none boots. */
import { type Undeployed, undeployed } from "../../test/program/release";
import { peakMemory } from "./peakMemory";
import { type Measure, type Progress, type Row, seconds, timed } from "./row";

const GROUPS = [1, 10, 100];

/**
 * Before and after each resource that it makes the engine writes its whole state, where that is kept in a directory or a bucket, so that
 * the last of many take as long as all before them. Without that the program, and what the engine does for it, are seen.
 */
const WITHOUT_CHECKPOINTS = { PULUMI_SKIP_CHECKPOINTS: "true" };

interface Size {
  groups: number;
  resources: number;
  upSeconds: number;
  previewSeconds: number;
  peakMebibytes: number;
  /** The largest user data of a host. */
  userDataBytes: number;
  stateBytes: number;
}

export const scale: Row = {
  name: "scale",
  about: "1, 10 and 100 groups of three workers by the real engine, without hosts and without its checkpoints",
  onHosts: false,
  async measure(progress, signal) {
    const sizes = await measureSizes(WITHOUT_CHECKPOINTS, progress, signal);
    return [...sizes.flatMap(absolute), ...growth(sizes[0], sizes[sizes.length - 1])];
  },
};

export const checkpoints: Row = {
  name: "checkpoints",
  about: "the same with the engine's checkpoints, its state in a directory: minutes",
  onHosts: false,
  async measure(progress, signal) {
    const sizes = await measureSizes({}, progress, signal);
    return growthWithCheckpoints(sizes[0], sizes[sizes.length - 1]);
  },
};

async function measureSizes(env: Record<string, string>, progress: Progress, signal: AbortSignal): Promise<Size[]> {
  const sizes: Size[] = [];
  for (const groups of GROUPS) {
    signal.throwIfAborted();
    progress(`${groups} ${groups === 1 ? "group" : "groups"} of three workers`);
    const cluster = await undeployed("dev", { env });
    try {
      sizes.push(await measureSize(cluster, groups, signal));
    } finally {
      cluster.endGates();
      await cluster.project.end();
    }
    progress(describe(sizes[sizes.length - 1]));
  }
  return sizes;
}

async function measureSize(
  { project, account, config }: Undeployed,
  groups: number,
  signal: AbortSignal,
): Promise<Size> {
  const labels = ["default", ...Array.from({ length: groups - 1 }, (_, index) => `group-${index + 2}`)];
  project.configure(
    account.toLocalConfig({
      ...config,
      "realm-cluster:placement": "dedicated",
      "realm-cluster:syncWorkerGroups": labels.map((label) => ({ label, workers: 3 })),
    }),
  );
  const run = async (...args: string[]) => {
    signal.throwIfAborted();
    const { seconds: took, result } = await timed(() => peakMemory(() => project.pulumi(...args)));
    if (result.result.code !== 0) throw new Error(result.result.text);
    return { seconds: took, mebibytes: result.mebibytes };
  };
  const up = await run("up", "--yes", "--skip-preview");
  const preview = await run("preview", "--expect-no-changes");
  const state = project.state();
  const { resources } = (JSON.parse(state) as State).checkpoint.latest;
  return {
    groups,
    resources: resources.length,
    upSeconds: up.seconds,
    previewSeconds: preview.seconds,
    peakMebibytes: Math.max(up.mebibytes, preview.mebibytes),
    userDataBytes: Math.max(...resources.map(({ inputs }) => bytesOf(inputs?.userDataBase64))),
    stateBytes: state.length,
  };
}

interface State {
  checkpoint: { latest: { resources: { inputs?: { userDataBase64?: string } }[] } };
}

const bytesOf = (base64 = "") => Buffer.from(base64, "base64").length;

function absolute(size: Size): Measure[] {
  const context = { resources: size.resources };
  const name = `scale: ${sizeOf(size)}`;
  return [
    { name: `${name}, resources`, value: size.resources, unit: "resources" },
    { name: `${name}, first up`, value: size.upSeconds, unit: "s", context },
    { name: `${name}, preview without a change`, value: size.previewSeconds, unit: "s", context },
    { name: `${name}, peak memory`, value: size.peakMebibytes, unit: "MiB", context },
  ];
}

/** The largest against the smallest. */
function growth(small: Size, large: Size): Measure[] {
  const userData = { [sizeOf(small)]: bytes(small.userDataBytes), [sizeOf(large)]: bytes(large.userDataBytes) };
  return [
    perResource("scale: time per resource of a first up", small, large, ({ upSeconds }) => upSeconds),
    perResource("scale: time per resource of a preview", small, large, ({ previewSeconds }) => previewSeconds),
    {
      name: "scale: the largest user data",
      value: large.userDataBytes / small.userDataBytes,
      unit: "times",
      aim: { atMost: 1.01 },
      context: userData,
    },
  ];
}

function growthWithCheckpoints(small: Size, large: Size): Measure[] {
  const name = "checkpoints: time per resource of a first up";
  const measure = perResource(name, small, large, ({ upSeconds }) => upSeconds);
  const context = {
    ...measure.context,
    "first up": `${seconds(small.upSeconds)} and ${seconds(large.upSeconds)}`,
    "state at the end": `${bytes(small.stateBytes)} and ${bytes(large.stateBytes)}`,
  };
  return [{ ...measure, context }];
}

function perResource(name: string, small: Size, large: Size, of: (size: Size) => number): Measure {
  const each = (size: Size) => of(size) / size.resources;
  const told = (size: Size) => `${(each(size) * 1000).toFixed(0)} ms`;
  const context = { [sizeOf(small)]: told(small), [sizeOf(large)]: told(large) };
  return { name, value: each(large) / each(small), unit: "times", aim: { atMost: 1.2 }, context };
}

const sizeOf = ({ groups }: Size) => `${groups} ${groups === 1 ? "group" : "groups"}`;
const bytes = (count: number) => (count < 1e6 ? `${count} bytes` : `${(count / 1e6).toFixed(1)} MB`);
const describe = (size: Size) =>
  `${sizeOf(size)}: ${size.resources} resources, first up ${seconds(size.upSeconds)}, preview ${seconds(size.previewSeconds)}, ` +
  `${size.peakMebibytes.toFixed(0)} MiB`;
