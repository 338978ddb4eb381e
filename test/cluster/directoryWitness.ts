/**
 * Sees who serves the Realm directory: on every core host, in its network but not among its processes, so that it goes on looking
 * while the host is frozen or dead, and at a Consul server. All of it on this machine, and so by one clock.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Deployment } from "./deployment";

/** Prints a line for each look, in JSON, with the seconds since the epoch at which it began and ended. */
const LOOK = `
import http.client, json, os, sys, time

def get(port, path, patience, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None, None
    finally:
        connection.close()

def directory():
    with open("/proc/net/tcp") as sockets:
        listens = any(":2379 00000000:0000 0A " in line for line in sockets)  # port 9081
    # As patient as a client that waits for a host which does not move: what that host says when it moves again is seen.
    status, _ = get(9081, "/realms/files/%2F__admin", 120, {"Authorization": os.environ["TOKEN"]})
    return {"listens": listens, "serves": status == 200}

def consul():
    headers = {"X-Consul-Token": os.environ["CONSUL_TOKEN"]}
    answers = [get(8500, "/v1/" + path, 2, headers)[1] for path in
               ("health/service/realms?passing", "kv/realm-cluster/directory/.lock", "session/list")]
    if not all(answers):
        return {}
    entries, (lock,), sessions = map(json.loads, answers)
    nodes = {session["ID"]: session["Node"] for session in sessions}
    return {"registered": [entry["Node"]["Node"] for entry in entries], "holder": nodes.get(lock.get("Session"))}

look = {"directory": directory, "consul": consul}[sys.argv[1]]
while True:
    began = time.time()
    print(json.dumps({"began": began, **look(), "ended": time.time()}), flush=True)
    time.sleep(0.02)
`;

interface Look {
  began: number;
  ended: number;
}

/** One look at a core host. */
interface DirectoryLook extends Look {
  host: string;
  /** A process there listens on the directory's port. */
  listens: boolean;
  /** It answered what the directory is asked. */
  serves: boolean;
}

/** One look at Consul; with neither of these when it did not answer. */
interface ConsulLook extends Look {
  /** Hosts with a directory that passes its checks. */
  registered?: string[];
  /** The host whose session holds the lock. */
  holder?: string | null;
}

/** A time in which one host alone was seen doing something, from when it was asked first to its last answer. */
export interface Term {
  host: string;
  /** In seconds since the epoch. */
  from: number;
  to: number;
}

/** Where the Realm directory is, as Consul's lock says. */
export async function holderOfLock(cluster: Deployment): Promise<string> {
  const [{ Session }] = await cluster.consul<{ Session: string }[]>("kv/realm-cluster/directory/.lock");
  const [{ Node }] = await cluster.consul<{ Node: string }[]>(`session/info/${Session}`);
  return Node;
}

export class DirectoryWitness {
  private readonly directories: DirectoryLook[] = [];
  private readonly consul: ConsulLook[] = [];
  private readonly children: ChildProcess[] = [];

  /** Begins. The hosts must run. */
  static async start(cluster: Deployment, coreHosts: string[], consulServer = "consul-01"): Promise<DirectoryWitness> {
    const witness = new DirectoryWitness();
    const { instances } = await cluster.local.state();
    const consulToken = await cluster.secret("consul-management");
    const look = <T extends Look>(host: string, what: string, seen: (look: T) => void) => {
      const { namespace } = instances.find(({ id }) => id === cluster.instanceId(host))!;
      const python = ["/usr/bin/python3", "-c", LOOK, what];
      const env = { PATH: process.env.PATH, TOKEN: cluster.outputs.adminToken, CONSUL_TOKEN: consulToken };
      const stdio: StdioOptions = ["ignore", "pipe", "inherit"];
      const child = spawn("nsenter", [`--net=/run/netns/${namespace}`, ...python], { env, stdio: [...stdio] });
      createInterface({ input: child.stdout! }).on("line", (line) => seen(JSON.parse(line) as T));
      witness.children.push(child);
    };
    for (const host of coreHosts) {
      look<Omit<DirectoryLook, "host">>(host, "directory", (seen) => witness.directories.push({ host, ...seen }));
    }
    look<ConsulLook>(consulServer, "consul", (seen) => witness.consul.push(seen));
    return witness;
  }

  async stop(): Promise<void> {
    const ended = this.children.map((child) => once(child, "close"));
    for (const child of this.children) child.kill("SIGKILL");
    await Promise.all(ended);
  }

  /** Who answered, one after the other. A host that answered while another did appears more than once. */
  get served(): Term[] {
    return terms(this.directories.filter(({ serves }) => serves));
  }

  /** Who had a process that listens, likewise. */
  get listened(): Term[] {
    return terms(this.directories.filter(({ listens }) => listens).map((look) => ({ ...look, ended: look.began })));
  }

  /** Who held the lock, likewise. */
  get held(): Term[] {
    return terms(this.consul.flatMap(({ holder, ...look }) => (holder ? [{ ...look, host: holder }] : [])));
  }

  /** For how many seconds more than one directory passed its checks in Consul. */
  get registeredTwice(): number {
    const more = this.consul.map(({ registered = [] }) => registered.length > 1);
    return this.consul.reduce(
      (sum, { began }, i) => sum + (i > 0 && more[i] ? began - this.consul[i - 1].began : 0),
      0,
    );
  }

  /** How many looks there were, at both. */
  get looks(): { directories: number; consul: number } {
    return { directories: this.directories.length, consul: this.consul.length };
  }
}

function terms(looks: (Look & { host: string })[]): Term[] {
  const found: Term[] = [];
  for (const { host, began, ended } of [...looks].sort((a, b) => a.ended - b.ended)) {
    const current = found.at(-1);
    if (current?.host === host) current.to = ended;
    else found.push({ host, from: began, to: ended });
  }
  return found;
}
