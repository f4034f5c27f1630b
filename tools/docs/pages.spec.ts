import { describe, expect, it } from 'vitest';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
const exclude = ['**/node_modules', '**/dist', 'bin', 'coverage', '.cache', '.data'];
const pages = globSync('**/*.md', { cwd: root, exclude });
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The code of a page: its shell scripts, and what stands between backticks. */
const codeOf = (page: string) =>
  [...read(page).matchAll(/^```sh\n([^]*?)^```$|`([^`\n]+)`/gm)].map(([, script, inline]) => script ?? inline ?? '');

const withoutCodeBlocks = (text: string) => text.replaceAll(/^```[^]*?^```$/gm, '');

/** The targets of a page's links and pictures that stay within the repository. */
const linksOf = (page: string) => {
  const prose = withoutCodeBlocks(read(page)).replaceAll(/`[^`\n]*`/g, '');
  const links = prose.matchAll(/\[[^\]]*\]\(([^()\s]+)\)|<img [^>]*src="([^"]+)"/g);
  const targets = [...links].map(([, link, picture]) => (link ?? picture) as string);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { path: path === '' ? page : relative(root, join(root, dirname(page), path)), anchor };
    });
};

/** The anchors that GitHub gives a page's headings. */
const anchorsOf = (page: string) =>
  [...withoutCodeBlocks(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('README.md', () => {
  it('has at most 120 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });

  it('has no line of more than 160 characters', () => {
    const tooLong = read('README.md')
      .split('\n')
      .filter((line) => line.length > 160);
    expect(tooLong).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  it('names each folder of apps/auth/src, and no other', () => {
    const [list = ''] = /^The rooms of [^]*?^Beside /m.exec(read('docs/architecture.md')) ?? [];
    const named = list.split('\n- ').flatMap((entry) => {
      const [room = '', ...inside] = [...entry.matchAll(/`([a-z-]+)\/?`/g)].map(([, name]) => name as string);
      return room === '' ? [] : [room, ...inside.map((name) => `${room}/${name}`)];
    });
    const source = join(root, 'apps/auth/src');
    const folders = globSync(['*', '*/*'], { cwd: source, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(source, join(entry.parentPath, entry.name)));
    expect(named.sort()).toEqual(folders.sort());
  });
});

describe('every page', () => {
  it('links only to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter(
          ({ path, anchor }) =>
            !existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
        )
        .map(({ path, anchor = '' }) => `${page}: ${path}#${anchor}`),
    );
    expect(broken).toEqual([]);
  });

  it('names only make targets that exist', () => {
    const makefiles = globSync(['Makefile', 'make/*.mk'], { cwd: root }).map(read).join('\n');
    // what people call has a description, and what it makes is a file
    const targets = new Set(
      [...makefiles.matchAll(/^([a-z-]+(?=:[^=].*##)|bin\/[a-z0-9-]+(?=:))/gm)].map(([target]) => target),
    );
    const unknown = pages.flatMap((page) =>
      codeOf(page)
        .flatMap((code) => [...code.matchAll(/^make ([a-z-]+(?:\/[a-z0-9-]+)?)/gm)])
        .filter(([, target = '']) => !targets.has(target))
        .map(([command]) => `${page}: ${command}`),
    );
    expect(unknown).toEqual([]);
  });

  // a finished Job stays for a week, and keeps its name
  it('names by time the Jobs that it creates', () => {
    const commands = pages.flatMap((page) =>
      codeOf(page).flatMap((code) => code.match(/^kubectl .*create job .*$/gm) ?? []),
    );
    expect(commands.length).toBeGreaterThan(2);
    expect(commands.filter((command) => !/"[a-z-]+-\$\(date \+%s\)"$/.test(command))).toEqual([]);
  });

  it('names only tests that exist', () => {
    const tests = globSync(['{apps,libs,tools,examples}/**/*.{e2e,spec}.ts'], { cwd: root, exclude });
    const unknown = pages.flatMap((page) =>
      codeOf(page)
        .flatMap((code) => [...code.matchAll(/^npm test -- ([a-z /-]+)$/gm)])
        .flatMap(([, patterns]) => (patterns as string).split(' '))
        .filter((pattern) => !tests.some((path) => path.includes(pattern)))
        .map((pattern) => `${page}: ${pattern}`),
    );
    expect(unknown).toEqual([]);
  });

  it('of docs/ is reachable from docs/README.md', () => {
    const reached = new Set(['docs/README.md']);
    for (const page of reached) {
      for (const { path } of linksOf(page)) {
        if (pages.includes(path)) {
          reached.add(path);
        }
      }
    }
    const unreachable = pages.filter((page) => page.startsWith('docs/') && !reached.has(page));
    expect(unreachable).toEqual([]);
  });
});
