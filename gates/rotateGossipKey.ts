import { required, run } from "./environment";
import { rotateGossipKey } from "./takeUp";
import { clusterWorld } from "./world";

/** Has a running Consul cluster change to the gossip key that is in SSM. */
run(async () => rotateGossipKey(required("SECRET_PATH"), await clusterWorld()));
