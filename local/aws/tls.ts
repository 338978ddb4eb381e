import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../process";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/**
 * A certificate authority that lives and ends with one local AWS. Its hosts trust it; nobody else does.
 */
export class CertificateAuthority {
  private readonly certificateFile: string;
  private readonly keyFile: string;

  /** @param dir a directory of its own; the authority that it holds is used again */
  constructor(private readonly dir: string) {
    this.certificateFile = join(dir, "ca.pem");
    this.keyFile = join(dir, "ca.key");
  }

  /** What a host is to trust, as PEM. */
  get certificate(): string {
    return readFileSync(this.certificateFile, "utf8");
  }

  async ensure(): Promise<void> {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    if (existsSync(this.certificateFile)) return;
    const pending = `${this.certificateFile}.new`;
    await run("openssl", [
      ...["req", "-x509", ...KEY, "-days", "825", "-subj", "/CN=AWS on one machine"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", this.keyFile, "-out", pending],
    ]);
    renameSync(pending, this.certificateFile);
  }

  /**
   * Makes a certificate, once for a set of names.
   * @param label names the file
   * @param names DNS names (may have a wildcard) and IPv4 addresses
   * @returns path of a file with certificate and key, as HAProxy takes it
   */
  async issue(label: string, names: string[]): Promise<string> {
    const file = join(this.dir, `${label}.pem`);
    const namesFile = join(this.dir, `${label}.names`);
    const wanted = names.join("\n");
    if (existsSync(file) && existsSync(namesFile) && readFileSync(namesFile, "utf8") === wanted) return file;
    const [key, certificate] = [join(this.dir, `${label}.key`), join(this.dir, `${label}.crt`)];
    const alternatives = names.map((name) => `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`);
    await run("openssl", [
      ...["req", "-x509", ...KEY, "-days", "825", "-subj", `/CN=${label}`],
      ...["-CA", this.certificateFile, "-CAkey", this.keyFile, "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-addext", `subjectAltName=${alternatives.join(",")}`, "-addext", "extendedKeyUsage=serverAuth"],
      ...["-keyout", key, "-out", certificate],
    ]);
    writeFileSync(file, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"), { mode: 0o600 });
    writeFileSync(namesFile, wanted);
    return file;
  }
}
