/** What the program itself costs in a preview of a cluster that stays as it is. */
import { join } from "node:path";
import { EngineProject } from "../../test/program/engineProject";
import { undeployed } from "../../test/program/release";
import { type Measure, type Row, median, seconds, timed } from "./row";

const TURNS = 7;

/** In one turn, one after the other, so that whatever else the machine does meets them all. */
type Turn = Record<"cluster" | "aws" | "imports", number>;

export const preview: Row = {
  name: "preview",
  about: "`pulumi preview` without a change, against a program that only imports @pulumi/aws",
  onHosts: false,
  async measure(progress, signal) {
    const cluster = await undeployed("dev");
    const empty = await Promise.all([emptyProject("aws"), emptyProject("imports")]);
    const projects = { cluster: cluster.project, aws: empty[0], imports: empty[1] };
    try {
      progress("deploying the guide's cluster to an AWS without hosts");
      for (const project of Object.values(projects)) {
        const { code, text } = await project.up();
        if (code !== 0) throw new Error(text);
        // The first reads everything from the disk.
        await previewOf(project, signal);
      }
      const turns: Turn[] = [];
      while (turns.length < TURNS) {
        const turn = {
          cluster: await previewOf(projects.cluster, signal),
          aws: await previewOf(projects.aws, signal),
          imports: await previewOf(projects.imports, signal),
        };
        turns.push(turn);
        progress(`${turns.length} of ${TURNS}: ${seconds(turn.cluster)}, only @pulumi/aws ${seconds(turn.aws)}`);
      }
      return measures(turns);
    } finally {
      cluster.endGates();
      for (const project of Object.values(projects)) await project.end();
    }
  },
};

const emptyProject = (program: string) =>
  EngineProject.create({
    settings: { name: program, runtime: { name: "nodejs" }, main: join(__dirname, "empty", program) },
    stack: "test",
  });

async function previewOf(project: EngineProject, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const { seconds: took, result } = await timed(() => project.pulumi("preview", "--expect-no-changes"));
  if (result.code !== 0) throw new Error(result.text);
  return took;
}

function measures(turns: Turn[]): Measure[] {
  const ratio = (what: keyof Turn) => median(turns.map((turn) => turn[what] / turn.aws));
  const context = {
    "the guide's cluster": seconds(median(turns.map(({ cluster }) => cluster))),
    "only @pulumi/aws": seconds(median(turns.map(({ aws }) => aws))),
    "only this program's imports": seconds(median(turns.map(({ imports }) => imports))),
    turns: turns.length,
  };
  return [
    { name: "preview", value: ratio("cluster"), unit: "times", aim: { atMost: 1.5 }, context },
    { name: "preview: of the program's imports alone", value: ratio("imports"), unit: "times", context },
  ];
}
