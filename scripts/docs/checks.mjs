// What pages may name: only what there is. Each check answers sentences about one page.
import { dirname, join, normalize } from 'node:path';

const NAMED_SCRIPT = /\bnpm run (?:--silent )?([a-z][\w:-]*)/g;
const NAMED_COMMAND = /\bnpm run (?:--silent )?cli -- (.+)/;
const NAMED_VARIABLE = /(?<![\w/.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])(?!\.\w)/g;
const VARIABLE_PREFIX = /(?<![\w/.-])([A-Z][A-Z0-9]*_)[*…]/g;
const NAMED_CODE = /^[a-z][a-z_]*\.[a-z][a-z_]*$/;
const NAMED_PATH = /^(?:src|test|scripts|docs|docker|clients|web|bench|model)\/[\w./*@-]*$/;
const NAMED_FILE = /^[\w-][\w.-]*\.(?:ts|tsx|mjs|lua|yaml|service)$/;
const NAMED_OPERATION = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[\w./{}:-]*)/;

const isElsewhere = (target) => /^[a-z][a-z+.-]*:/i.test(target);

const links = (page, { pages, exists }) =>
  page.links.filter((target) => !isElsewhere(target)).flatMap((target) => {
    const [path, anchor] = target.split('#');
    const file = path === '' ? page.path : normalize(join(dirname(page.path), decodeURI(path)));
    if (!exists(file)) return [`the link ${target} leads nowhere`];
    const there = pages.get(file);
    return anchor !== undefined && there && !there.anchors.has(anchor) ? [`${file} has no heading for the link ${target}`] : [];
  });

const scripts = (page, { scripts: known }) =>
  page.snippets.flatMap((code) => [...code.matchAll(NAMED_SCRIPT)].filter(([, name]) => !known.has(name)).map(([, name]) => `there is no npm run ${name}`));

const commands = (page, { program }) =>
  page.snippets.flatMap((code) => {
    const named = NAMED_COMMAND.exec(code)?.[1]?.replace(/ +[#>|&<] .*/, '');
    return named === undefined || /^[…<]/.test(named) ? [] : commandFaults(program, named.trim().split(/\s+/));
  });

/** Walks down the commands of the command line; what is left are arguments and options. */
const commandFaults = (program, words) => {
  let command = program;
  let rest = words;
  for (let next; rest.length > 0 && (next = command.commands.find((child) => child.name() === rest[0])); rest = rest.slice(1)) command = next;
  const options = new Set([...command.options.flatMap(({ long, short }) => [long, short]), '--help', '--json']);
  const unknown = rest.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]).filter((word) => !options.has(word));
  const faults = unknown.map((word) => `the command line knows no ${word} in: ${words.join(' ')}`);
  const isNamed = command.commands.length === 0 || rest.length === 0 || rest.every((word) => word.startsWith('-'));
  return isNamed ? faults : [`the command line knows no: ${words.join(' ')}`, ...faults];
};

const variables = (page, { variables: known }) =>
  page.snippets.flatMap((code) => [
    ...[...code.matchAll(NAMED_VARIABLE)].filter(([name]) => !known.has(name)).map(([name]) => `there is no setting ${name}`),
    ...[...code.matchAll(VARIABLE_PREFIX)].filter(([, prefix]) => ![...known].some((name) => name.startsWith(prefix))).map(([, prefix]) => `no setting begins with ${prefix}`),
  ]);

const problemCodes = (page, { codes, words }) => {
  const families = new Set([...codes].map((code) => code.split('.')[0]));
  return page.codes
    .filter((code) => NAMED_CODE.test(code) && families.has(code.split('.')[0]) && !codes.has(code) && !words.has(code))
    .map((code) => `there is no problem code, event or field ${code}`);
};

const paths = (page, { exists, fileNames }) =>
  page.codes.flatMap((code) => code.split(/\s+/)).flatMap((word) => {
    if (NAMED_PATH.test(word)) return exists(word.split('*')[0]) ? [] : [`there is no file ${word}`];
    return NAMED_FILE.test(word) && !word.startsWith('.') && !fileNames.has(word) ? [`no file is called ${word}`] : [];
  });

/** `/users/{id}`, and `/users/:id` as the router and metrics write it. */
const withoutNames = (path) => path.replace(/\{\w+\}|:\w+/g, '{}');

const operations = (page, { operations: known }) =>
  page.snippets.flatMap((code) => {
    const [, method, path] = NAMED_OPERATION.exec(code) ?? [];
    if (method === undefined) return [];
    return known.has(`${method === 'HEAD' ? 'GET' : method} ${withoutNames(path)}`) ? [] : [`the document has no ${method} ${path}`];
  });

const CHECKS = [links, scripts, commands, variables, problemCodes, paths, operations];

/** `['docs/x.md: there is no npm run y', …]`. `facts.pages`: Map of path to Page. */
export const faultsOf = (facts) => [...facts.pages.values()].flatMap((page) => [...new Set(CHECKS.flatMap((check) => check(page, facts)))].map((fault) => `${page.path}: ${fault}`));

/** What must be documented, and is not: settings in the README, problem codes in docs/problems.md, pages in docs/README.md or one that it leads to, decisions in their index. */
export const gapsOf = ({ pages, settings, codes }) => {
  const namesOf = (path) => new Set(pages.get(path).codes);
  const [readme, problems] = [namesOf('README.md'), namesOf('docs/problems.md')];
  const reached = reachedFrom(pages, 'docs/README.md');
  const decisions = new Set(pages.get('docs/decisions/README.md')?.links);
  return [
    ...settings.filter((name) => !readme.has(name)).map((name) => `README.md: the setting ${name} is not documented`),
    ...[...codes].filter((code) => !problems.has(code)).map((code) => `docs/problems.md: the problem code ${code} is not documented`),
    ...[...pages.keys()].filter((path) => path.startsWith('docs/') && !reached.has(path)).map((path) => `docs/README.md: nothing leads to ${path}`),
    ...[...pages.keys()].filter((path) => /^docs\/decisions\/\d/.test(path) && !decisions.has(path.replace('docs/decisions/', ''))).map((path) => `docs/decisions/README.md: ${path} is not in it`),
  ];
};

const reachedFrom = (pages, start) => {
  const reached = new Set([start]);
  for (const path of reached) {
    for (const target of pages.get(path)?.links ?? []) {
      if (!isElsewhere(target)) reached.add(normalize(join(dirname(path), target.split('#')[0] || '.')));
    }
  }
  return reached;
};
