import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingForLab } from '../../support/lab.ts';

const router = { platform: 'linux', isRoot: true, has: (tool: string) => tool === 'ip' };

test('a machine that has everything lacks nothing', () => {
  assert.equal(missingForLab({ tools: ['ip'] }, router), undefined);
});

test('what is missing is named: the system, root, each tool', () => {
  assert.match(missingForLab({ tools: ['ip'] }, { ...router, platform: 'darwin' }) ?? '', /Linux.*darwin/);
  assert.match(missingForLab({ tools: ['ip'] }, { ...router, isRoot: false }) ?? '', /root/);
  assert.match(missingForLab({ tools: ['ip', 'nft', 'tshark'] }, router) ?? '', /needs nft, tshark:/);
});
