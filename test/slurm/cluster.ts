/**
 * A private Slurm cluster for tests: real munged, slurmctld and slurmd (and slurmdbd with MariaDB) on 127.0.0.1, all in
 * one new folder, as whichever user runs the tests. Nothing touches /etc/slurm, and several clusters may run at once.
 *
 *   startCluster()
 *     folder, free ports, reaper     the reaper ends the cluster even if this process is killed
 *     munged                         everything else authenticates through its socket
 *     mariadbd -> slurmdbd           accounting only; before the controller, which registers there
 *     slurmctld -> slurmd ...        nodes register at once only with a controller that already listens
 *
 * Source of the settings: measured on Slurm 22.05.8, Debian 12; 20.11 and 24.11 run with them, too (see roots/).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { hostname, constants as osConstants, tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { PATIENCE_SECONDS, waitFor } from '../support/waiting.ts';

/**
 * What the cluster does about --mem.
 * - 'ignored': nothing (`CR_Core`): jobs are placed by cores alone.
 * - 'allocated': jobs are placed by memory too (`CR_Core_Memory`), but may use more than they asked for.
 * - 'polled': allocated, and slurmstepd looks every second and kills the whole job: FAILED, exit code 0:9, reason
 *   JobLaunchFailure, never OUT_OF_MEMORY; a peak shorter than a second passes unseen. Works as any user.
 * - 'cgroup': allocated, and the kernel kills the one process, as on most sites: the script goes on, and the job ends
 *   OUT_OF_MEMORY, exit code 0:125, even if its script exits 0. See `missingMemoryCgroup`.
 */
export type MemoryPolicy = 'ignored' | 'allocated' | 'polled' | 'cgroup';

export interface ClusterOptions {
  /** Nodes, named n1, n2, ...; 4 unless told. */
  nodes?: number;
  /** CPUs that each node claims, whatever the machine has; 16 unless told. */
  cpusPerNode?: number;
  /** MiB that each node claims, whatever the machine has; 64,000 unless told. */
  memoryMiBPerNode?: number;
  memory?: MemoryPolicy;
  /** GPUs of each node, as `a100:2`: devices that do nothing, which Slurm counts and lends as it does real ones. None unless told. */
  gpus?: readonly string[];
  /** Parts of the GPUs of each node that Slurm itself lends, `gres: shard:n`; none unless told. */
  shards?: number;
  /** Runs mariadbd and slurmdbd, so that sacct works. */
  accounting?: boolean;
  /** Seconds until a job credential expires, which is also what a requeued job waits. 5, the least, here; by itself, 120. */
  credentialExpirySeconds?: number;
  /** Overrides, spelled as in slurm.conf(5), e.g. `{MinJobAge: '20'}`. AuthInfo is added to, the others replace. */
  slurmConf?: Record<string, string>;
  /** What a node's slurmd is started behind, e.g. `['nice']`; it must become slurmd, not start it. */
  nodeBehind?: readonly string[];
  /** Whole lines added to slurm.conf, e.g. a second partition; the first one is named `main` and holds all nodes. */
  slurmConfLines?: readonly string[];
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** 127 when there is no such program, 124 after the time limit, 128 + n after signal n. */
  exitCode: number;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  /** As long as anything may take, unless told. */
  timeoutSeconds?: number;
}

export interface Cluster {
  /** Holds slurm.conf and log/*.log; removed by stop(). Tests may put their own files into `folder`/work. */
  readonly folder: string;
  /** This process's environment with SLURM_CONF, and without the user's own SBATCH_* and the like. */
  readonly env: NodeJS.ProcessEnv;
  /** Names of all nodes, up or not: n1, n2, ... */
  readonly nodes: readonly string[];
  /** Runs a command with `env`, by default in `folder`/work. Never throws for an exit status. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Runs sbatch and returns the job's id. Throws when sbatch refuses. */
  submit(...sbatchArgs: string[]): Promise<string>;
  /** State by element id ("7_0") or job id ("7"), finished ones included until MinJobAge. */
  jobStates(jobId: string): Promise<Map<string, string>>;
  /** Waits until `isReached` holds for `jobStates(jobId)`, and returns these states. */
  waitForJob(jobId: string, isReached: (states: Map<string, string>) => boolean): Promise<Map<string, string>>;
  /** Waits until squeue lists nothing. Throws with what it lists when the time is up. */
  waitForIdleQueue(seconds?: number): Promise<void>;
  /** Cancels all that is in the queue. */
  cancelAll(): Promise<void>;
  /**
   * Kills the node's slurmd; its jobs live on, as behind a network that broke. 'at once' (unless told otherwise) then
   * marks the node down, which requeues its jobs now; 'after its timeout' leaves it to the controller: about 23 s with
   * `SlurmdTimeout: '5'`, longer than 30 s with this harness's 30.
   */
  killNode(name: string, controllerNotices?: 'at once' | 'after its timeout'): Promise<void>;
  /** Starts the node's slurmd again, and waits until the node takes jobs. */
  startNode(name: string): Promise<void>;
  /** Changes this job's comment, and waits until the controller has saved that, and all that happened before. */
  saveState(jobId: string): Promise<void>;
  /** Kills slurmctld with SIGKILL. It forgets what it was told within the last 5 s or so, unless `saveState` was called. */
  killController(): Promise<void>;
  /** Starts the controller again, and waits until it knows the state of all nodes that run. */
  startController(): Promise<void>;
  /** Kills all daemons, jobs and clients of this cluster, and removes the folder. May be called again. */
  stop(): Promise<void>;
}

const basePrograms = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'sinfo', 'scontrol', 'scancel', 'ps', 'awk'];
const accountingPrograms = ['mariadbd', 'mariadb-install-db', 'slurmdbd', 'sacct'];

/** Daemons live in /usr/sbin, which an ordinary user's PATH may lack. */
const searchPath = [...new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'])].join(delimiter);

/** Whether it is found where daemons are, too. */
export function isProgram(name: string): boolean {
  return searchPath.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** One plain sentence naming what a cluster (with accounting, when asked for) needs and this machine lacks, or null. */
export function missingSlurm(options: Pick<ClusterOptions, 'accounting'> = {}): string | null {
  if (process.platform !== 'linux') return `A Slurm cluster needs Linux, and this is ${process.platform}.`;
  const missing = [...basePrograms, ...(options.accounting ? accountingPrograms : [])].filter(
    (name) => !isProgram(name),
  );
  if (missing.length === 0) return null;
  return `A Slurm cluster needs programs that are not installed: ${missing.join(', ')} (see test/install-debian.sh).`;
}

/** Name of slurmdbd's database. */
const DATABASE = 'slurm';

const cgroupControllers = ['memory', 'freezer', 'cpuset', 'cpuacct', 'devices'] as const;

/** One plain sentence saying why `memory: 'cgroup'` cannot work here, or null. It needs root and cgroup version 1. */
export function missingMemoryCgroup(): string | null {
  try {
    for (const controller of cgroupControllers) {
      const file = `/sys/fs/cgroup/${controller}/cgroup.procs`;
      if (!existsSync(file)) return `There is no cgroup v1 controller "${controller}" on this machine.`;
      accessSync(`/sys/fs/cgroup/${controller}`, constants.W_OK);
    }
    return userInfo().uid === 0 ? null : 'Only root may make memory cgroups.';
  } catch {
    return 'The memory cgroup of this machine is not writable.';
  }
}

/** One process of the cluster in the foreground, so that its death is an event and its process id is known. */
interface Daemon {
  readonly name: string;
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

/** Ports that nobody listens on, below Linux's ephemeral range, so that no outgoing connection takes one meanwhile. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, 32_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
    });
    if (isFree) ports.add(port);
  }
  return [...ports];
}

function accepts(target: { port: number } | { path: string }): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect('port' in target ? { ...target, host: '127.0.0.1' } : target);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });
}

/** Starts a cluster and returns it when all its nodes are idle: about 0.2 s, with accounting about 2.5 s. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const missing = missingSlurm(options) ?? (options.memory === 'cgroup' ? missingMemoryCgroup() : null);
  if (missing !== null) throw new Error(missing);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between choosing a free port and listening on it, somebody else may take it.
      if (attempt === 3 || !/already in use/i.test(String(error))) throw error;
    }
  }
}

async function startOnce(options: ClusterOptions): Promise<Cluster> {
  const nodeCount = options.nodes ?? 4;
  const nodes = Array.from({ length: nodeCount }, (_, index) => `n${index + 1}`);
  const [controllerPort, accountingPort, databasePort, ...nodePorts] = (await freePorts(3 + nodeCount)) as [
    number,
    number,
    number,
    ...number[],
  ];

  const folder = await mkdtemp(join(tmpdir(), 'wfc-slurm-'));
  // munged wants its socket in a folder that others can enter.
  await chmod(folder, 0o755);
  for (const name of ['log', 'state', 'work', ...nodes]) await mkdir(join(folder, name));
  const munge = join(folder, 'munge.sock');
  const log = (name: string) => join(folder, 'log', `${name}.log`);
  const savedJobs = join(folder, 'state', 'job_state');
  const complaintsOf = (name: string) => join(folder, 'log', `${name}.stderr`);

  const env: NodeJS.ProcessEnv = {};
  for (const [key, value] of Object.entries(process.env)) {
    // A user's own SBATCH_* would beat the #SBATCH lines under test.
    if (!/^(SLURM|SBATCH|SRUN|SALLOC|SQUEUE|SINFO|SACCT|SCANCEL|SCONTROL)/.test(key)) env[key] = value;
  }
  env.PATH = searchPath;
  const reaperEnv = { ...env };
  env.SLURM_CONF = join(folder, 'slurm.conf');

  const cgroupName = `wfc-${randomBytes(6).toString('hex')}`;
  const cgroups =
    options.memory === 'cgroup' ? cgroupControllers.map((name) => `/sys/fs/cgroup/${name}/${cgroupName}`) : [];
  const reaper = spawn(fileURLToPath(new URL('./reap.sh', import.meta.url)), [folder, ...cgroups], {
    cwd: '/',
    env: reaperEnv,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: an interrupt from the terminal must not end it before it has done its work.
    detached: true,
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();

  let stopped: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopped ??= new Promise<void>((resolve, reject) => {
      reaper.ref();
      reaper.once('error', reject);
      reaper.once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`the Slurm cluster in ${folder} did not end`)),
      );
      reaper.stdin.end();
    });
    return stopped;
  }

  const daemons = new Map<string, Daemon>();

  function startDaemon(name: string, command: string, args: readonly string[]): void {
    if (daemons.has(name)) throw new Error(`${name} runs already`);
    // Before a daemon has read its settings, it can complain to standard error only.
    const complaints = openSync(complaintsOf(name), 'a');
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', complaints, complaints], detached: true });
    closeSync(complaints);
    // A test that forgets stop() must not hang.
    child.unref();
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    daemons.set(name, { name, child, exited });
  }

  async function killDaemon(name: string): Promise<void> {
    const daemon = daemons.get(name);
    if (daemon === undefined) throw new Error(`${name} does not run`);
    daemons.delete(name);
    daemon.child.ref();
    daemon.child.kill('SIGKILL');
    await daemon.exited;
  }

  function logTail(name: string): string {
    const text = readFileSync(existsSync(log(name)) ? log(name) : complaintsOf(name), 'utf8');
    return text.trimEnd().split('\n').slice(-15).join('\n');
  }

  /** Waits for what the daemon `name` brings about; fails early, with the end of its log, when any daemon dies. */
  async function waitForDaemon<T>(name: string, probe: () => Promise<T | undefined>): Promise<T> {
    return waitFor(
      async () => {
        const value = await probe();
        // After the probe: where a stranger took the port, the probe may have met the stranger.
        for (const { name: other, child } of daemons.values()) {
          if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
            throw new Error(`${other} ended while ${name} was starting:\n${logTail(other)}`);
        }
        return value;
      },
      () => `${name} ready; its log ends with:\n${logTail(name)}`,
    );
  }

  async function run(
    command: string,
    args: readonly string[] = [],
    runOptions: RunOptions = {},
  ): Promise<CommandResult> {
    const result = await execa(command, args, {
      cwd: runOptions.cwd ?? join(folder, 'work'),
      env: { ...env, ...runOptions.env },
      extendEnv: false,
      reject: false,
      timeout: (runOptions.timeoutSeconds ?? PATIENCE_SECONDS) * 1000,
      ...(runOptions.stdin === undefined ? { stdin: 'ignore' as const } : { input: runOptions.stdin }),
    });
    const exitCode = result.timedOut
      ? 124
      : (result.exitCode ?? (result.signal ? 128 + osConstants.signals[result.signal] : 127));
    return { stdout: result.stdout ?? '', stderr: result.stderr ?? result.shortMessage ?? '', exitCode };
  }

  /** Runs a client and returns what it prints. */
  async function client(command: string, ...args: string[]): Promise<string> {
    const result = await run(command, args);
    if (result.exitCode !== 0)
      throw new Error(`${command} ${args.join(' ')} exited with ${result.exitCode}: ${result.stderr}`);
    return result.stdout;
  }

  function startSlurmd(name: string): void {
    const [command = '', ...args] = [...(options.nodeBehind ?? []), 'slurmd', '-D', '-N', name];
    startDaemon(name, command, args);
  }

  async function waitForNodes(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await waitForDaemon(names[0]!, async () => {
      const { stdout, exitCode } = await run('sinfo', [
        '--noheader',
        '--Node',
        '--format=%N %T',
        `--nodes=${names.join(',')}`,
      ]);
      const states = stdout.split('\n').map((line) => line.split(' ')[1] ?? '');
      const isReady = (state: string) => /^(idle|mixed|allocated|completing)\+?$/.test(state);
      if (exitCode === 0 && states.length >= names.length && states.every(isReady)) return true;
      // A controller that was killed hands in what still runs, the node refuses that, and is drained until somebody helps;
      // `killNode` has marked it down.
      if (states.some((state) => /^(drain|down)/.test(state)))
        await run('scontrol', ['update', `NodeName=${names.join(',')}`, 'State=RESUME']);
      return undefined;
    });
  }

  const cluster: Cluster = {
    folder,
    env,
    nodes,
    run,
    stop,

    async submit(...sbatchArgs) {
      return (await client('sbatch', '--parsable', ...sbatchArgs)).split(';')[0]!.trim();
    },

    async jobStates(jobId) {
      const { stdout } = await run('squeue', [
        '--noheader',
        '--array',
        '--states=all',
        '--format=%i %T',
        `--jobs=${jobId}`,
      ]);
      return new Map(
        stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ') as [string, string]),
      );
    },

    async waitForJob(jobId, isReached) {
      let states = new Map<string, string>();
      return waitFor(
        async () => {
          states = await cluster.jobStates(jobId);
          return states.size > 0 && isReached(states) ? states : undefined;
        },
        () => `job ${jobId} where it should be; its states are ${[...states].flat().join(' ')}`,
      );
    },

    async waitForIdleQueue(seconds) {
      let listed = '';
      await waitFor(
        async () => {
          const result = await run('squeue', ['--noheader', '--array', '--format=%i %j %T %r']);
          listed = result.stdout + result.stderr;
          return result.exitCode === 0 && listed === '' ? true : undefined;
        },
        () => `an empty queue; it holds:\n${listed}\n${logTail('slurmctld')}`,
        seconds,
      );
    },

    async cancelAll() {
      // Slurm 20.11 knows no `scancel --me`.
      await run('scancel', [`--user=${userInfo().username}`]);
    },

    async killNode(name, controllerNotices = 'at once') {
      await killDaemon(name);
      if (controllerNotices === 'at once') {
        await client('scontrol', 'update', `NodeName=${name}`, 'State=DOWN', 'Reason=killed');
      }
    },

    async startNode(name) {
      if (!nodes.includes(name)) throw new Error(`the cluster has no node ${name}`);
      startSlurmd(name);
      await waitForNodes([name]);
    },

    async saveState(jobId) {
      const began = Date.now();
      await client('scontrol', 'update', `JobId=${jobId}`, `Comment=${began}`);
      await waitFor(
        () => (existsSync(savedJobs) && statSync(savedJobs).mtimeMs > began ? true : undefined),
        'a saved state of the jobs',
      );
    },

    async killController() {
      await killDaemon('slurmctld');
    },

    async startController() {
      startDaemon('slurmctld', 'slurmctld', ['-D']);
      await waitForDaemon('slurmctld', () => accepts({ port: controllerPort }));
      await waitForNodes(nodes.filter((name) => daemons.has(name)));
    },
  };

  try {
    // 1. What the daemons read.
    for (const path of cgroups) await makeCgroup(path);
    if (cgroups.length > 0) {
      await mkdir(join(folder, 'cgroup'));
      for (const [index, name] of cgroupControllers.entries())
        await symlink(cgroups[index]!, join(folder, 'cgroup', name));
    }
    const configuration = { folder, controllerPort, accountingPort, databasePort, nodes, nodePorts, options };
    await writeFile(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o600 });
    await writeFile(join(folder, 'slurm.conf'), slurmConf(configuration));
    const cgroupConf = renderCgroupConf(folder, options.memory);
    if (cgroupConf !== null) await writeFile(join(folder, 'cgroup.conf'), cgroupConf);
    if (options.gpus) await writeGpus(folder, nodes, options);

    // 2. Authentication.
    startDaemon('munged', 'munged', [
      '--foreground',
      // Warn, not refuse, where TMPDIR lies in a folder that other users cannot enter: there are none in this cluster.
      '--force',
      `--key-file=${join(folder, 'munge.key')}`,
      `--socket=${munge}`,
      `--pid-file=${join(folder, 'munged.pid')}`,
      `--log-file=${log('munged')}`,
      `--seed-file=${join(folder, 'munged.seed')}`,
    ]);
    await waitForDaemon('munged', () => accepts({ path: munge }));

    // 3. Accounting.
    if (options.accounting) {
      const database = join(folder, 'database');
      // Only root needs --user, and only root may use it.
      const asUser = userInfo().uid === 0 ? ['--user=root'] : [];
      await client(
        'mariadb-install-db',
        '--no-defaults',
        `--datadir=${database}`,
        ...asUser,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      );
      // slurmdbd would make its database, too, but where a first connection failed for want of one, MariaDB's client library
      // of 11.8.9 takes no more than 0 columns over the next: `select @var := concat('')` fails, and slurmdbd ends.
      const prepared = join(folder, 'database.sql');
      await writeFile(prepared, `create database ${DATABASE};\n`);
      startDaemon('mariadbd', 'mariadbd', [
        '--no-defaults',
        ...asUser,
        `--datadir=${database}`,
        `--socket=${join(folder, 'database.sock')}`,
        `--pid-file=${join(folder, 'mariadbd.pid')}`,
        `--log-error=${log('mariadbd')}`,
        '--bind-address=127.0.0.1',
        `--port=${databasePort}`,
        `--init-file=${prepared}`,
        // The data need not outlive the test: spare the disk.
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-doublewrite=0',
        '--innodb-buffer-pool-size=64M',
      ]);
      await waitForDaemon('mariadbd', () => accepts({ port: databasePort }));
      // slurmdbd refuses a configuration that others can read.
      await writeFile(join(folder, 'slurmdbd.conf'), slurmdbdConf(configuration), { mode: 0o600 });
      startDaemon('slurmdbd', 'slurmdbd', ['-D']);
      await waitForDaemon('slurmdbd', () => accepts({ port: accountingPort }));
    }

    // 4. The cluster itself.
    await cluster.startController();
    for (const name of nodes) startSlurmd(name);
    await waitForNodes(nodes);
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Configuration {
  folder: string;
  controllerPort: number;
  accountingPort: number;
  databasePort: number;
  nodes: readonly string[];
  nodePorts: readonly number[];
  options: ClusterOptions;
}

function confLines(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).map(([key, value]) => `${key}=${value}`);
}

function slurmConf({ folder, controllerPort, accountingPort, nodes, nodePorts, options }: Configuration): string {
  const host = hostname().split('.')[0]!;
  const user = userInfo().username;
  const cpus = options.cpusPerNode ?? 16;
  const memoryMiB = options.memoryMiBPerNode ?? 64_000;
  const memory = options.memory ?? 'ignored';
  const { AuthInfo, ...overrides } = options.slurmConf ?? {};
  const settings: Record<string, string | number> = {
    ClusterName: 'wfc',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: controllerPort,
    SlurmUser: user,
    SlurmdUser: user,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${folder}/munge.sock,${AuthInfo ?? `cred_expire=${options.credentialExpirySeconds ?? 5}`}`,
    StateSaveLocation: `${folder}/state`,
    SlurmdSpoolDir: `${folder}/%n`,
    SlurmctldPidFile: `${folder}/slurmctld.pid`,
    SlurmdPidFile: `${folder}/%n.pid`,
    SlurmctldLogFile: `${folder}/log/slurmctld.log`,
    SlurmdLogFile: `${folder}/log/%n.log`,
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: memory === 'cgroup' ? 'task/cgroup' : 'task/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: memory === 'ignored' ? 'CR_Core' : 'CR_Core_Memory',
    // Nodes may claim more CPUs and memory than there are.
    SlurmdParameters: 'config_overrides',
    SchedulerParameters: 'sched_interval=1,bf_interval=1,sched_min_interval=0,default_queue_depth=1000',
    // Listen on 127.0.0.1 only, not on all addresses of the machine.
    CommunicationParameters: 'NoInAddrAny,NoCtldInAddrAny',
    MailProg: '/bin/true',
    // What `killNode` marked down stays so until `startNode`: with 2 an answer that was still on its way (seen with 24.11)
    // brings the node back, and the job starts where nobody is.
    ReturnToService: 1,
    MpiDefault: 'none',
    // Seconds. Generous, because a loaded test machine is no failure; killNode() does not wait for it.
    SlurmdTimeout: 30,
    SlurmctldTimeout: 30,
  };
  if (memory !== 'ignored') {
    // Without it, a job that does not say --mem takes all of its node's memory, and the node takes one job only.
    settings.DefMemPerCPU = Math.floor(memoryMiB / cpus);
  }
  if (memory === 'polled') {
    settings.JobAcctGatherType = 'jobacct_gather/linux';
    settings.JobAcctGatherParams = 'OverMemoryKill';
    settings.JobAcctGatherFrequency = 1;
  }
  const shards = options.shards === undefined ? [] : [`shard:${options.shards}`];
  const gres = [...(options.gpus ?? []).map((gpus) => `gpu:${gpus}`), ...shards].join(',');
  if (gres !== '') settings.GresTypes = shards.length > 0 ? 'gpu,shard' : 'gpu';
  if (options.accounting) {
    settings.AccountingStorageType = 'accounting_storage/slurmdbd';
    settings.AccountingStorageHost = 'localhost';
    settings.AccountingStoragePort = accountingPort;
    // Clients look for munge here, not in AuthInfo, when they speak to slurmdbd.
    settings.AccountingStoragePass = `${folder}/munge.sock`;
  }
  const nodeLines = nodes.map(
    (name, index) =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePorts[index]} CPUs=${cpus} RealMemory=${memoryMiB}${gres === '' ? '' : ` Gres=${gres}`}`,
  );
  return [
    ...confLines({ ...settings, ...overrides }),
    ...nodeLines,
    'PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
    ...(options.slurmConfLines ?? []),
    '',
  ].join('\n');
}

/** A device a GPU, which all nodes share. Slurm takes links, and the numbers of CUDA_VISIBLE_DEVICES from their names. */
async function writeGpus(
  folder: string,
  nodes: readonly string[],
  { gpus = [], shards }: ClusterOptions,
): Promise<void> {
  const lines: string[] = [];
  let next = 0;
  for (const kind of gpus) {
    const [type, count] = kind.split(':');
    const files = Array.from({ length: Number(count) }, () => join(folder, `gpu${next++}`));
    for (const file of files) await symlink('/dev/null', file);
    for (const file of files) lines.push(`NodeName=${nodes.join(',')} Name=gpu Type=${type} File=${file}\n`);
  }
  if (shards !== undefined) lines.push(`NodeName=${nodes.join(',')} Name=shard Count=${shards}\n`);
  await writeFile(join(folder, 'gres.conf'), lines.join(''));
}

function slurmdbdConf({ folder, accountingPort, databasePort }: Configuration): string {
  return `${confLines({
    AuthType: 'auth/munge',
    AuthInfo: `socket=${folder}/munge.sock`,
    DbdHost: 'localhost',
    DbdPort: accountingPort,
    SlurmUser: userInfo().username,
    StorageType: 'accounting_storage/mysql',
    StorageHost: '127.0.0.1',
    StoragePort: databasePort,
    StorageUser: 'root',
    StorageLoc: DATABASE,
    PidFile: `${folder}/slurmdbd.pid`,
    LogFile: `${folder}/log/slurmdbd.log`,
  }).join('\n')}\n`;
}

/** Text of cgroup.conf, or null where Slurm needs none. */
function renderCgroupConf(folder: string, memory: MemoryPolicy | undefined): string | null {
  const [year = 0, month = 0] = slurmVersion();
  if (memory === 'cgroup') {
    return (
      // Older ones know no other version, nor the word.
      (year >= 22 ? 'CgroupPlugin=cgroup/v1\n' : '') +
      // Links to this cluster's own cgroups: nodes of two clusters have the same names, and so would their cgroups.
      `CgroupMountpoint=${folder}/cgroup\n` +
      'ConstrainRAMSpace=yes\nConstrainSwapSpace=no\nConstrainCores=no\nConstrainDevices=no\n'
    );
  }
  // From 24.05 on, slurmd sets up cgroups although no plugin asks for them, which an ordinary user may not; older ones
  // do not know the word. Source: cgroup.conf(5) of 23.11 and 24.05; tried with 24.11.
  return year > 24 || (year === 24 && month >= 5) ? 'CgroupPlugin=disabled\n' : null;
}

/** Slurm's release as numbers: [22, 5, 8]. */
/** Whether the Slurm of this machine is of this release or a later one; false where there is none. */
export function isSlurmSince(year: number, month: number): boolean {
  if (missingSlurm() !== null) return false;
  const [itsYear = 0, itsMonth = 0] = slurmVersion();
  return itsYear > year || (itsYear === year && itsMonth >= month);
}

function slurmVersion(): number[] {
  const text = execFileSync('slurmctld', ['-V'], { encoding: 'utf8', env: { ...process.env, PATH: searchPath } });
  return (/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
}

async function makeCgroup(path: string): Promise<void> {
  await mkdir(path);
  if (!path.includes('/cpuset/')) return;
  // A new cpuset is empty, and takes no process before it has CPUs and memory nodes.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(path, file), await readFile(join(path, '..', file)));
  }
}
