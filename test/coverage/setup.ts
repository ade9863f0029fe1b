import { join } from 'node:path';
import { childCoverage } from './children.ts';

// Read by Node when it starts: this process of vitest's is not affected, those that its tests start are.
if (childCoverage !== null) process.env.NODE_V8_COVERAGE = join(childCoverage, 'counts');
