import { z } from "zod";
import { sha256, url, version } from "../leaves";
import { digest } from "./release";

const NODE = { version: "8.17.0", sha256: "b7f6dd77fb173c8c7c30d61d0702eefc236bba74398538aa77bfa2bb47bddce6" };

/** Where the vendor publishes; `{version}` stands for the version. */
export const NODE_URL = "https://nodejs.org/dist/v{version}/node-v{version}-linux-x64.tar.xz";

export const node = z
  .strictObject({
    /** The Node.js release that the Realm apps run on. Realm Object Server 3 was made for Node 8. */
    version: version.default(NODE.version),
    /** The digest of the file at `url`. Required when `version` is not the default. */
    sha256: sha256.optional(),
    url: url.default(NODE_URL),
  })
  .transform(digest(NODE))
  .prefault({});
