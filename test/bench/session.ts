/** What the parts of one session share: sizes, tools, and trees that take long to build. */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contender, measure } from './measure.ts';
import { FULL, makeFolders, type Size, type Tool, taskCount, writeWorkload } from './workload.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface SessionOptions {
  /** Of the workload that plan, nothing, compile, resume and slurm take. */
  readonly size: Size;
  readonly repeats: number;
  /** Without it Snakemake is left out of the parts that are not about it, where it takes minutes. */
  readonly withSnakemake: boolean;
}

export class Session {
  readonly size: Size;
  readonly repeats: number;
  /** What is there of GNU make, ninja and Snakemake. */
  readonly tools: ReadonlySet<Tool>;
  private readonly folder = mkdtempSync(join(tmpdir(), 'wfc-bench-'));
  private folders = 0;
  private readonly built = new Map<Tool, string>();

  constructor({ size, repeats, withSnakemake }: SessionOptions) {
    this.size = size;
    this.repeats = repeats;
    const tools: Tool[] = withSnakemake ? ['make', 'ninja', 'snakemake'] : ['make', 'ninja'];
    this.tools = new Set(tools.filter(isInstalled));
    for (const tool of tools) if (!this.tools.has(tool)) this.say(`${tool} is not installed, and is left out`);
  }

  get isFull(): boolean {
    return taskCount(this.size) === taskCount(FULL);
  }

  /** What happens, for who waits: on standard error, where it spoils no table. */
  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  wfc(...args: string[]): [string, ...string[]] {
    return [process.execPath, CLI, ...args];
  }

  /** Only what is installed. */
  contenders(all: readonly (Contender & { readonly tool: Tool })[]): Contender[] {
    return all.filter(({ tool }) => tool === 'wfc' || this.tools.has(tool));
  }

  newFolder(name: string): string {
    this.folders++;
    return join(this.folder, `${this.folders}-${name}`);
  }

  /** A fresh folder with the workload as this tool reads it. */
  workload(tool: Tool, size = this.size): string {
    const folder = this.newFolder(tool);
    writeWorkload(tool, folder, size);
    return folder;
  }

  /** The whole workload, built by this very tool, so that its own log knows all; GNU make keeps none, and reads ninja's tree. */
  async builtTree(tool: 'wfc' | 'ninja'): Promise<string> {
    const known = this.built.get(tool);
    if (known !== undefined) return known;
    const folder = this.workload(tool);
    if (tool === 'ninja') writeWorkload('make', folder, this.size);
    this.say(`building a tree with ${tool}`);
    await this.build(tool, folder);
    this.built.set(tool, folder);
    return folder;
  }

  private async build(tool: 'wfc' | 'ninja', folder: string): Promise<void> {
    if (tool === 'ninja') makeFolders(folder, this.size);
    const command = tool === 'wfc' ? this.wfc('run', '--local', '-j2', '-q') : (['ninja', '-j2'] as const);
    await measure({ name: tool, command: command as [string, ...string[]], folder });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
