import type { Argv } from 'yargs';
import type { Perform } from './perform.ts';

export interface RecordedOption {
  readonly name: string;
  readonly alias: string | null;
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  readonly isRequired: boolean;
  readonly choices: readonly string[];
}

export interface RecordedCommand {
  readonly name: string;
  /** As yargs reads it: `why <task..>`. */
  readonly usage: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly commands: readonly RecordedCommand[];
  readonly options: readonly RecordedOption[];
  readonly positionals: readonly RecordedOption[];
}

interface Declaration {
  readonly type?: string;
  readonly alias?: string;
  readonly describe?: string;
  readonly choices?: readonly string[];
  readonly demandOption?: boolean;
}

/**
 * The commands and options that functions declare to yargs, without yargs: loading it takes longer than a person waits
 * for a completion, and it can't be asked what it was told.
 */
export function recordCommands(
  adders: readonly ((y: Argv, perform: Perform) => unknown)[],
): readonly RecordedCommand[] {
  const recorder = new Recorder();
  for (const add of adders) add(recorder.argv, async () => undefined);
  return recorder.commands;
}

class Recorder {
  readonly commands: RecordedCommand[] = [];
  readonly options: RecordedOption[] = [];
  readonly positionals: RecordedOption[] = [];
  readonly examples: string[] = [];
  readonly argv: Argv;

  constructor() {
    const methods: Record<string, (...args: never[]) => void> = {
      command: (name: string, description: string, build: (y: Argv) => unknown) =>
        this.command(name, description, build),
      option: (name: string, declared: Declaration) => this.options.push(optionOf(name, declared)),
      positional: (name: string, declared: Declaration) => this.positionals.push(optionOf(name, declared)),
      example: (command: string) => this.examples.push(command),
    };
    const call =
      (method: string) =>
      (...args: never[]): Argv => {
        methods[method]?.(...args);
        return this.argv;
      };
    // Groups, epilogues and the like say nothing that completes or explains.
    this.argv = new Proxy({}, { get: (_, method) => call(String(method)) }) as Argv;
  }

  private command(usage: string, description: string, build: (y: Argv) => unknown): void {
    const inner = new Recorder();
    build(inner.argv);
    const { commands, options, positionals, examples } = inner;
    this.commands.push({ name: usage.split(' ')[0]!, usage, description, examples, commands, options, positionals });
  }
}

function optionOf(name: string, { type, alias, describe, choices, demandOption }: Declaration): RecordedOption {
  return {
    name,
    alias: alias ?? null,
    description: describe ?? '',
    takesValue: type !== 'boolean',
    isRequired: demandOption === true,
    choices: choices ?? [],
  };
}
