/** A thread that looks at files for `beginLooks`. */
import { workerData } from 'node:worker_threads';
import { lookAlong, type WindowMemory } from './look-window.ts';

lookAlong(workerData as WindowMemory);
