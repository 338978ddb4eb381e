import { boot } from "./boot";
import { capacity } from "./capacity";
import { consulLeader } from "./consulLeader";
import { directory, syncMaster } from "./failover";
import { preview } from "./preview";
import { roll } from "./roll";
import type { Row } from "./row";
import { checkpoints, scale } from "./scale";
import { scaleOut } from "./scaleOut";
import { start } from "./start";

/** All benchmarks. Those that change the shared cluster come after those that need it as it was made. */
export const rows: Row[] = [
  preview,
  scale,
  checkpoints,
  start,
  consulLeader,
  syncMaster,
  directory,
  scaleOut,
  boot,
  roll,
  capacity,
];
