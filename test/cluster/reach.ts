/** Whether somebody in a VPC reaches a port: asked from where they are. */
import { randomBytes } from "node:crypto";
import { vpcNamespace } from "../../local/aws/network/names";
import { localName } from "../../local/cluster/paths";
import { capture, type CommandResult } from "../../local/process";

/** How long an answer may take, in seconds: there is no distance here, and what a security group drops is never answered. */
const PATIENCE = 0.6;
/** How often whoever is sure of an answer asks, on a machine that is busy. */
const TRIES = 5;

/** Arguments: own address, the other's, port. A refusal comes from the other host, too. */
const CONNECT = `
import socket, sys
own, other, port = sys.argv[1:]
with socket.socket() as s:
    s.settimeout(${PATIENCE})
    s.bind((own, 0))
    try:
        s.connect((other, int(port)))
        print("open")
    except socket.timeout:
        print("silent")
    except ConnectionRefusedError:
        print("refused")
`;

/** Arguments: the other's address, port, what to send. From a port of its own, so that the firewall knows of no connection; again, as the other begins to listen at the same time. */
const SEND = `
import socket, sys, time
other, port, text = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for _ in range(3):
        s.sendto(text.encode(), (other, int(port)))
        time.sleep(${PATIENCE / 4})
`;

/** Argument: what is to come. Beside whoever listens on the port: sees all that comes to the host. */
const LISTEN = `
import socket, sys, time
text = sys.argv[1].encode()
end = time.monotonic() + ${PATIENCE * 1.2}
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as s:
    while time.monotonic() < end:
        s.settimeout(max(0.001, end - time.monotonic()))
        try:
            if s.recv(65535).endswith(text):
                print("open")
                break
        except socket.timeout:
            pass
    else:
        print("silent")
`;

/** Somebody with an address in the VPC, who can run a program there. */
export interface Place {
  name: string;
  address: string;
  run(argv: string[]): Promise<CommandResult>;
}

/** The load balancer, whose addresses are the VPC's own. */
export function inVpc(name: string, address: string, vpcId: string): Place {
  const namespace = vpcNamespace(localName, vpcId);
  return { name, address, run: (argv) => capture("ip", ["netns", "exec", namespace, ...argv]) };
}

export type Reached = "open" | "refused" | "silent";

/** Whether a port answers; for UDP whether what is sent to it arrives, whoever listens. */
export async function reach(from: Place, to: Place, protocol: "tcp" | "udp", port: number): Promise<Reached> {
  if (protocol === "tcp") return python(from, CONNECT, from.address, to.address, String(port));
  const text = randomBytes(8).toString("hex");
  const [arrived] = await Promise.all([python(to, LISTEN, text), python(from, SEND, to.address, String(port), text)]);
  return arrived;
}

/** The same of a port that should answer. */
export async function reachSurely(...asked: Parameters<typeof reach>): Promise<Reached> {
  for (let tries = 1; ; tries++) {
    const reached = await reach(...asked);
    if (reached !== "silent" || tries === TRIES) return reached;
  }
}

async function python(place: Place, program: string, ...args: string[]): Promise<Reached> {
  const { stdout, stderr, code } = await place.run(["python3", "-c", program, ...args]);
  if (code !== 0) throw new Error(`${place.name}: ${stderr}`);
  return stdout.trim() as Reached;
}
