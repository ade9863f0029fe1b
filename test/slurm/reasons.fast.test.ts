/** The codes with which Slurm says why a job waits, sorted by what comes of it. */
import { expect, it } from 'vitest';
import { waitReason } from '../../src/model/slurm-reasons.ts';

it.each([
  ['BadConstraints', 'never'],
  ['PartitionConfig', 'never'],
  ['PartitionNodeLimit', 'never'],
  ['PartitionTimeLimit', 'never'],
  ['InvalidAccount', 'never'],
  ['InvalidQOS', 'never'],
  ['QOSMaxCpuPerJobLimit', 'never'],
  ['QOSMaxGRESPerNode', 'never'],
  ['QOSMaxWallDurationPerJobLimit', 'never'],
  ['AssocMaxMemPerJob', 'never'],
  ['QOSMinCpuNotSatisfied', 'never'],
  ['DependencyNeverSatisfied', 'never'],
  ['QOSGrpCpuLimit', 'long'],
  ['AssocGrpCPUMinutesLimit', 'long'],
  ['QOSMaxJobsPerUserLimit', 'long'],
  ['AssocMaxJobsLimit', 'long'],
  ['MaxCpuPerAccount', 'long'],
  ['ReqNodeNotAvail, UnavailableNodes:n1', 'long'],
  ['PartitionDown', 'long'],
  ['JobHeldUser', 'held'],
  ['(launch failed requeued held)', 'held'],
  ['Resources', 'turn'],
  ['Priority', 'turn'],
  ['Dependency', 'turn'],
  ['JobArrayTaskLimit', 'turn'],
  ['None', 'turn'],
])('%s: %s', (code, kind) => {
  expect(waitReason(code).kind).toBe(kind);
});
