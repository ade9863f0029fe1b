/** `hog.cjs MIB`: takes so much memory for three seconds, long enough to be seen. */
export const HOG = `const held = Buffer.alloc(Number(process.argv[2]) * 1024 * 1024, 1);
setTimeout(() => held, 3000);
`;

/** Runs `hog.cjs MIB` as the child of a thread other than its first. */
export const HOG_OF_A_THREAD = `const { Worker, isMainThread } = require('node:worker_threads');
if (isMainThread) new Worker(__filename, { argv: process.argv.slice(2) });
else require('node:child_process').spawnSync(process.execPath, ['hog.cjs', process.argv[2]]);
`;
