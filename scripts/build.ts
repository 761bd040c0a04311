// Builds what is published: the program, a file per topic of commands (dist/topics/) and per command without one (dist/alone/), and the labs'
// kubelet; oclif's manifest of the commands; the licences of what is in them.
import {existsSync, globSync, readdirSync, readFileSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Plugin} from '@oclif/core';
import {type BuildOptions, build, type Plugin as EsbuildPlugin} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
await rm('dist', {recursive: true, force: true});

const always = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true, // but names stay, for the stacks of --debug
  legalComments: 'none', // all of them are in THIRD-PARTY-LICENSES
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** oclif has these for finding commands in folders and for plugins. Here it has a manifest, and there are no plugins. */
const unused: EsbuildPlugin = {
  name: 'unused',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^(minimatch|semver|tinyglobby|wsl-utils)$/}, ({path, importer}) =>
      importer.includes('@oclif/core') ? {path, namespace: 'unused'} : undefined,
    );
    onLoad({filter: /./, namespace: 'unused'}, () => ({contents: ''}));
  },
};

/**
 * Each module of oclif requires all it may need at its top, and the first one so loads every other. As TypeScript wrote them, with lines like
 * `const util_1 = require("./util");` and uses like `util_1.name`, they can be loaded where they are used.
 */
const lazyOclif: EsbuildPlugin = {
  name: 'lazy oclif',
  setup({onLoad}) {
    onLoad({filter: /@oclif\/core\/lib\/.*\.js$/}, async ({path}) => ({contents: lazily(await readFile(path, 'utf8'))}));
  },
};

function lazily(source: string): string {
  const declaration = /^(?:const|var) (\w+_\d+) = (.*\brequire\(.*\));$/;
  const lines = source.split('\n');
  const names = lines.flatMap((line) => declaration.exec(line)?.[1] ?? []);
  if (names.length === 0) return source;
  const use = new RegExp(`\\b(${names.join('|')})\\b((?:\\.\\w+)?)`, 'g');
  return lines
    .map((line) => {
      const [, name, value] = declaration.exec(line) ?? [];
      return name === undefined ? line.replace(use, '($1()$2)') : `let ${name}$; const ${name} = () => (${name}$ ??= ${value});`;
    })
    .join('\n');
}

/** Larger than all else, and seldom needed: one file for all programs. */
const clientNode = () =>
  build({...always, entryPoints: ['src/kube/client-node.ts'], outfile: 'dist/client-node.cjs', format: 'cjs'});
const sharedClientNode: EsbuildPlugin = {
  name: 'shared client-node',
  setup({onResolve}) {
    onResolve({filter: /^\.\/client-node\.ts$/}, () => ({path: '../client-node.cjs', external: true}));
  },
};

/** The whole program in one file: with the commands of one topic, or with none. A script of which the value is a function: see bin/kops.cjs. */
const program = (name: string, own: readonly {readonly id: string; readonly file: string}[] = []) =>
  build({
    ...always,
    stdin: {
      contents: `
        import {main as run} from './src/cli/run.ts';
        const commands = {${own.map(({id, file}) => `'${id}': () => import('./${file}')`)}};
        export const main = (argv, kops) => run(argv, {...kops, commands});`,
      resolveDir: root,
    },
    outfile: `dist/${name}.cjs`,
    format: 'cjs',
    supported: {'dynamic-import': false}, // what is imported later is in the same file, and evaluated later
    plugins: [unused, lazyOclif, sharedClientNode],
    define: {
      'import.meta.url': '__url',
      'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"', // the front door has looked at the version of Node
    },
    banner: {
      js: [
        '((require, __filename) => {',
        'const module = {exports: {}};',
        "const __dirname = require('node:path').dirname(__filename);",
        "const __url = require('node:url').pathToFileURL(__filename).href;",
      ].join(''),
    },
    footer: {js: 'return module.exports})'},
  });

/** A process of its own, run as a module. */
const kubelet = () =>
  build({
    ...always,
    entryPoints: ['src/lab/embedded/kubelet/main.ts'],
    outfile: 'dist/kubelet.js',
    format: 'esm',
    banner: {js: "import {createRequire} from 'node:module';const require = createRequire(import.meta.url);"}, // for packages in CommonJS
  });

const commands = globSync('commands/**/*.ts').map((file) => ({
  file,
  id: file.replace(/^commands\/|\.ts$/g, '').replaceAll('/', ':'),
}));
const alone = commands.filter(({id}) => !id.includes(':'));
const topics = Object.entries(
  Object.groupBy(
    commands.filter(({id}) => id.includes(':')),
    ({id}) => id.split(':', 1)[0] ?? '',
  ),
);
const built = await Promise.all([
  ...topics.map(([topic, own]) => program(`topics/${topic}`, own)),
  ...alone.map((command) => program(`alone/${command.id}`, [command])),
  program('help'),
  clientNode(),
  kubelet(),
]);
const inputs = built.flatMap(({metafile}) => Object.keys(metafile.inputs));
const outputs = built.flatMap(({metafile}) => Object.values(metafile.outputs));

// The front door reads them as Latin-1, which V8 keeps in half the memory. esbuild escapes other characters in strings, but not in regular expressions.
for (const file of globSync('dist/**/*.cjs')) {
  const source = await readFile(file, 'utf8');
  const ascii = source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (ascii !== source) await writeFile(file, ascii);
}

await writeFile('dist/THIRD-PARTY-LICENSES', licences(inputs));

// By their sources: oclif only knows commands that are files of their own.
const pjson = JSON.parse(readFileSync('package.json', 'utf8'));
pjson.oclif.commands.target = './commands';
const creation = {ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true};
const plugin = new Plugin({root, pjson, isRoot: true, type: 'core', ...creation});
await plugin.load();
if (plugin.commandIDs.length !== commands.length)
  throw new Error(`the manifest has ${plugin.commandIDs.length} of ${commands.length} commands`);
await writeFile('oclif.manifest.json', `${JSON.stringify(plugin.manifest)}\n`);

const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist/: ${commands.length} commands, ${outputs.length} files, ${(bytes / 1e6).toFixed(1)} MB`);

/** The name, version and licence text of every package that a bundled file comes from. */
function licences(inputs: readonly string[]): string {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function licenceOf(folder: string): string {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const notice = readdirSync(folder).find((entry) => /^notice/i.test(entry));
  const texts = [file, notice].filter((entry) => entry !== undefined && existsSync(join(folder, entry)));
  return `${name} ${version} (${license})\n\n${texts.map((entry) => readFileSync(join(folder, entry as string), 'utf8')).join('\n')}`;
}
