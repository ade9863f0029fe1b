/** How wfc is bundled, as files of dist/ and as the one executable file. */
export const BUNDLING = {
  entryPoints: ['src/cli.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  // Of the help texts alone: theirs are plain.
  alias: { 'string-width': './src/cli/string-width.ts' },
};
