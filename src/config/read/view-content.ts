import {duration} from '../../text/duration.ts';
import {pad} from '../../text/fit.ts';
import {counted, countedObjects} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import {textWidth} from '../../text/width.ts';
import {yamlText} from '../../text/yaml.ts';
import {type Certificate, isBundle, SOON_MS} from './certificate.ts';
import type {Content} from './content.ts';
import type {HelmRelease} from './helm-release.ts';
import type {KubeconfigSummary} from './kubeconfig.ts';
import type {PrivateKey} from './private-key.ts';
import type {RegistryLogins} from './registry-logins.ts';
import type {Token} from './token.ts';

/** What a value says of itself: a line, and what belongs below it. Neither private keys nor passwords nor tokens are in it. */
export function summarise(content: Content, screen: Screen): string[] {
  switch (content.is) {
    case 'certificate':
      return [certificate(content, screen)];
    case 'private key':
      return [privateKey(content, screen)];
    case 'registry logins':
      return registryLogins(content, screen);
    case 'token':
      return [token(content, screen)];
    case 'helm release':
      return helmRelease(content, screen);
    case 'kubeconfig':
      return kubeconfig(content, screen);
    case 'encoded twice':
      return [screen.theme.waiting('⚠ base64 twice; behind it:'), ...content.text.trimEnd().split('\n').map(printable)];
    default:
      return [];
  }
}

/** `expires in 41d`; what is over, or soon will be, is marked. */
function expiry(time: string, {theme, now}: Screen): string {
  const left = Date.parse(time) - now;
  if (left < 0) return theme.wrong(`✗ expired ${duration(-left)} ago`);
  return left < SOON_MS ? theme.waiting(`⚠ expires in ${duration(left)}`) : `expires in ${duration(left)}`;
}

function certificate(of: Certificate, screen: Screen): string {
  const {subject, alternativeNames, notBefore, notAfter, more, moreNotAfter} = of;
  const {theme, now} = screen;
  const ahead = Date.parse(notBefore) - now;
  return [
    `certificate ${printable(subject)}`,
    ...(alternativeNames.length > 0 ? [`SANs ${printable(alternativeNames.join(', '))}`] : []),
    ahead > 0 ? theme.wrong(`✗ not valid for another ${duration(ahead)}`) : expiry(notAfter, screen),
    ...(more > 0 ? [theme.dim(`+${more} more ${isBundle(of) ? 'beside it' : 'in the chain'}`)] : []),
    ...(moreNotAfter !== null && !isBundle(of) && Date.parse(moreNotAfter) - now < SOON_MS
      ? [`one of them ${expiry(moreNotAfter, screen)}`]
      : []),
  ].join('  ');
}

function privateKey({type, bits, encrypted, fits, certificate}: PrivateKey, {theme}: Screen): string {
  const other = printable(certificate ?? '');
  return [
    ['private key', ...(type === 'unknown' ? [] : [printable(type)]), ...(bits === null ? [] : [`${bits} bits`])].join(' '),
    ...(encrypted ? ['behind a passphrase'] : []),
    ...(fits === null ? [] : [fits ? `${theme.good('✓')} for ${other}` : theme.wrong(`✗ not the key of ${other}`)]),
  ].join('  ');
}

function registryLogins({registries}: RegistryLogins, {theme}: Screen): string[] {
  const column = Math.max(0, ...registries.map(({registry}) => textWidth(printable(registry))));
  return [
    `logins for ${countedObjects(registries.length, 'registries')}`,
    ...registries.map(({registry, user, by}) => {
      const how = by === 'nothing' ? theme.waiting('⚠ neither password nor token') : `with a ${by}`;
      return `${pad(printable(registry), column)}  ${user === null ? '' : `user ${printable(user)}  `}${how}`;
    }),
  ];
}

const token = ({subject, issuer, audiences, expires}: Token, screen: Screen): string =>
  [
    `token of ${printable(subject ?? issuer ?? 'nobody')}`,
    ...(audiences.length > 0 ? [`for ${printable(audiences.join(', '))}`] : []),
    expires === null ? screen.theme.waiting('never expires') : expiry(expires, screen),
  ].join('  ');

function helmRelease({name, revision, chart, appVersion, status, values}: HelmRelease, {theme}: Screen): string[] {
  const version = appVersion === null ? '' : ` (app ${printable(appVersion)})`;
  const set = Object.keys(values).length === 0 ? [] : yamlText(values).split('\n');
  return [
    `helm release ${printable(name)}${revision === null ? '' : ` revision ${revision}`}  chart ${printable(chart)}${version}  ${printable(status)}`,
    set.length === 0 ? theme.dim('no values over those of the chart') : theme.dim('values'),
    ...set.map((line) => `  ${printable(line)}`),
  ];
}

function kubeconfig({currentContext, contexts, users}: KubeconfigSummary, {theme}: Screen): string[] {
  const column = Math.max(0, ...contexts.map(({name}) => textWidth(printable(name))));
  return [
    `kubeconfig, ${counted(contexts.length, 'context')}`,
    ...contexts.map(({name, server, user, namespace}) => {
      const by = users.find((one) => one.name === user)?.by;
      return [
        `${pad(printable(name), column)}${name === currentContext ? ' ←' : '  '}`,
        printable(server ?? '(no server)'),
        ...(user === null ? [] : [`user ${printable(user)}${by === undefined ? '' : theme.dim(` (${by})`)}`]),
        ...(namespace === null ? [] : [`namespace ${printable(namespace)}`]),
      ].join('  ');
    }),
  ];
}
