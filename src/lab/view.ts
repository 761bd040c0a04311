import Table from 'cli-table3';
import {cut, pad} from '../text/fit.ts';
import {counted} from '../text/plural.ts';
import {printable} from '../text/printable.ts';
import type {Screen} from '../text/screen.ts';
import type {LabProcess, LabStatus} from './driver.ts';
import type {LabList, LabRemoval, LabUp} from './report.ts';

/** What a new user needs next is in it: where kubectl points now, and how to be rid of it all. */
export function renderUp(lab: LabUp, screen: Screen): string {
  const {good, dim} = screen.theme;
  const {name, outcome, context, kubeconfig, contextBefore} = lab;
  const done = {created: 'is up', restarted: 'is up again, with its data', unchanged: 'is up already'}[outcome];
  const switched = contextBefore !== undefined && contextBefore !== context ? dim(`  (was ${contextBefore})`) : '';
  return [
    `${good('✓')} lab ${name} ${done}  ${dim(traits(lab))}`,
    ...(kubeconfig === undefined
      ? [`  kubeconfig  kops lab kubeconfig --name ${name}`]
      : [`  context     ${context}, current in ${kubeconfig}${switched}`]),
    `  server      ${lab.server}`,
    `  remove      kops lab down --name ${name}`,
  ].join('\n');
}

export function renderStatus(lab: LabStatus, screen: Screen): string {
  const {good, wrong, dim} = screen.theme;
  const dead = lab.processes.filter((process) => !process.running);
  const head = {
    up: `${good('✓')} lab ${lab.name} is up`,
    degraded: `${wrong('✗')} lab ${lab.name} is degraded: ${dead.length} of ${lab.processes.length} processes are not running`,
    stopped: `${wrong('✗')} lab ${lab.name} is stopped: none of its processes runs`,
    unknown: `${wrong('✗')} lab ${lab.name} cannot be reached: ${lab.reason}`,
  }[lab.state];
  return [
    `${head}  ${dim(traits(lab))}`,
    `  context     ${lab.context}`,
    `  server      ${lab.server}`,
    `  nodes       ${lab.nodes.join(', ')}`,
    ...lab.processes.flatMap((process) => renderProcess(process, lab.processes, screen)),
    ...(dead.length > 0 ? [`  bring it back, with its data: kops lab up --name ${lab.name}`] : []),
  ].join('\n');
}

function renderProcess(
  {program, node, running, pid, why, log, lastLines = []}: LabProcess,
  all: readonly LabProcess[],
  {theme, width}: Screen,
): string[] {
  const {good, wrong, dim} = theme;
  const name = pad(program, Math.max(...all.map((process) => process.program.length)));
  if (running) return [`  ${good('●')} ${name}  ${dim(`${node}${pid === undefined ? '' : `  pid ${pid}`}`)}`];
  return [
    `  ${wrong('○')} ${name}  ${dim(node)}  not running${why === undefined ? '' : `: ${printable(why)}`}`,
    ...(log === undefined ? [] : [`      its log, ${log}${lastLines.length > 0 ? ', ends with:' : ''}`]),
    ...lastLines.map((line) => dim(`      ${cut(printable(line), width - 6)}`)),
  ];
}

export function renderList({labs}: LabList, {theme}: Screen): string {
  if (labs.length === 0) return 'no labs: kops lab up makes one';
  const table = new Table({
    head: ['NAME', 'STATE', 'DRIVER', 'VERSION', 'NODES', 'CONTEXT'],
    chars: NO_BORDERS,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 3},
  });
  for (const {name, state, driver, version, nodes, context} of labs) {
    table.push([name, state === 'up' ? theme.good(state) : theme.wrong(state), driver, version, String(nodes.length), context]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export function renderRemoval({name, removed, kubeconfigs}: LabRemoval, {theme}: Screen): string {
  if (!removed) return `there is no lab ${name}: nothing to remove`;
  const also = kubeconfigs.length > 0 ? `, and its contexts from ${kubeconfigs.join(', ')}` : '';
  return `${theme.good('✓')} lab ${name} is gone${also}`;
}

const traits = ({driver, version, nodes}: LabStatus): string => `${driver} · ${version} · ${counted(nodes.length, 'node')}`;

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
