/**
 * Every mistake that wfc can tell a user of, one constructor each: the wording stands here and nowhere else.
 * Messages say what is wrong in the user's words; hints say what to write instead.
 */
export * from './checkpoints.ts';
export * from './links.ts';
export * from './params.ts';
export * from './results.ts';
export * from './rules.ts';
export * from './schema.ts';
export * from './staged.ts';
export * from './surroundings.ts';
export * from './text.ts';
export { listWords, someOf } from './words.ts';
