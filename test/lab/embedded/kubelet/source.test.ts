import {expect, test} from 'vitest';
import {ManifestSource} from '../../../../src/lab/embedded/kubelet/source.ts';

const pod = (name: string, image = 'i') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: '${image}'}]}\n`;

/** The manifests folder of a node with these files, and what the kubelet has been told of it so far. */
function kubelet(files: Record<string, string> = {}) {
  const lines: string[] = [];
  const source = new ManifestSource('n', '/m', (line) => lines.push(line));
  const listed = (now: Record<string, string>) => source.listed(new Map(Object.entries(now)));
  listed(files);
  return {
    source,
    listed,
    lines,
    pods: () => Object.fromEntries([...source.pods].map(([key, {file, containers}]) => [key, `${file} ${containers[0]?.image}`])),
  };
}

test('every file is a pod, whatever its extension', () => {
  expect(kubelet({'a.yaml': pod('a'), b: pod('b'), 'c.txt': pod('c')}).pods()).toEqual({
    'default/a-n': '/m/a.yaml i',
    'default/b-n': '/m/b i',
    'default/c-n': '/m/c.txt i',
  });
});

test('a changed file is another pod, a removed one none', () => {
  const {source, pods} = kubelet({'a.yaml': pod('a')});
  source.written('a.yaml', pod('a', 'new'));
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml new'});
  source.removed('a.yaml');
  expect(pods()).toEqual({});
});

test('a backup takes over when it is written, and the original when that is written again', () => {
  const {source, pods} = kubelet({'a.yaml': pod('a')});
  source.written('a.yaml.bak', pod('a', 'backup'));
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml.bak backup'});
  source.written('a.yaml', pod('a', 'edited'));
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml edited'});
});

test('at the next full reading the file wins whose name sorts last: the backup undoes the edit', () => {
  const files = {'a.yaml.bak': pod('a', 'backup'), 'a.yaml': pod('a', 'edited')};
  const {source, listed, pods} = kubelet(files);
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml.bak backup'});
  source.written('a.yaml', files['a.yaml']);
  listed(files);
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml.bak backup'});
});

test('removing the backup takes the pod away until the next full reading', () => {
  const {source, listed, pods} = kubelet({'a.yaml': pod('a'), 'a.yaml.bak': pod('a')});
  source.removed('a.yaml.bak');
  expect(pods()).toEqual({});
  listed({'a.yaml': pod('a')});
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml i'});
});

test('a file that does not decode leaves its pod as it was, until the next full reading takes it away', () => {
  const {source, listed, pods, lines} = kubelet({'a.yaml': pod('a'), 'b.yaml': pod('b')});
  source.written('a.yaml', 'kind: [');
  expect(pods()).toMatchObject({'default/a-n': '/m/a.yaml i'});
  listed({'a.yaml': 'kind: [', 'b.yaml': pod('b')});
  expect(pods()).toEqual({'default/b-n': '/m/b.yaml i'});
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('cannot process manifest file /m/a.yaml: it is no YAML');
});

test('a file that was never a pod can go without any going', () => {
  const {source, pods} = kubelet({'a.yaml': pod('a'), notes: 'hello'});
  source.removed('notes');
  expect(pods()).toEqual({'default/a-n': '/m/a.yaml i'});
});
