#!/usr/bin/env node
// Plain old JavaScript: a Node that is too old for the rest must still be able to say so.
import { complaintAbout } from './older-node.js';

const complaint = complaintAbout(process.version);
if (complaint === undefined) {
  await import('../src/cli.ts');
} else {
  console.error(complaint);
  process.exitCode = 2;
}
