import { addCompileCommands } from './compile-commands.ts';
import { addLookCommands } from './look-commands.ts';
import { addPictureCommands } from './picture-commands.ts';
import { addRunCommands } from './run-commands.ts';
import { addStartCommands } from './start-commands.ts';

/** What declares commands and options: to yargs, to completion, and to what explains a mistake. */
export const COMMANDS = [addCompileCommands, addRunCommands, addLookCommands, addPictureCommands, addStartCommands];
