// Builds what is published: one ESM bundle with shared chunks (dist/), oclif's manifest of the commands, and the licences of what is in it.
import {existsSync, globSync, readdirSync, readFileSync} from 'node:fs';
import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Plugin} from '@oclif/core';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
await rm('dist', {recursive: true, force: true});
await rm('oclif.manifest.json', {force: true}); // else its commands would be read instead of those of dist/

const commands = globSync('commands/**/*.ts');
const {metafile} = await build({
  entryPoints: [
    {in: 'src/cli/run.ts', out: 'main'},
    {in: 'src/lab/embedded/kubelet/main.ts', out: 'kubelet'},
    ...commands.map((file) => ({in: file, out: file.replace(/\.ts$/, '')})),
  ],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  chunkNames: 'chunks/[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none', // all of them are in THIRD-PARTY-LICENSES
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages in an ES module ask for these.
  banner: {
    js: [
      "import {createRequire as __createRequire} from 'node:module';",
      "import {fileURLToPath as __fileURLToPath} from 'node:url';",
      'const require = __createRequire(import.meta.url), __filename = __fileURLToPath(import.meta.url), __dirname = __fileURLToPath(new URL(".", import.meta.url));',
    ].join('\n'),
  },
});

await writeFile('dist/THIRD-PARTY-LICENSES', licences(Object.keys(metafile.inputs)));

const plugin = new Plugin({root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true});
await plugin.load();
if (plugin.commandIDs.length !== commands.length)
  throw new Error(`the manifest has ${plugin.commandIDs.length} of ${commands.length} commands`);
await writeFile('oclif.manifest.json', `${JSON.stringify(plugin.manifest)}\n`);

const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist/: ${commands.length} commands, ${Object.keys(metafile.outputs).length} files, ${(bytes / 1e6).toFixed(1)} MB`);

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
