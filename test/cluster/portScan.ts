/** Tries every port of hosts from other hosts of a VPC. What arrives is seen where it arrives, whether anybody listens there or not. */
import { readFileSync } from "node:fs";
import type { Place } from "./reach";

/** Marks what belongs to a scan: the sequence number of its SYNs, and the text of its datagrams. */
const MARK = 0x5ca11ab1;

/** Prints a line for each port that a scan has reached (tcp, udp), and for each that answered one of this host (answer): who, what, port. */
const SEE = `
import select, socket, struct
raw = {name: socket.socket(socket.AF_INET, socket.SOCK_RAW, number) for name, number in (("tcp", 6), ("udp", 17))}
names = {s: name for name, s in raw.items()}
known = set()
def look(name, packet):
    body = packet[(packet[0] & 15) * 4:]
    source, port = struct.unpack("!HH", body[:4])
    if name == "udp":
        return ("udp", port) if body[8:] == b"${MARK}" else None
    seq, ack, _, flags = struct.unpack("!LLBB", body[4:14])
    if flags & 0x12 == 0x02 and seq == ${MARK}:
        return "tcp", port
    return ("answer", source) if ack == ${MARK} + 1 else None
print("ready", flush=True)
while True:
    for s in select.select(list(names), [], [])[0]:
        packet, (address, _) = s.recvfrom(512)
        found = look(names[s], packet)
        if found and (address, *found) not in known:
            known.add((address, *found))
            print(address, *found, flush=True)
`;

/** Arguments: own address, and those of the targets. Prints how many packets it has sent. */
const SCAN = `
import socket, struct, sys, time
own, *targets = sys.argv[1:]
def words(data):
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))
def folded(total):
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
sent = 0
for target in targets:
    addresses = socket.inet_aton(own) + socket.inet_aton(target)
    start = struct.pack("!L", ${MARK}) + bytes(4) + struct.pack("!BBH", 5 << 4, 2, 1024)
    base = words(addresses) + 6 + 20 + 40000 + words(start)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, 6) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.connect((target, 0))
        for port in range(1, 65536):
            tcp.send(struct.pack("!HH", 40000, port) + start + struct.pack("!HH", folded(base + port), 0))
            udp.sendto(b"${MARK}", (target, port))
            sent += 2
            if not port % 256:
                # Lets the kernel deliver what it has queued.
                time.sleep(0)
print(sent)
`;

/** A port that a scan reached. */
export interface Found {
  from: string;
  to: string;
  protocol: "tcp" | "udp";
  port: number;
}

export interface Scanned {
  found: Found[];
  packets: number;
  /** How many packets the kernel lost meanwhile, on the whole machine, because they came too fast: the scan may have missed as many. */
  lost: number;
}

/**
 * Scans all ports, each of the scanners those of its own targets; all look at the same time. Of a target that is no scanner only what
 * answers by TCP is seen.
 */
export async function scan(targetsOf: Map<Place, Place[]>): Promise<Scanned> {
  const scanners = [...targetsOf.keys()];
  const before = lostPackets();
  await Promise.all(scanners.map(startLooking));
  const packets = await Promise.all([...targetsOf].map(([from, targets]) => tryAll(from, targets)));
  const seen = await Promise.all(scanners.map(stopLooking));
  const places = [...scanners, ...[...targetsOf.values()].flat()];
  const nameOf = (address: string) => places.find((place) => place.address === address)?.name ?? address;
  const found = new Map<string, Found>();
  for (const [index, lines] of seen.entries()) {
    for (const [address, what, port] of lines) {
      const [self, other] = [scanners[index].name, nameOf(address)];
      const [from, to] = what === "answer" ? [self, other] : [other, self];
      const one: Found = { from, to, protocol: what === "udp" ? "udp" : "tcp", port: Number(port) };
      found.set(JSON.stringify(one), one);
    }
  }
  const sum = packets.reduce((all, sent) => all + sent, 0);
  return { found: [...found.values()], packets: sum, lost: lostPackets() - before };
}

/** One target at a time, as a command on a host has a minute. @returns how many packets were sent */
async function tryAll(from: Place, targets: Place[]): Promise<number> {
  let sent = 0;
  for (const to of targets) sent += Number(await ran(from, ["python3", "-c", SCAN, from.address, to.address]));
  return sent;
}

const UNIT = "port-scan";
const LOG = `/run/${UNIT}.log`;

async function startLooking(at: Place): Promise<void> {
  const unit = `--unit ${UNIT} --property StandardOutput=file:${LOG}`;
  const script = `rm -f ${LOG} && systemd-run --quiet ${unit} /usr/bin/python3 -c "$1" && until grep -q ready ${LOG}; do sleep 0.05; done`;
  await ran(at, ["bash", "-c", script, "bash", SEE]);
}

async function stopLooking(at: Place): Promise<string[][]> {
  // What was the last to come has been read.
  const lines = await ran(at, ["bash", "-c", `sleep 0.5; systemctl stop ${UNIT}; cat ${LOG}`]);
  return lines
    .trim()
    .split("\n")
    .filter((line) => line !== "ready")
    .map((line) => line.split(" "));
}

async function ran(place: Place, argv: string[]): Promise<string> {
  const { stdout, stderr, code } = await place.run(argv);
  if (code !== 0) throw new Error(`${place.name}: ${stderr}`);
  return stdout;
}

function lostPackets(): number {
  const lines = readFileSync("/proc/net/softnet_stat", "utf8").trim().split("\n");
  return lines.reduce((sum, line) => sum + Number.parseInt(line.split(" ")[1], 16), 0);
}
