/**
 * The guide's own steps, in its order, one host after another, as a script does them that never has to think or to type. Where the guide
 * says `npm install` the hosts unpack what npm would bring, as the licensed packages are on no registry; where it says vi, files are put. The
 * programs are those of this repository, which stand for the guide's.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mirrorName } from "../../local/cluster/overrides";
import type { Tools } from "../../local/tools";
import type { BareHost, BareHosts } from "./bareHosts";
import type { Progress } from "./row";

const repository = join(__dirname, "../..");

const CONSUL_UNIT = `[Unit]
Description=consul agent
Requires=network-online.target
After=network-online.target

[Service]
EnvironmentFile=-/etc/sysconfig/consul
Environment=GOMAXPROCS=2
Restart=on-failure
ExecStart=/usr/local/bin/consul agent -config-dir=/etc/consul.d
ExecReload=/bin/kill -HUP $MAINPID
KillSignal=SIGINT

[Install]
WantedBy=multi-user.target
`;

/** Puts a file on a host. */
const put = (path: string, content: string) => `base64 -d <<<${Buffer.from(content).toString("base64")} >${path}`;
const APPS = join(repository, "userdata/apps");
/** The programs, and what they share. */
const apps = readdirSync(APPS).map((file) => put(file, readFileSync(join(APPS, file), "utf8")));
const download = (file: string) => `curl -fsS -o /root/${file} http://${mirrorName}/${file}`;

/** @param hosts three for Consul and the sync workers, and one for core services */
export async function followGuide(bare: BareHosts, { mirror }: Tools, progress: Progress): Promise<void> {
  const { hosts } = bare;
  const workers = hosts.slice(0, 3);
  const [core] = hosts.slice(3);
  for (const host of workers) {
    progress(`Consul on ${host.address}`);
    await bare.exec(host, installConsul(mirror.consul.file, workers));
  }
  await bare.exec(workers[0], `until [ $(consul members 2>/dev/null | grep -c alive) = 3 ]; do sleep 0.5; done`);
  let keys: Keys | undefined;
  for (const [index, host] of workers.entries()) {
    progress(`a sync worker on ${host.address}`);
    await bare.exec(host, installRealm(mirror));
    keys ??= await makeKeys(bare, host);
    await bare.exec(host, putKeys(keys));
    const settings = `SYNC_LABEL=default SYNC_ID=${index + 1} SYNC_ADDRESS=${host.address}`;
    await bare.exec(host, startApp("syncWorker", host, "127.0.0.1", 9080, settings));
  }
  progress(`core services on ${core.address}`);
  await bare.exec(core, installRealm(mirror));
  await bare.exec(core, putKeys(keys!));
  const [{ address: consul }] = workers;
  await bare.exec(core, takeLock(consul));
  await bare.exec(core, startApp("realmDirectory", core, consul, 9081));
  await bare.exec(core, startApp("coreServices", core, consul, 9080));
  await bare.exec(core, untilAnswers(9080, "/health"));
}

interface Keys {
  key: string;
  pub: string;
}

function installConsul(archive: string, servers: BareHost[]): string {
  const config = {
    datacenter: "dc1",
    data_dir: "/var/lib/consul",
    log_level: "INFO",
    server: true,
    bind_addr: '{{ GetInterfaceIP "eth0" }}',
    client_addr: "0.0.0.0",
    retry_join: servers.map(({ address }) => address),
    bootstrap_expect: servers.length,
    ui: true,
  };
  return `cd /root
${download(archive)}
python3 -m zipfile -e ${archive} .
chmod +x consul
mv consul /usr/local/bin
${put("/etc/systemd/system/consul.service", CONSUL_UNIT)}
mkdir -p /etc/consul.d /var/lib/consul
${put("/etc/consul.d/config.json", JSON.stringify(config, null, 2))}
systemctl daemon-reload
systemctl enable --quiet consul
systemctl start consul`;
}

/** Node.js, which the guide takes for granted, the programs, and their packages. */
function installRealm({ node, realm }: Tools["mirror"]): string {
  return `mkdir -p /root/app/data/keys && cd /root/app
${download(node.file)}
tar -xf /root/${node.file} -C /root
${apps.join("\n")}
${download(realm.file)}
tar -xf /root/${realm.file} -C /root/app`;
}

async function makeKeys(bare: BareHosts, host: BareHost): Promise<Keys> {
  await bare.exec(
    host,
    `cd /root/app/data/keys
openssl genpkey -algorithm RSA -out auth-key -pkeyopt rsa_keygen_bits:2048 2>/dev/null
openssl rsa -pubout -in auth-key -out auth-pub 2>/dev/null`,
  );
  const read = (name: string) => bare.exec(host, `cat /root/app/data/keys/${name}`);
  return { key: await read("auth-key"), pub: await read("auth-pub") };
}

const putKeys = ({ key, pub }: Keys) => `cd /root/app/data/keys
${put("auth-key", `${key}\n`)}
${put("auth-pub", `${pub}\n`)}
echo none | tee feature-token >ros-default-password`;

/** The directory of this repository runs under a lock. */
const takeLock = (consul: string) => `kv=http://${consul}:8500/v1
session=$(curl -fsS -X PUT -d '{"NodeChecks": []}' $kv/session/create | grep -o '[0-9a-f-]\\{36\\}')
curl -fsS -X PUT "$kv/kv/realm-cluster/directory/.lock?acquire=$session"`;

/** Starts a program in the background, and waits for what the guide looks for: that its server has started. */
function startApp(name: string, host: BareHost, consul: string, port: number, settings = ""): string {
  const shared = `CONSUL_HOST=${consul} CONSUL_PORT=8500 ROS_ADDRESS=${host.address} ROS_PORT=${port} ROS_LOG_LEVEL=info`;
  const own = `ROS_DATA_PATH=/root/app/data/${name} CREDENTIALS_DIRECTORY=/root/app/data/keys`;
  const environment = `${shared} ${own} ${settings}`.trim();
  const given = environment.split(" ").map((one) => `--setenv=${one}`);
  return `systemd-run --quiet --unit ${name.toLowerCase()} --property WorkingDirectory=/root/app ${given.join(" ")} $(echo /root/node-*/bin/node) /root/app/${name}.js
${untilAnswers(port, "/health?thisInstance=true")}`;
}

const untilAnswers = (port: number, path: string) =>
  `for i in $(seq 100); do curl -fsS --max-time 5 -o /dev/null 'http://127.0.0.1:${port}${path}' 2>/dev/null && exit 0; sleep 0.5; done; journalctl --no-pager -n 30; exit 1`;
