import {expect, test} from 'vitest';
import {renderResumePlan} from '../../../src/encryption/view/resume-plan.ts';
import {createTheme} from '../../../src/text/screen.ts';

test('what going on with a setup would still do', () => {
  const steps = [
    {name: 'enable', node: 'cp-2', title: 'kube-apiserver restarted on cp-2'},
    {name: 'read', node: null, title: 'new key readable everywhere'},
  ];
  const plan = {kind: 'EncryptionResumePlan', context: 'kind-kops', operation: 'setup', transaction: '2026-3f9c', steps} as const;
  expect(renderResumePlan(plan, {theme: createTheme(false), width: 80, now: 0})).toMatchInlineSnapshot(`
    "Go on with setup 2026-3f9c in kind-kops

      steps  kube-apiserver restarted on cp-2
             new key readable everywhere
    dry run: nothing changed"
  `);
});
