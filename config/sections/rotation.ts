import { z } from "zod";
import { text } from "../leaves";

const generation = (what: string) =>
  text(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, `write a name for the new ${what}, such as "2026-11"`).optional();

export const rotation = z
  .strictObject({
    /** The generation of the RSA pair that tokens are signed with: another name makes a new pair, and every session ends. */
    authKey: generation("pair of keys"),
    /** The generation of the key that Consul's agents gossip with: another name makes a new one, while Consul works. */
    gossipKey: generation("key"),
  })
  .prefault({});
