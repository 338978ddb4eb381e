import { createHash, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACMClient, DescribeCertificateCommand, GetCertificateCommand } from "@aws-sdk/client-acm";
import type { LoadBalancer } from "./model/model";
import type { CertificateAuthority } from "./tls";

/** ACM's certificates, as HAProxy takes them. */
export class Certificates {
  /** @param dir a directory of its own */
  constructor(
    private readonly dir: string,
    private readonly acm: ACMClient,
    private readonly authority: CertificateAuthority,
  ) {}

  /** Keeps the private key of a certificate that is imported: ACM tells the certificate again, and never the key. */
  keep(privateKey: string): void {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    writeFileSync(this.keyFile(createPublicKey(privateKey)), privateKey, { mode: 0o600 });
  }

  /** The files of all certificates that load balancers serve, by ARN. */
  async filesOf(loadBalancers: LoadBalancer[]): Promise<Map<string, string>> {
    const arns = loadBalancers.flatMap(({ listeners }) =>
      listeners.flatMap(({ certificateArn }) => certificateArn ?? []),
    );
    const files = [...new Set(arns)].map(async (arn) => [arn, await this.fileOf(arn)] as const);
    return new Map(await Promise.all(files));
  }

  /**
   * A file with certificate, chain and key, whose name changes with its content. A certificate that was requested, not imported, is
   * issued by the local authority for the names that were asked for.
   * @throws when ACM has no such certificate
   */
  private async fileOf(CertificateArn: string): Promise<string> {
    const { Certificate = "", CertificateChain } = await this.acm.send(new GetCertificateCommand({ CertificateArn }));
    const key = this.keyFile(new X509Certificate(Certificate).publicKey);
    if (!existsSync(key)) return this.issue(CertificateArn);
    const parts = [Certificate, CertificateChain ?? "", readFileSync(key, "utf8")].filter(Boolean);
    const content = parts.map((part) => `${part.trim()}\n`).join("");
    const file = join(this.dir, `${digest(content)}.pem`);
    if (!existsSync(file)) writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  private async issue(CertificateArn: string): Promise<string> {
    const { Certificate } = await this.acm.send(new DescribeCertificateCommand({ CertificateArn }));
    const names = [Certificate!.DomainName!, ...(Certificate!.SubjectAlternativeNames ?? [])];
    return this.authority.issue(CertificateArn.split("/").at(-1)!, [...new Set(names)]);
  }

  /** A key pair's, by its public half. */
  private keyFile(publicKey: KeyObject): string {
    return join(this.dir, `${digest(publicKey.export({ type: "spki", format: "der" }))}.key`);
  }
}

const digest = (content: string | Buffer) => createHash("sha256").update(content).digest("hex").slice(0, 32);
