/** A line for `kubectl create` in the folder of `create-files.ts`. */
export interface CreateCase {
  readonly title: string;
  readonly args: readonly string[];
  /** Where kops is not to do as kubectl does: it refuses what kubectl loses or the API server does not take; it keeps what kubectl drops. */
  readonly unlike?: 'refuses' | 'keeps more';
}

/** What is in the environment of every case. */
export const CREATE_ENVIRONMENT = {KOPS_CASE: 'from outside'};

const cm = (title: string, ...args: string[]): CreateCase => ({
  title: `configmap: ${title}`,
  args: ['configmap', 'app', ...args],
});
const secret = (title: string, ...args: string[]): CreateCase => ({
  title: `secret: ${title}`,
  args: ['secret', 'generic', 'app', ...args],
});
const typed = (type: string, title: string, ...args: string[]): CreateCase => ({
  title: `${type}: ${title}`,
  args: ['secret', type, 'app', ...args],
});
const unlike = (how: NonNullable<CreateCase['unlike']>, ...cases: CreateCase[]): CreateCase[] =>
  cases.map((one) => ({...one, unlike: how}));

const files = (...paths: string[]) => paths.map((path) => `--from-file=${path}`);
const both = (title: string, ...args: string[]): CreateCase[] => [cm(title, ...args), secret(title, ...args)];

const HUB = ['--docker-username=ci', '--docker-password=p'];

export const createCases: readonly CreateCase[] = [
  ...both('nothing in it'),
  ...both('nothing in it, with its hash', '--append-hash'),
  ...both('a literal', '--from-literal=a=b'),
  ...both('an empty literal', '--from-literal=a='),
  ...both('equals signs in a literal', '--from-literal=a=b=c=='),
  ...both('quotes in a literal', `--from-literal=a='b'`, '--from-literal=b="c"'),
  ...both('a comma in a literal', '--from-literal=a=b,c=d'),
  ...both('line feeds and spaces in a literal', '--from-literal=a= b\nc '),
  ...both('names that JavaScript has', '--from-literal=__proto__=1', '--from-literal=constructor=2', '--append-hash'),
  ...both('keys that are numbers', '--from-literal=10=a', '--from-literal=9=b', '--from-literal=x=c', '--append-hash'),
  ...both('all that a key may be', '--from-literal=.a-b_C.9=x', '--from-literal=-=y', '--from-literal=_=z'),
  ...both('in a namespace', '--from-literal=a=b', '--namespace=shop', '--append-hash'),
  ...both('a file', ...files('text.txt'), '--append-hash'),
  ...both('a file under a key', ...files('greeting=text.txt')),
  ...both('files without an end or a content', ...files('no-newline.txt', 'empty', 'newline-only'), '--append-hash'),
  ...both('a byte order mark', ...files('bom.txt'), '--append-hash'),
  ...both('bytes', ...files('binary.bin'), '--append-hash'),
  ...both('what is no UTF-8', ...files('almost-text.bin', 'overlong.bin', 'surrogate.bin', 'utf16.txt'), '--append-hash'),
  ...both('text and bytes', ...files('text.txt', 'binary.bin'), '--from-literal=a=b', '--append-hash'),
  ...both('what JSON escapes', ...files('html.txt', 'separators.txt', 'controls.txt', 'nul.txt'), '--append-hash'),
  ...both('line ends and planes', ...files('crlf.txt', 'emoji.txt'), '--append-hash'),
  ...both('two files in one word', ...files('text.txt,k=bom.txt')),
  ...both('a comma in a path', ...files('"k=a,b.txt"'), '--append-hash'),
  ...both('a quote in a path', ...files('"k=quo""te.txt"')),
  ...both('a directory', ...files('plain'), '--append-hash'),
  ...both('a directory by a slash', ...files('plain/')),
  ...unlike(
    'refuses',
    ...both('a directory with one below', ...files('conf'), '--append-hash'),
    ...both('a directory by a link', ...files('link-to-conf')),
  ),
  ...both('an empty directory', ...files('empty-folder')),
  ...both('a link to a file', ...files('link.txt', 'other=link.txt')),
  ...both('a file through dots', ...files('./conf/../text.txt', 'UPPER', '9', '10'), '--append-hash'),
  ...both('an env file', '--from-env-file=simple.env', '--append-hash'),
  ...both('two env files', '--from-env-file=simple.env,names.env'),
  ...['bom', 'crlf', 'quotes', 'comments', 'indented', 'names', 'inherited', 'no-final', 'empty', 'carriage-return', 'nul'].map(
    (name) => cm(`env file ${name}`, `--from-env-file=${name}.env`, '--append-hash'),
  ),
  secret('env file quotes', '--from-env-file=quotes.env', '--append-hash'),
  cm('env file just-long', '--from-env-file=just-long.env', '--append-hash'),
  cm('env file proto', '--from-env-file=proto.env', '--append-hash'),
  secret('a type of its own', '--type=example.com/mine', '--from-literal=a=b', '--append-hash'),
  secret('Opaque by name', '--type=Opaque', '--from-literal=a=b', '--append-hash'),
  secret('basic-auth', '--type=kubernetes.io/basic-auth', '--from-literal=username=ci', '--from-literal=password=p'),
  secret('ssh-auth', '--type=kubernetes.io/ssh-auth', '--from-file=ssh-privatekey=pem/ed25519.key'),
  secret(
    'tls by its type',
    '--type=kubernetes.io/tls',
    '--from-file=tls.crt=pem/ec.crt',
    '--from-file=tls.key=pem/ec.key',
    '--append-hash',
  ),
  secret('bootstrap token', '--type=bootstrap.kubernetes.io/token', '--from-literal=token-id=abcdef'),
  ...['rsa', 'ec', 'ed25519'].map((name) =>
    typed('tls', name, `--cert=pem/${name}.crt`, `--key=pem/${name}.key`, '--append-hash'),
  ),
  typed('tls', 'PKCS 8', '--cert=pem/rsa.crt', '--key=pem/rsa.pkcs8.key'),
  typed('tls', 'a chain', '--cert=pem/chain.crt', '--key=pem/ec.key'),
  typed('tls', 'a note before the key', '--cert=pem/ed25519.crt', '--key=pem/noted.key'),
  typed('docker-registry', 'Docker Hub', ...HUB),
  typed('docker-registry', 'a registry', ...HUB, '--docker-server=registry.test:5000', '--append-hash'),
  typed('docker-registry', 'with an address', ...HUB, '--docker-email=ci@example.com', '--append-hash'),
  typed('docker-registry', 'what JSON escapes', '--docker-username=ci', '--docker-password=<&>"\\ü\u2028:', '--append-hash'),
  typed('docker-registry', 'of a file', '--from-file=config.json', '--append-hash'),
  typed('docker-registry', 'of a file by its key', '--from-file=.dockerconfigjson=config.json'),

  cm('a literal without a value', '--from-literal=a'),
  cm('a literal without a key', '--from-literal==a'),
  cm('a key that is none', '--from-literal=a b=c'),
  ...['..', '.', '..a', 'ä', 'a/b', 'x'.repeat(254)].map((key) => cm(`the key ${key.slice(0, 8)}`, `--from-literal=${key}=c`)),
  ...both('a key twice', '--from-literal=a=b', '--from-literal=a=b'),
  ...both('a key of two sources', '--from-literal=text.txt=b', '--from-file=text.txt'),
  cm('a file that is not there', ...files('nowhere.txt')),
  cm('a link to nothing', ...files('dangling')),
  cm('a comma in a path that is not quoted', ...files('a,b.txt')),
  cm('a path with an equals sign', ...files('k=a=b.txt')),
  cm('a path without a key', ...files('=text.txt')),
  cm('a key without a path', ...files('k=')),
  cm('a file whose name is no key', ...files('with space.txt')),
  cm('a key for a directory', ...files('k=conf')),
  cm('a directory with a name that is no key', ...files('spaced')),
  cm('a directory with a name of two dots', ...files('dotted')),
  ...['late-bom', 'twice', 'export', 'spaced', 'digit', 'nameless', 'dots', 'latin1', 'latin1-comment'].map((name) =>
    cm(`env file ${name}`, `--from-env-file=${name}.env`),
  ),
  cm('an env file that is a directory', '--from-env-file=conf'),
  cm('an env file that is not there', '--from-env-file=nowhere.env'),
  ...both('an env file and a literal', '--from-env-file=simple.env', '--from-literal=x=y'),
  typed('tls', 'no pair', '--cert=pem/rsa.crt', '--key=pem/ec.key'),
  typed('tls', 'a chain the wrong way round', '--cert=pem/chain.crt', '--key=pem/rsa.key'),
  typed('tls', 'a locked key', '--cert=pem/rsa.crt', '--key=pem/locked.key'),
  typed('tls', 'a key for a certificate', '--cert=pem/rsa.key', '--key=pem/rsa.key'),
  typed('tls', 'a text for a certificate', '--cert=text.txt', '--key=pem/rsa.key'),
  typed('docker-registry', 'no password', '--docker-username=ci', '--docker-password='),
  typed('docker-registry', 'of a directory', '--from-file=conf'),

  ...unlike(
    'refuses',
    cm('a directory with a link', ...files('linked')),
    cm('a mounted directory', ...files('mounted')),
    cm('a directory of directories', ...files('only-folders')),
    cm('an env file with a name that is not set', '--from-env-file=unset.env'),
    cm('a line feed in a path', ...files('text.txt\nempty')),
    {title: 'configmap: a name that is none', args: ['configmap', 'A_b']},
    secret('a tls type without its keys', '--type=kubernetes.io/tls'),
    secret('basic-auth without its keys', '--type=kubernetes.io/basic-auth', '--from-literal=a=b'),
    secret('ssh-auth with an empty key', '--type=kubernetes.io/ssh-auth', '--from-literal=ssh-privatekey='),
    typed('docker-registry', 'of a broken file', '--from-file=broken.json'),
    typed('docker-registry', 'a file and a login', '--from-file=config.json', ...HUB),
    typed('docker-registry', 'a colon in the user', '--docker-username=a:b', '--docker-password=p'),
  ),
  ...unlike('keeps more', cm('env file long', '--from-env-file=long.env')),
];
