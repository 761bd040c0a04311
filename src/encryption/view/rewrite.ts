import {enumerate} from '../../text/enumerate.ts';
import {countedObjects} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {RewritePlan, RewriteRun} from '../rewrite/run.ts';
import {DRY_RUN} from './words.ts';

/** What is going to be written, before anybody is asked. */
export function renderRewritePlan({context, namespace, engine, resources}: RewritePlan, {width}: Screen): string {
  const counts = resources.map(({resource, total}) => countedObjects(total, resource));
  const how = {
    client: 'each object goes back as it is; the API server stores anew what it would store otherwise now',
    'storage-migration': "the cluster's controller manager does it (StorageVersionMigration)",
  };
  const rows = namedRows([['how', how[engine]]], width);
  return [`Rewrite ${enumerate(counts) || 'nothing'} in ${place(context, namespace)}`, ...rows].join('\n');
}

export const renderRewriteDryRun = (plan: RewritePlan, screen: Screen): string =>
  `${renderRewritePlan(plan, screen)}\n${screen.theme.dim(DRY_RUN)}`;

const place = (context: string, namespace: string | null): string =>
  namespace === null ? context : `namespace ${namespace} of ${context}`;

/** Failed objects that are shown; `-o json` has them all. */
const SHOWN = 20;

export function renderRewrite(run: RewriteRun, {theme, width}: Screen): string {
  const {context, outcome, dryRun, resources} = run;
  const failed = resources.flatMap(({resource, failed}) => failed.map(({key, why}) => ({name: `${resource} ${key}`, why})));
  const total = resources.reduce((sum, resource) => sum + resource.total, 0);
  const counts = enumerate(resources.map((resource) => countOf(resource, dryRun))) || 'nothing to rewrite';
  if (outcome === 'done') {
    const next = dryRun ? 'nothing was stored: kops encrypt-at-rest rewrite' : 'kops encrypt-at-rest verify';
    return [`${theme.good('✓')} ${counts}  ${theme.dim(context)}`, ...namedRows([[dryRun ? 'next' : 'proof', next]], width)].join(
      '\n',
    );
  }
  const lines = failed.slice(0, SHOWN).map(({name, why}) => [name, printable(why)] as const);
  return [
    `${theme.wrong('✗')} ${failed.length} of ${total} ${dryRun ? 'would be refused' : 'were not rewritten'}  ${theme.dim(context)}`,
    ...lines.flatMap(([name, why]) => [`  ${theme.strong(name)}`, ...namedRows([['', why]], width)]),
    ...(failed.length > SHOWN ? [`  … and ${failed.length - SHOWN} more: -o json names them all`] : []),
    ...namedRows([['next', 'mend what refuses them, and run it again: what is done stays done']], width),
  ].join('\n');
}

function countOf({resource, total, rewritten, unchanged, gone}: RewriteRun['resources'][number], dryRun: boolean): string {
  if (dryRun) return `${countedObjects(total, resource)} would be taken`;
  if (rewritten === null) return `${countedObjects(total, resource)} rewritten by the cluster`;
  if (total === 1 && unchanged === 1) return `${countedObjects(1, resource)} was as it should be already`;
  if (total > 0 && unchanged === total) return `all ${total} ${resource} were as they should be already`;
  const others = [
    ...(unchanged > 0 ? [`${unchanged} as they should be already`] : []),
    ...(gone > 0 ? [`${gone} gone meanwhile`] : []),
  ];
  return `${countedObjects(rewritten, resource)} rewritten${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
}
