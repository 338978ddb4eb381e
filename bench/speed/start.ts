/** `npm start` against what cannot be avoided, the boot of four hosts, and against the guide's steps done by a script. */
import { npm } from "../../test/cluster/localCluster";
import { ensureTools } from "../../local/tools";
import { BareHosts } from "./bareHosts";
import { endBenchCluster } from "./benchCluster";
import { followGuide } from "./guide";
import { type Row, seconds, timed } from "./row";

/** The guide's cluster: three hosts with Consul and a sync worker each, and one with core services. */
const HOSTS = 4;

export const start: Row = {
  name: "start",
  about: "`npm start`, warm, against the boot of four empty hosts and against the guide's own steps by a script",
  onHosts: true,
  async measure(progress, signal) {
    const tools = await ensureTools(progress);
    await endBenchCluster();
    progress("npm start");
    const own = await timed(() => npm("start"));
    signal.throwIfAborted();
    await endBenchCluster();

    progress("four hosts with empty user data");
    const aws = await timed(() => BareHosts.prepare(tools));
    const floor = await timed(() => aws.result.launch(HOSTS));
    progress(`they have booted after ${seconds(floor.seconds)}; the guide's steps on them`);
    signal.throwIfAborted();
    const steps = await timed(() => followGuide(floor.result, tools, progress));
    await endBenchCluster();

    const begun = aws.seconds + floor.seconds;
    const guide = begun + steps.seconds;
    const context = {
      "npm start, from nothing to healthy": seconds(own.seconds),
      "the local AWS and four empty hosts": seconds(begun),
      "of that the hosts alone": seconds(floor.seconds),
      "the same and the guide's steps": seconds(guide),
    };
    return [
      {
        name: "start: against the boot of four empty hosts",
        value: own.seconds / begun,
        unit: "times",
        aim: { atMost: 2 },
        context,
      },
      {
        name: "start: the guide's steps by a script, against npm start",
        value: guide / own.seconds,
        unit: "times",
        aim: { atLeast: 5 },
        context,
      },
    ];
  },
};
