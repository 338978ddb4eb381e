/** The table of the tls provider. */
import { versionOf } from "../core/version";
import { plain } from "../core/plain";
import type { Package } from "../core/schema";
import { certRequest, locallySignedCert, selfSignedCert } from "./certificates";
import { privateKey } from "./privateKey";

/** What the stand-in of pulumi-resource-tls knows. */
export const tls: Package = {
  ...plain,
  name: "tls",
  version: versionOf("@pulumi/tls"),
  resources: {
    "tls:index/certRequest:CertRequest": certRequest,
    "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
    "tls:index/privateKey:PrivateKey": privateKey,
    "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
  },
};
