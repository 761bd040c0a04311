import {expect, test} from 'vitest';
import type {RevisionSummary, RolloutHistory} from '../../../src/rollout/history.ts';
import {renderHistory, renderRevision} from '../../../src/rollout/view/history.ts';
import {createTheme, type Screen} from '../../../src/text/screen.ts';
import {ago, NOW, template} from '../../support/builders.ts';

const screen: Screen = {theme: createTheme(false), width: 80, now: NOW};
const workload = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const revision = (number: number, state: Partial<RevisionSummary>): RevisionSummary => ({
  number,
  createdAt: ago(3600 * 24 * (10 - number)),
  images: [`registry.example/shop/web:${number}.0`],
  replicas: 0,
  changeCause: null,
  current: false,
  ...state,
});
const history = (...revisions: RevisionSummary[]): RolloutHistory => ({
  kind: 'RolloutHistory',
  workload,
  revisions,
  pending: false,
});

test('a history marks the current revision and does without registries', () => {
  const report = history(revision(1, {}), revision(2, {changeCause: 'release 2.0', current: true, replicas: 10}));
  expect(renderHistory(report, screen)).toMatchInlineSnapshot(`
    "REVISION  AGE  PODS  IMAGES   CHANGE CAUSE
    1         9d   0     web:1.0  -
    2 ←       8d   10    web:2.0  release 2.0"
  `);
});

test('registries are shown where only they differ', () => {
  const report = history(revision(1, {images: ['a.example/web:1']}), revision(2, {images: ['b.example/web:1'], current: true}));
  expect(renderHistory(report, screen)).toMatchInlineSnapshot(`
    "REVISION  AGE  PODS  IMAGES           CHANGE CAUSE
    1         9d   0     a.example/web:1  -
    2 ←       8d   0     b.example/web:1  -"
  `);
});

test('long images and causes are cut, many images are counted, and no line is wider than the screen', () => {
  const images = [
    'registry.example/payments-platform/checkout-frontend-service:2026.11.23-7bfb4bc78d-release',
    'b:1',
    'c:1',
    'd:1',
  ];
  const changeCause = '결제 서비스 배포: kubectl set image deployment/web web=registry.example/web:2.1 --record=true';
  const report = history(revision(8, {}), revision(9, {images, changeCause, current: true, replicas: 3}));
  expect(renderHistory(report, screen)).toMatchInlineSnapshot(`
    "REVISION  AGE  PODS  IMAGES                           CHANGE CAUSE
    8         2d   0     web:8.0                          -
    9 ←       24h  3     checkout-fronte…b4bc78d-release  결제 서비스 배포: kubectl…
                         b:1
                         and 2 more"
  `);
});

test('without a width nothing is cut', () => {
  const image = `registry.example/${'x'.repeat(90)}:1`;
  const changeCause = 'because '.repeat(20).trimEnd();
  const wide = renderHistory(history(revision(1, {images: [image], changeCause})), {...screen, width: Number.POSITIVE_INFINITY});
  expect(wide).toContain(`${'x'.repeat(90)}:1  ${changeCause}`);
});

test('a template that is no revision yet is pointed at', () => {
  expect(renderHistory({...history(revision(1, {})), pending: true}, screen)).toMatchInlineSnapshot(`
    "REVISION  AGE  PODS  IMAGES   CHANGE CAUSE
    1         9d   0     web:1.0  -
    the live template is not rolled out yet: kops rollout diff deploy/web -n shop"
  `);
});

test('a change cause cannot colour the screen', () => {
  expect(renderHistory(history(revision(1, {changeCause: 'a\u001b[31mb'})), screen)).not.toContain('\u001b');
});

test('one revision is its template as YAML', () => {
  const report = {kind: 'RolloutRevision', workload, ...revision(4, {changeCause: 'release 1.1'}), template: template()} as const;
  expect(renderRevision(report, screen)).toMatchInlineSnapshot(`
    "deployment/web  shop  revision 4
    6d old · 0 pods · release 1.1
    template:
      metadata:
        labels:
          app: web
      spec:
        containers:
        - name: web
          image: web:2.0"
  `);
});
