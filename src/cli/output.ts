import {jsonText} from '../text/json.ts';
import {yamlText} from '../text/yaml.ts';

export type OutputFormat = 'human' | 'json' | 'yaml';

/** What `-o json` and `-o yaml` print; its human form is made by a view from the same object. */
export interface Report {
  readonly kind: string;
}

/** The whole report as a document, the API version first. What a terminal would obey is in it only as an escape. */
export function serialise(report: Report, format: 'json' | 'yaml'): string {
  const document = {apiVersion: 'kops/v1', ...report};
  return format === 'json' ? jsonText(document, 2) : yamlText(document);
}

/** One report a line, for streams under `-o json`; a YAML document each under `-o yaml`. */
export function serialiseEvent(report: Report, format: 'json' | 'yaml'): string {
  return format === 'json' ? jsonText({apiVersion: 'kops/v1', ...report}) : `---\n${serialise(report, 'yaml')}`;
}
