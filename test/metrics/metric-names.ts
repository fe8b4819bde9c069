import { readFileSync } from 'node:fs';

/** A metric as a query names it, with the labels that the query selects or groups by. */
export interface NamedMetric {
  readonly where: string;
  readonly name: string;
  readonly labels: readonly string[];
}

const NAME = /\b((?:likeness|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g;
/** Prometheus' own, on every series it has scraped. */
const SCRAPED = new Set(['job', 'instance', 'le']);

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const matchersOf = (text = ''): string[] => [...text.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label!);

const namedIn = (where: string, query: string): NamedMetric[] => {
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(',').map((label) => label.trim()));
  return [...query.matchAll(NAME)].map(([, name, matchers]) => ({ where, name: name!, labels: [...matchersOf(matchers), ...grouped].filter((label) => !SCRAPED.has(label)) }));
};

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export const namedInDashboard = (): NamedMetric[] => {
  const { panels } = JSON.parse(read('docker/observability/dashboard.json')) as { panels: Panel[] };
  return panels.flatMap(({ title, targets = [] }) => targets.flatMap(({ expr }) => namedIn(`panel “${title}”`, expr)));
};

export interface AlertRule {
  readonly name: string;
  readonly text: string;
}

export const alertRules = (): AlertRule[] =>
  read('docker/observability/alerts.yaml').split(/^ {6}- alert: /m).slice(1).map((text) => ({ name: text.split('\n', 1)[0]!, text })); // prettier-ignore

export const namedInAlerts = (): NamedMetric[] => alertRules().flatMap(({ name, text }) => namedIn(`alert ${name}`, text.slice(text.indexOf('expr:'), text.indexOf('\n        for:'))));

export const GUIDE = read('docs/observability.md');

/** Rows of the table of metrics: `name`, and its labels in braces. */
export const metricsInGuide = (): NamedMetric[] =>
  [...GUIDE.matchAll(/^\| `(likeness_\w+)` \|([^|]*)\|/gm)].map(([, name, labels]) => ({ where: 'docs/observability.md', name: name!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) }));
