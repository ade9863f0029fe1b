// Stands before a script of node, and binds its placeholders to what the command line brings. wfc leaves this head out,
// and writes names and values into the places marked; as it stands, it binds none.
//
// The file reads itself again under a name in the spec's folder: `require` and `import()` look from there then.

// Written by wfc: binds the placeholders of the script below.
if (module.filename === __filename && module.wfc === undefined) {
  const path = require('node:path');
  module.wfc = process.argv.splice(2);
  module.filename = path.join(process.cwd(), path.basename(__filename));
  module.paths = module.constructor._nodeModulePaths(process.cwd());
  module._compile(require('node:fs').readFileSync(__filename, 'utf8'), module.filename);
  return;
}
const [/* wfc: names */] = ((values) => {
  const next = () => values.shift();
  return [/* wfc: values */];
})(module.wfc);
delete module.wfc;
// End of what wfc wrote.
