// Loads the bundles in dist with the bytecode that the build kept beside them, so that a command starts at once.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const dist = path.join(__dirname, '..', 'dist');
/** What `node:module` gives, without the parts of it that Node loads only when that is asked for. */
const Module = module.constructor;
const compile = Module.prototype._compile;
/** Bundles loaded by this process, for the build to keep their bytecode. */
const loaded = new Map();

function bytecode(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Bytecode is of one Node on one kind of machine, and is named after it. */
const made = `${process.version}-${process.platform}-${process.arch}.bytecode`;
const bytecodeOf = (bundle) => `${bundle}.${made}`;

/** Node compiles a bundle in full when there is no bytecode for it; the result is the same. */
Module.prototype._compile = function compileCached(content, filename, ...more) {
  if (!filename.startsWith(dist)) return compile.call(this, content, filename, ...more);
  const cachedData = bytecode(bytecodeOf(filename));
  const script = new vm.Script(Module.wrap(content), { filename, cachedData });
  loaded.set(filename, script);
  const require = Module.createRequire(filename);
  return script
    .runInThisContext()
    .call(this.exports, this.exports, require, this, filename, path.dirname(filename));
};

module.exports = { main: require(path.join(dist, 'twofa.cjs')).main, loaded, bytecodeOf };
