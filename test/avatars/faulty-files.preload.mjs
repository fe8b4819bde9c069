// Loaded before the service by storage-failures.spec.ts. While the file FAULT_FILE says `<step> <code>`, that step (or every step that writes, or any) fails with that
// error below FAULT_FOLDER, as a kernel would say it; the writing of a file fails after half of it.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { FAULT_FILE, FAULT_FOLDER } = process.env;
const { open } = fsPromises;
const pathOf = new WeakMap();
const WRITES = ['rename', 'link', 'mkdir'];

function failIfAsked(step, path, isWrite = WRITES.includes(step)) {
  if (!String(path).startsWith(FAULT_FOLDER) || !fs.existsSync(FAULT_FILE)) return;
  const [asked, code] = fs.readFileSync(FAULT_FILE, 'utf8').split(' ');
  if (asked === step || asked === 'any' || (asked === 'write' && isWrite)) throw Object.assign(new Error(`${code}: ${step}, by the test`), { code, syscall: step });
}

for (const name of [...WRITES, 'readFile', 'stat', 'opendir', 'rm']) {
  const original = fsPromises[name];
  fsPromises[name] = async (...args) => {
    failIfAsked(name, args[0]);
    return original(...args);
  };
}
fsPromises.open = async (...args) => {
  failIfAsked('open', args[0], args[1] === 'wx');
  const handle = await open(...args);
  pathOf.set(handle, args[0]);
  return handle;
};
const probe = await open(process.execPath);
const handle = Object.getPrototypeOf(probe);
await probe.close();
const { sync, writeFile } = handle;
handle.sync = async function () {
  failIfAsked('sync', pathOf.get(this));
  return sync.call(this);
};
handle.writeFile = async function (bytes) {
  try {
    failIfAsked('writeFile', pathOf.get(this));
  } catch (error) {
    await writeFile.call(this, bytes.subarray(0, bytes.length / 2));
    throw error;
  }
  return writeFile.call(this, bytes);
};
syncBuiltinESMExports();
