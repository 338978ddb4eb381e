import type { Gap } from "../gap";

/** ACM does not tell a certificate's private key again, and the load balancer needs it. */
export const certificateKey: Gap = {
  service: "acm",
  actions: ["ImportCertificate"],
  async act({ input }, machine) {
    machine.keepCertificateKey(Buffer.from(String(input.PrivateKey), "base64").toString());
  },
};
