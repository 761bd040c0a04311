import {vi} from 'vitest';

/** Milliseconds that `vi.waitFor` waits where a test says nothing: its own second is too short for a program to start beside other work. */
const PATIENCE = 20_000;

const {waitFor} = vi;
const patient: typeof waitFor = (callback, options) =>
  waitFor(callback, typeof options === 'object' ? {timeout: PATIENCE, ...options} : (options ?? PATIENCE));
if (waitFor.name !== patient.name) vi.waitFor = patient;
