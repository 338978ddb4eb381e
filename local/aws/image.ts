import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runLogged } from "../process";

/**
 * The machine image: a Debian root filesystem that stands for an AMI. As on an AMI there is an operating system with
 * cloud-init and nothing of any cluster in it. Hosts share it read-only, below a layer of their own.
 */

const SUITE = "bookworm";

const PACKAGES = [
  "ca-certificates",
  "cloud-init",
  "curl",
  "dbus",
  "e2fsprogs",
  "iproute2",
  "iputils-ping",
  "mount",
  "netbase",
  "openssl",
  "procps",
  "python3",
  "systemd",
  "systemd-sysv",
  "unzip",
  "wget",
  "xz-utils",
];

const FILES: Record<string, string> = {
  // Empty, not absent: systemd then makes an id of its own for each host.
  "etc/machine-id": "",
  // The VPC's resolver, where Amazon's is.
  "etc/resolv.conf": "nameserver 169.254.169.253\noptions timeout:2 attempts:2\n",
  "etc/default/locale": "LANG=C.UTF-8\n",
  "etc/cloud/cloud.cfg.d/90_ec2.cfg": `# Metadata from its link-local address only; the address of eth0 is the host's before it boots.
datasource_list: [ Ec2 ]
datasource:
  Ec2:
    metadata_urls: [ "http://169.254.169.254" ]
    strict_id: false
network: { config: disabled }
locale: C.UTF-8
manage_etc_hosts: true
ssh_genkeytypes: []
growpart: { mode: "off" }
resize_rootfs: false
`,
};

/** Units that a host which lives for minutes to days has no use for, or that have no hardware here to work on. */
const MASKED = [
  "apt-daily.service",
  "apt-daily.timer",
  "apt-daily-upgrade.service",
  "apt-daily-upgrade.timer",
  "cloud-init-hotplugd.socket",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty@tty1.service",
  "console-getty.service",
  "systemd-networkd.service",
  "systemd-networkd.socket",
  "systemd-pstore.service",
  "systemd-resolved.service",
];

/** Documentation and translations are most of the files of a small Debian, and no host reads them. */
const DPKG_OPTIONS = ["doc", "man", "info", "locale"].map((dir) => `path-exclude=/usr/share/${dir}/*`);

/** Changes whenever what is in the image changes; two images of one version are the same for a host. */
export const imageVersion = createHash("sha256")
  .update(JSON.stringify([SUITE, PACKAGES, FILES, MASKED, DPKG_OPTIONS]))
  .digest("hex")
  .slice(0, 12);

/**
 * Makes the image in a directory that does not exist yet (needs root, mmdebstrap and a Debian mirror; a minute).
 * @param report gets mmdebstrap's lines of progress
 */
export async function buildImage(root: string, report: (line: string) => void): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  const options = ["--mode=root", "--variant=minbase", "--format=directory", `--include=${PACKAGES.join(",")}`];
  const apt = ["APT::Install-Recommends false", "Acquire::Retries 3"].map((option) => `--aptopt=${option}`);
  const dpkg = DPKG_OPTIONS.map((option) => `--dpkgopt=${option}`);
  await runLogged("mmdebstrap", [...options, ...apt, ...dpkg, SUITE, root, ...(await mirrors())], (line) =>
    report(line.replace(/^I: /, "")),
  );
  await configure(root);
}

async function configure(root: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    // Removed first, so that nothing is written through a symbolic link that leads out of the image.
    await rm(join(root, path), { force: true });
    await writeFile(join(root, path), text, { mode: 0o644 });
  }
  await rm(join(root, "etc/hostname"), { force: true });
  for (const unit of MASKED) {
    const path = join(root, "etc/systemd/system", unit);
    await rm(path, { force: true });
    await symlink("/dev/null", path);
  }
}

/** This machine's own sources where it is of the same release (they may name a nearer mirror), else Debian's. */
async function mirrors(): Promise<string[]> {
  const release = existsSync("/etc/os-release") ? await readFile("/etc/os-release", "utf8") : "";
  if (!/^ID=debian$/m.test(release) || !release.includes(`VERSION_CODENAME=${SUITE}`)) return [];
  const dir = "/etc/apt/sources.list.d";
  const files = existsSync(dir) ? (await readdir(dir)).map((name) => join(dir, name)) : [];
  const named = files.filter((file) => /^debian\.(sources|list)$/.test(basename(file)));
  const main = "/etc/apt/sources.list";
  if (existsSync(main) && (await lstat(main)).size > 0) named.push(main);
  return named;
}
