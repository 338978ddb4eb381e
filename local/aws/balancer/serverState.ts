/** State of HAProxy's servers: what its runtime API prints, and what a new process is started with. */

/** Columns of `show servers state`, version 1, that are needed here. */
const BACKEND_NAME = 1;
const SERVER_NAME = 3;

const HEADER = [
  "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight",
  "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state",
  "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr",
  "srv_agent_addr srv_agent_port",
].join(" ");

/**
 * What a new process is to know of the servers: what the old one knew, and of servers that are new that they are down
 * until a check says otherwise. HAProxy takes an unknown server for healthy; a load balancer of AWS does not.
 * @param previous what `show servers state` printed; empty where no process ran
 * @param backends the servers of the new configuration, in its order
 */
export function nextServerState(
  previous: string,
  backends: { name: string; servers: { name: string; address: string; port: number }[] }[],
): string {
  const known = new Map(
    previous
      .split("\n")
      .map((line): [string[], string] => [line.split(" "), line])
      .filter(([columns]) => columns.length > SERVER_NAME && !columns[0].startsWith("#"))
      .map(([columns, line]) => [`${columns[BACKEND_NAME]}/${columns[SERVER_NAME]}`, line]),
  );
  const lines = backends.flatMap((backend, backendIndex) =>
    backend.servers.map(
      (server, serverIndex) =>
        known.get(`${backend.name}/${server.name}`) ??
        `${backendIndex + 1} ${backend.name} ${serverIndex + 1} ${server.name} ${server.address} 0 0 1 1 0 1 0 0 6 0 0 0 - ${server.port} - 0 0 - - 0`,
    ),
  );
  return ["1", HEADER, ...lines, ""].join("\n");
}

/** Health of a target as ELB tells it. */
export interface TargetHealth {
  state: "initial" | "healthy" | "unhealthy" | "draining" | "unused";
  reason?: string;
  description?: string;
}

/** Reads `show stat`: health by backend and server. */
export function readTargetHealth(csv: string): Map<string, TargetHealth> {
  const [header = "", ...rows] = csv.trim().split("\n");
  const names = header.replace(/^# /, "").split(",");
  const column = (row: string[], name: string) => row[names.indexOf(name)] ?? "";
  return new Map(
    rows
      .map((row) => row.split(","))
      .filter((row) => !["FRONTEND", "BACKEND"].includes(column(row, "svname")))
      .map((row) => [`${column(row, "pxname")}/${column(row, "svname")}`, healthOf((name) => column(row, name))]),
  );
}

function healthOf(column: (name: string) => string): TargetHealth {
  const check = column("check_status").replace(/^\* /, "");
  if (column("status").startsWith("UP")) return { state: "healthy" };
  if (check === "" || check === "INI") {
    return {
      state: "initial",
      reason: "Elb.InitialHealthChecking",
      description: "Initial health checks in progress",
    };
  }
  if (check === "L7STS") {
    return {
      state: "unhealthy",
      reason: "Target.ResponseCodeMismatch",
      description: `Health checks failed with these codes: [${column("check_code")}]`,
    };
  }
  if (/TOUT$/.test(check)) {
    return { state: "unhealthy", reason: "Target.Timeout", description: "Request timed out" };
  }
  return { state: "unhealthy", reason: "Target.FailedHealthChecks", description: "Health checks failed" };
}
