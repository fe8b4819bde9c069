// Put before a server: told `start` and `stop` over its channel, it says how many bytes were allocated on the heap in between, by V8's sampling profiler.
import { Session } from 'node:inspector/promises';

const SAMPLE_EVERY_BYTES = 16_384;
const session = new Session();
session.connect();

const sum = ({ selfSize, children }) => children.reduce((total, child) => total + sum(child), selfSize);

const ask = {
  start: () => session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLE_EVERY_BYTES, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true }),
  stop: async () => ({ bytes: sum((await session.post('HeapProfiler.stopSampling')).profile.head) }),
};
process.on('message', async (word) => process.send((await ask[word]()) ?? {}));
